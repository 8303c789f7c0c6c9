"""Makes the pictures of docs/images from the invented hub: `.venv/bin/python web/tools/screenshots.py`.

Needs the built pages, Node.js and Chromium (MUSTER_CHROMIUM names another one).
"""

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs/images"
NOW = "2026-11-20T21:14:00"
SETTLED_MS = 3_500


def node_address(hub: str, name: str) -> str:
    with urllib.request.urlopen(f"{hub}/api/v1/nodes", timeout=10) as answer:
        return "/nodes/" + next(node["id"] for node in json.load(answer) if node["name"] == name)


def point_at_a_chart(page: Page) -> None:
    box = page.locator(".u-over").first.bounding_box()
    if box:
        page.mouse.move(box["x"] + box["width"] * 0.86, box["y"] + 60)
    page.wait_for_timeout(400)


def make_a_line(page: Page) -> None:
    page.get_by_role("button", name="Make the line").click()
    page.locator(".arrival .steps .m-ok").nth(3).wait_for(timeout=20_000)
    page.wait_for_timeout(6_000)


def main() -> None:
    """Start the hub, visit, take the pictures."""
    TARGET.mkdir(parents=True, exist_ok=True)
    command = ["node", str(ROOT / "web/dev/hub.mjs"), "--port", "0", "--now", NOW, "--arrive", "2"]
    hub_process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    chromium = os.environ.get("MUSTER_CHROMIUM") or shutil.which("chromium")
    with hub_process, sync_playwright() as driver:
        assert hub_process.stdout is not None
        hub = json.loads(hub_process.stdout.readline())["web"]
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        pictures = [
            ("nodes-dark", "/nodes", "dark", None),
            ("node-light", node_address(hub, "pilot-db") + "?range=15m", "light", point_at_a_chart),
            ("connect-dark", "/connect?rooms=Edge,Lab&uses=2", "dark", make_a_line),
        ]
        for name, address, theme, act in pictures:
            size = {"width": 1440, "height": 900}
            page = browser.new_page(viewport=size, color_scheme=theme)
            page.goto(hub + address)
            page.wait_for_timeout(SETTLED_MS)
            if act:
                act(page)
            page.screenshot(path=TARGET / f"{name}.png")
            page.close()
        browser.close()
        hub_process.terminate()


if __name__ == "__main__":
    main()

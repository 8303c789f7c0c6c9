"""Makes the pictures of docs/images from the invented hub: `.venv/bin/python web/tools/screenshots.py`.

Needs the built pages, Node.js and Chromium (MUSTER_CHROMIUM names another one).
"""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs/images"
NOW = "2026-11-20T21:14:00"
SETTLED_MS = 3_500
WIDE, PLAIN = (1440, 900), (1180, 740)


class Picture(NamedTuple):
    """A page as one finds it, or after a deed."""

    name: str
    address: str
    theme: str
    act: Callable[[Page], None] = lambda page: None
    size: tuple[int, int] = PLAIN


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


def invite(page: Page) -> None:
    page.get_by_role("dialog").get_by_label("Name").first.fill("ada")


def rule(page: Page) -> None:
    page.get_by_label("Name").first.fill("piers")
    page.get_by_label("Host names").fill("pilot-*")
    page.wait_for_timeout(1_500)


def copy(page: Page) -> None:
    page.request.post("/mock/copy", data={"name": "pilot-db"})
    page.wait_for_timeout(2_500)


def prepare(page: Page) -> None:
    page.get_by_role("button", name="Prepare a new root").click()
    page.get_by_role("dialog").get_by_role("button", name="Prepare it").click()
    page.wait_for_timeout(2_500)


def pictures(hub: str) -> tuple[Picture, ...]:
    """In this order: the last ones change what the others show."""
    node = node_address(hub, "pilot-db")
    return (
        Picture("nodes-dark", "/nodes", "dark", size=WIDE),
        Picture("node-light", node + "?range=15m", "light", point_at_a_chart, WIDE),
        Picture("spaces-light", "/spaces", "light"),
        Picture("room-dark", "/rooms/new", "dark", rule),
        Picture("invite-light", "/people?do=invite", "light", invite),
        Picture("approvals-light", "/approvals", "light"),
        Picture("air-gap-dark", "/connect/air-gap", "dark"),
        Picture("connect-dark", "/connect?rooms=Edge,Lab&uses=2", "dark", make_a_line, WIDE),
        Picture("identity-light", "/identity", "light", prepare),
        Picture("copy-dark", node, "dark", copy),
    )


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
        for each in pictures(hub):
            size = {"width": each.size[0], "height": each.size[1]}
            page = browser.new_page(viewport=size, color_scheme=each.theme, base_url=hub)
            page.goto(each.address)
            page.wait_for_timeout(SETTLED_MS)
            each.act(page)
            page.screenshot(path=TARGET / f"{each.name}.png")
            page.close()
        browser.close()
        hub_process.terminate()


if __name__ == "__main__":
    main()

"""A real browser, and a hub that invents its data: pages are tested without the hub's state.

The browser is the machine's Chromium (MUSTER_CHROMIUM names another), best the one without
windows, which does the same with a third of the work; without any the tests are skipped. Every
page fails its test on a script error, a blocked resource or an address outside the hub.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Real hubs are made by the helpers of scenarios, and their secrets are looked for as there.
sys.path.insert(0, str(ROOT / "tests/scenario"))

from canary import no_secret_gets_out  # noqa: E402, F401 - for all tests here

STATIC = ROOT / "src/muster/faces/native/static"
CHROMIUM = (
    os.environ.get("MUSTER_CHROMIUM")
    or shutil.which("chromium-headless-shell")
    or shutil.which("chromium")
    or ""
)
NODE = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent)) or ""
PATIENCE_MS = 60_000  # a busy machine is slow, not wrong; nothing waits longer than it must
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    here = str(Path(__file__).parent)
    missing = [
        what
        for what, there in (
            ("Chromium", bool(CHROMIUM)),
            ("Node.js", bool(NODE)),
            ("the built pages (npm run build in web/)", (STATIC / "index.html").is_file()),
        )
        if not there
    ]
    own = [item for item in items if str(item.path).startswith(here)]
    for item in own:
        item.add_marker(pytest.mark.browser)
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"missing: {', '.join(missing)}"))
    # The story is the longest and waits for processes most of its time: it begins first, beside
    # all others. Then come the largest files, so that the last to end are small.
    tests = Counter(item.path for item in own)
    own.sort(key=lambda item: (item.path.name != "test_story.py", -tests[item.path]))
    items[:] = [item for item in items if item.path not in tests] + own


class MockHub:
    """The invented hub, steered by its /mock addresses."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, deed: str, **body):
        request = urllib.request.Request(
            f"{self.url}/mock/{deed}", data=json.dumps(body).encode(), method="POST"
        )
        return self._ask(request)

    def get(self, path: str):
        return self._ask(f"{self.url}/api/v1{path}")

    def post(self, path: str, body):
        """As the browser that is signed in would."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", data=json.dumps(body).encode(), method="POST"
        )
        return self._ask(request)

    def node(self, name: str) -> dict:
        return next(node for node in self.get("/nodes") if node["name"] == name)

    @staticmethod
    def _ask(request):
        with urllib.request.urlopen(request, timeout=PATIENCE_MS / 1000) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def mock_process() -> Iterator[str]:
    process = subprocess.Popen(
        [NODE, str(ROOT / "web/dev/hub.mjs"), "--port", "0", "--arrive", "1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield json.loads(process.stdout.readline())["web"]
        finally:
            process.terminate()


@pytest.fixture
def hub(mock_process) -> MockHub:
    mock = MockHub(mock_process)
    mock.tell("reset")
    return mock


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS)
        yield browser
        browser.close()


class Faults(list[str]):
    """What went wrong in the pages of a test."""

    allowed = False

    def allow_refusals(self) -> None:
        """The test wants the hub to refuse: the browser's own lines about that are no fault."""
        self.allowed = True

    def left(self) -> list[str]:
        return [fault for fault in self if not (self.allowed and fault.startswith("console:"))]


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def visit(browser, hub, faults) -> Iterator[Callable]:
    """Opens addresses of the hub in fresh contexts: visit("/nodes", size=(390, 844))."""
    contexts = []

    def open_page(address: str, *, size=(1440, 900), theme="dark", **options):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            has_touch=size[0] < 500,
            is_mobile=size[0] < 500,
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("console", lambda message: _heard(faults, message))
        page.on("request", lambda request: _asked(faults, hub.url, request.url))
        page.goto(hub.url + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults.left() == []


@pytest.fixture
def becomes() -> Callable:
    """Asks until the answer is as wanted, for what no `expect` of a locator can say.

    becomes(lambda: page.evaluate("document.title"), "Muster"). A page is drawn piece by piece:
    what is read of it once may be of a moment before.
    """

    def wait(ask: Callable[[], object], wanted: object) -> None:
        end = time.monotonic() + PATIENCE_MS / 1000
        while (found := ask()) != wanted and time.monotonic() < end:
            time.sleep(0.05)
        assert found == wanted

    return wait


@pytest.fixture
def says_after() -> Callable:
    """What a page says for a moment only, after a deed: says_after(button.click, page, "Copied").

    The page itself looks out for it: who asks from outside may come too late.
    """

    def wait(deed: Callable[[], object], page, words: str) -> None:
        page.evaluate(
            """(words) => {
                window.saidIt = false;
                new MutationObserver((_, watch) => {
                    if (!document.body.innerText.includes(words)) return;
                    window.saidIt = true;
                    watch.disconnect();
                }).observe(document.body, {subtree: true, childList: true, characterData: true});
            }""",
            words,
        )
        deed()
        page.wait_for_function("() => window.saidIt")

    return wait


@pytest.fixture
def fits(becomes) -> Callable:
    """Nothing of a page scrolls sideways on a screen of its width: fits(page)."""

    def wait(page) -> None:
        width = page.viewport_size["width"]
        drawn = "document.documentElement.scrollWidth"
        becomes(lambda: max(width, page.evaluate(drawn)), width)

    return wait


@pytest.fixture
def drag_over() -> Callable:
    """Drags over a chart from its 100th pixel: drag_over(locator, 100).

    By hovering, which finds a chart again that was made anew meanwhile: a box measured before
    may be that of one which is gone.
    """

    def drag(chart, width: int) -> None:
        chart.hover(position={"x": 100, "y": 40})
        chart.page.mouse.down()
        chart.hover(position={"x": 100 + width // 2, "y": 40})
        chart.hover(position={"x": 100 + width, "y": 40})
        chart.page.mouse.up()

    return drag


def _heard(faults: list[str], message) -> None:
    if message.type == "error":
        faults.append(f"console: {message.text}")


def _asked(faults: list[str], hub: str, url: str) -> None:
    if not url.startswith((hub, hub.replace("http", "ws", 1), "blob:")):
        faults.append(f"outside address: {url}")

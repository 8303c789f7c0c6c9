"""A real hub, a real browser and a simulated Netdata agent, each a process of its own.

What pages say is waited for, never how long it takes.
"""

import re
import subprocess
import sys
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from processes import DEADLINE_S, Hub, free_port_base

PATIENCE_MS = DEADLINE_S * 1_000
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def muster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("netdata")
    hub = Hub(folder / "data", free_port_base(), command="hub")
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    hub.muster("user", "create", "eve", "--role", "admin", "--password-file", str(secret))
    yield hub
    assert hub.stop() == 0, hub.said()


@pytest.fixture
def page(browser, muster, faults):
    """Of an admin who is signed in, on Connect."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.goto(muster.ready["web"] + "/connect?env=netdata")
    page.get_by_label("User name").fill("eve")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    yield page
    context.close()
    assert faults.left() == []


@contextmanager
def agent(muster, token, name):
    """A simulated agent that claims itself, until the block is left."""
    trust = muster.data / "ca" / "root.pem"
    words = ("--url", muster.ready["web"], "--trust", str(trust), "--hostname", name)
    with subprocess.Popen(
        [sys.executable, "-m", "muster.testing.netdata", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        process.stdin.write(token)
        process.stdin.close()
        try:
            yield process
        finally:
            process.terminate()


def test_an_agent_claims_by_the_pages_line_and_is_live_with_charts_and_alerts(page, muster):
    wait = {"timeout": PATIENCE_MS}
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_role("heading", name="Run this on the machine")).to_be_visible(**wait)
    token = page.locator("mark").first.inner_text()

    with agent(muster, token, "depot-real") as process:
        arrived = page.get_by_role("heading", name="depot-real has arrived")
        expect(arrived).to_be_visible(**wait)
        page.goto(muster.ready["web"] + "/nodes")
        row = page.get_by_role("row", name=re.compile("depot-real"))
        expect(row).to_contain_text("Netdata", **wait)
        expect(row).to_contain_text(re.compile("live", re.IGNORECASE), **wait)
        expect(row).to_contain_text(re.compile(r"\d+\s*%"), **wait)
        row.get_by_role("link").first.click()
        expect(page.get_by_role("heading", name="depot-real", exact=True)).to_be_visible(**wait)
        chart = page.locator("article.chart").first
        value = chart.locator(".legend b").first
        expect(value).to_have_text(re.compile(r"\d"), **wait)
        expect(value).not_to_have_text(value.inner_text(), **wait)
        alerts = page.locator("#alerts")
        expect(alerts).to_contain_text(re.compile(r"\d+ (critical|warning|clear)"), **wait)
        assert process.poll() is None
    link = page.get_by_role("region", name="Link", exact=True)
    expect(link).to_contain_text("No contact since", **wait)

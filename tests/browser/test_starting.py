"""A hub that is still starting: the pages wait for it."""

import json

from playwright.sync_api import expect

STARTING = json.dumps({"error": {"code": "starting", "text": "the hub reads its journal"}})


def test_a_page_waits_for_a_starting_hub_and_goes_on_by_itself(visit, hub, faults):
    faults.allow_refusals()  # a browser notes every 503
    node = hub.node("pilot-db")["id"]
    page = visit("/nodes")
    waiting = [True]

    def answer(route):
        if waiting[0]:
            route.fulfill(status=503, content_type="application/json", body=STARTING)
        else:
            route.continue_()

    page.route("**/api/v1/series*", answer)
    page.locator(f'a[href*="{node}"]').first.click()
    expect(page.get_by_text("The hub is starting.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    waiting[0] = False

    expect(page.get_by_text("The hub is starting.")).to_have_count(0)
    expect(page.locator("canvas").first).to_be_visible()

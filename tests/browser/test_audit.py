"""The audit log: filtered by the address, verified on request, exported whole."""

import json

from playwright.sync_api import expect


def do_something(hub) -> None:
    for name in ("ws-chart", "breakwater"):
        request = f"/nodes/{hub.node(name)['id']}/revoke"
        hub.post(request, {"reason": "lost"})


def test_what_was_done_is_listed_and_a_filter_stands_in_the_address(visit, hub):
    do_something(hub)
    page = visit("/audit")
    events = page.get_by_role("region", name="Events")
    expect(events).to_contain_text("session.create")
    page.get_by_role("searchbox", name="Filter events").fill("ws-chart")
    expect(events.get_by_role("row")).to_have_count(2)
    page.reload()

    expect(events.get_by_role("row")).to_have_count(2)
    expect(events).to_contain_text("node.revoke")


def test_the_chain_is_verified_now_and_says_what_to_note(visit, hub):
    do_something(hub)
    page = visit("/audit")
    page.get_by_role("button", name="Verify now").click()
    chain = page.get_by_role("region", name="Chain of hashes")

    expect(chain).to_contain_text("3 events are as written")
    expect(chain).to_contain_text(f"3:{hub.get('/audit/verify')['newest']['hash']}")


def test_a_phone_too_is_told_how_many_events_there_are(visit, hub):
    page = visit("/audit", size=(390, 844))

    expect(page.get_by_text("1 of the newest 1, which are all")).to_be_visible()


def test_the_first_altered_event_is_named(visit, hub):
    do_something(hub)
    hub.tell("forge")
    page = visit("/audit")
    page.get_by_role("button", name="Verify now").click()

    expect(page.get_by_role("region", name="Chain of hashes")).to_contain_text("Broken at event 1")


def test_a_noted_hash_that_is_none_is_told_at_its_field(visit):
    page = visit("/audit")
    page.get_by_label("A hash noted elsewhere").fill("12:nonsense")
    page.get_by_role("button", name="Verify now").click()

    expect(page.get_by_role("alert")).to_contain_text("64 digits")


def test_the_export_holds_every_event_as_it_is_written(visit, hub):
    do_something(hub)
    page = visit("/audit")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON lines").click()
    lines = download.value.path().read_text().splitlines()

    assert download.value.suggested_filename == "muster-audit.jsonl"
    assert [json.loads(line)["id"] for line in lines] == [1, 2, 3]
    assert [json.loads(line) for line in lines] == hub.get("/audit?after=0&limit=1000")

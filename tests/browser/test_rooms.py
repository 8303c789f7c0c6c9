"""Rooms: a rule is written with the nodes it takes in beside it."""

import re

from playwright.sync_api import expect


def inside(page):
    return page.get_by_role("region", name="Who is in it")


def test_a_rule_shows_at_once_whom_it_takes_in(visit):
    page = visit("/rooms/new")
    page.get_by_label("Host names").fill("pilot-*")
    expect(inside(page)).to_contain_text("1 node by the rule")
    expect(inside(page)).to_contain_text("pilot-db")
    page.get_by_label("Host names").fill("pilot-*, store-*")

    expect(inside(page)).to_contain_text("store-a")


def test_a_room_is_made_with_its_rule_and_opened(visit, hub):
    page = visit("/rooms/new")
    page.get_by_label("Name", exact=True).fill("Pilots")
    page.get_by_label("Host names").fill("pilot-*")
    page.get_by_text("1 hour").click()
    expect(page.locator(".cli")).to_contain_text(
        "muster room create Pilots --host 'pilot-*' --agent-lifetime 1h"
    )
    page.get_by_role("button", name="Make the room").click()

    expect(page.get_by_role("heading", name="Pilots")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/nodes\?room=Pilots$"))
    room = next(room for room in hub.get("/rooms") if room["name"] == "Pilots")
    assert room["rule"] == {"labels": {}, "hosts": ["pilot-*"], "networks": []}
    assert room["agent_lifetime_s"] == 3_600


def test_a_rule_that_is_emptied_is_taken_away(visit, hub):
    room = next(room for room in hub.get("/rooms") if room["name"] == "Storage")
    page = visit(f"/rooms/{room['id']}")
    expect(page.get_by_label("Host names")).to_have_value("pilot-*")
    page.get_by_label("Host names").fill("")
    expect(page.locator(".cli")).to_contain_text("muster room set Storage --no-rule")
    page.get_by_role("button", name="Save the room").click()

    expect(page.get_by_role("heading", name="Storage")).to_be_visible()
    assert next(r for r in hub.get("/rooms") if r["name"] == "Storage")["rule"] is None


def test_what_is_no_network_is_said_where_the_nodes_would_be(visit, faults):
    page = visit("/rooms/new")
    page.get_by_label("Networks").fill("harbour")

    expect(inside(page).get_by_role("alert")).to_contain_text("Not a network")
    faults.allow_refusals()


def test_a_label_without_value_is_told_at_its_field(visit):
    page = visit("/rooms/new")
    labels = page.get_by_label("Labels")
    labels.fill("berlin")
    labels.press("Tab")

    expect(page.get_by_role("alert")).to_contain_text("Write key=value")


def test_a_room_is_removed_after_a_question_and_its_nodes_stay(visit):
    page = visit("/nodes?room=Edge")
    page.get_by_role("button", name="Actions for the room Edge").click()
    page.get_by_role("menuitem", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove Edge").click()

    expect(page.get_by_role("heading", name="Nodes")).to_be_visible()
    expect(page.locator(".nodes tbody tr")).to_have_count(16)


def make_room(hub, name: str) -> dict:
    return hub.post("/rooms", {"name": name})


def test_an_empty_room_takes_in_nodes_that_are_there_already(visit, hub):
    room = make_room(hub, "Loft")
    page = visit("/nodes?room=Loft")
    expect(page.get_by_text("No nodes in Loft yet")).to_be_visible()
    page.get_by_role("button", name="Add existing nodes…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    dialog.get_by_label("Find nodes").fill("quay-0")
    expect(dialog.get_by_role("button", name="pilot-db")).to_have_count(0)
    dialog.get_by_role("button", name="quay-01").click()
    expect(dialog.locator(".cli")).to_contain_text("muster node rooms quay-01 Edge Lab Loft")
    dialog.get_by_role("button", name="Add 1 node").click()

    expect(page.get_by_role("link", name="quay-01", exact=True)).to_be_visible()
    assert room["id"] in [each["id"] for each in hub.node("quay-01")["rooms"]]
    assert len(hub.node("quay-01")["rooms"]) == 3


def test_nodes_are_added_to_a_room_that_has_some_by_its_menu(visit, hub):
    page = visit("/nodes?room=Storage")
    page.get_by_role("button", name="Actions for the room Storage").click()
    page.get_by_role("menuitem", name="Add nodes…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="store-a")).to_have_count(0)
    dialog.get_by_role("button", name="pilot-db").click()
    dialog.get_by_role("button", name="quay-01").click()
    dialog.get_by_role("button", name="Add 2 nodes").click()

    expect(page.get_by_role("link", name="pilot-db", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="quay-01", exact=True)).to_be_visible()
    assert "Storage" in [each["name"] for each in hub.node("quay-01")["rooms"]]

"""The first minutes with an empty hub."""

import re

from playwright.sync_api import expect


def test_an_empty_hub_asks_for_the_name_of_the_space_and_leads_to_connect(visit, hub):
    hub.tell("reset", nodes=0)
    page = visit("/")
    expect(page.get_by_role("heading", name="Welcome to hub.harbour.lan")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("North Quay")
    page.get_by_role("button", name="Name it North Quay and connect").click()

    expect(page.get_by_role("heading", name="Connect a node")).to_be_visible()
    expect(page.get_by_role("button", name="Space: North Quay")).to_be_visible()
    assert hub.get("/spaces")[0]["name"] == "North Quay"


def test_the_welcome_is_given_once_and_can_be_put_off(visit, hub):
    hub.tell("reset", nodes=0)
    page = visit("/nodes")
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_text("No nodes yet")).to_be_visible()
    page.reload()

    expect(page.get_by_text("No nodes yet")).to_be_visible()


def test_who_has_nodes_is_not_welcomed(visit):
    page = visit("/")

    expect(page.get_by_role("heading", name="Nodes")).to_be_visible()


def join(hub):
    """A machine comes in by a token, a second later."""
    hub.post("/tokens", {"rooms": [], "ttl_s": 3600, "uses": 1, "description": ""})


def test_a_machine_that_joins_meanwhile_leads_on_by_itself(visit, hub):
    hub.tell("reset", nodes=0)
    page = visit("/")
    expect(page.get_by_role("heading", name="Welcome to hub.harbour.lan")).to_be_visible()
    join(hub)

    expect(page.get_by_role("heading", level=1)).to_contain_text("quay-0")
    expect(page).to_have_url(re.compile("/nodes/"))


def test_who_is_naming_the_space_finishes_that_first(visit, hub):
    hub.tell("reset", nodes=0)
    page = visit("/")
    page.get_by_label("Name", exact=True).fill("North Quay")
    join(hub)
    expect(page.get_by_text("has joined.", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Name it North Quay and see quay-0").click()

    expect(page).to_have_url(re.compile("/nodes/"))
    assert hub.get("/spaces")[0]["name"] == "North Quay"

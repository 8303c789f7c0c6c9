"""The first minutes with an empty hub."""

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

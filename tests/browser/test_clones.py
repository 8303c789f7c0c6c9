"""Copied identities: the mark in the table, both holders side by side, and the two answers."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def copied(hub):
    hub.tell("copy", name="quay-01")
    return hub.node("quay-01")


def test_a_copied_node_is_marked_in_the_table(visit, copied):
    page = visit("/nodes")
    row = page.get_by_role("row", name="quay-01")

    expect(row.locator(".b-clone")).to_have_text("Clone")
    expect(row).to_contain_text("2 machines hold it: compare")
    expect(page.locator(".roll li.clone")).to_have_count(1)


def test_both_holders_stand_side_by_side_with_what_differs(visit, copied):
    page = visit(f"/nodes/{copied['id']}")
    card = page.get_by_role("region", name="Two machines hold the identity of quay-01")
    row = card.get_by_role("row", name="Connects from")
    expect(row).to_contain_text("10.20.3.21")
    expect(row.locator(".differs")).to_contain_text("≠")
    expect(row.locator(".differs")).to_contain_text("10.20.3.87")

    expect(card.get_by_role("row", name="Host name").locator(".differs")).to_have_count(0)
    expect(card.get_by_role("row", name="Hardware id").locator(".differs")).to_have_count(1)


def test_a_copy_is_given_its_own_identity_after_a_question(visit, hub, copied):
    page = visit(f"/nodes/{copied['id']}")
    page.get_by_role("button", name="Give B its own identity…").click()
    dialog = page.get_by_role("dialog", name="Give 10.20.3.87 its own identity?")
    expect(dialog).to_contain_text("quay-01 keeps its name, its certificate and all history")
    expect(dialog.locator(".cli")).to_contain_text("muster node fork quay-01 --holder b7c2")
    dialog.get_by_role("button", name="Fork 10.20.3.87 off").click()

    expect(page.get_by_text("B is told to claim as a node of its own")).to_be_visible()
    assert hub.get("/clones")[0]["holders"][1]["decision"] == "fork"


def test_the_first_can_be_the_copy(visit, hub, copied):
    page = visit(f"/nodes/{copied['id']}")
    page.get_by_role("button", name="A is the copy…").click()
    dialog = page.get_by_role("dialog", name="Give 10.20.3.21 its own identity?")
    expect(dialog.locator(".cli")).to_contain_text("--holder a1f3")
    dialog.get_by_role("button", name="Fork 10.20.3.21 off").click()

    expect(page.get_by_text("A is told to claim as a node of its own")).to_be_visible()


def test_a_case_is_dismissed_after_a_question_and_leaves_the_page(visit, hub, copied):
    page = visit(f"/nodes/{copied['id']}")
    page.get_by_role("button", name="Dismiss…").click()
    page.get_by_role("dialog").get_by_role("button", name="Dismiss for quay-01").click()

    expect(page.locator(".clonecard")).to_have_count(0)
    assert hub.get("/clones")[0]["state"] == "dismissed"


def test_who_is_no_admin_is_told_of_a_copy_without_addresses(visit, hub, copied):
    hub.tell("account", role="viewer")
    page = visit(f"/nodes/{copied['id']}")
    card = page.locator(".clonecard")
    expect(card).to_contain_text("An admin can set both side by side")

    expect(card).not_to_contain_text("10.20.3.87")


def test_both_fit_on_a_phone(visit, copied, fits):
    page = visit(f"/nodes/{copied['id']}", size=(390, 844))
    expect(page.get_by_role("row", name="Own addresses")).to_be_visible()

    fits(page)

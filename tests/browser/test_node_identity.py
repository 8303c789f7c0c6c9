"""A node's labels, its stay, its certificates, and what it asks for."""

import re

from playwright.sync_api import expect


def test_labels_and_stay_are_changed_together(visit, hub):
    page = visit(f"/nodes/{hub.node('quay-01')['id']}")
    page.get_by_role("button", name="Actions for quay-01").click()
    page.get_by_role("menuitem", name="Labels and stay…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key of label 2").fill("role")
    dialog.get_by_label("Value of label 2").fill("edge")
    dialog.get_by_text("Ephemeral").click()
    dialog.get_by_label("Leaves the list after").fill("90 min")
    expect(dialog.locator(".cli code")).to_have_text(
        "muster node set quay-01 --label role=edge --ephemeral 90m"
    )
    dialog.get_by_role("button", name="Keep these").click()

    expect(page.get_by_text("ephemeral: leaves 1 h 30 min after it was last heard")).to_be_visible()
    assert hub.node("quay-01")["labels"] == {"site": "quay", "role": "edge"}


def test_a_key_that_is_none_keeps_the_dialog_open(visit, hub):
    page = visit(f"/nodes/{hub.node('quay-01')['id']}")
    page.get_by_role("button", name="Actions for quay-01").click()
    page.get_by_role("menuitem", name="Labels and stay…").click()
    page.get_by_label("Key of label 1").fill("Site")

    expect(page.get_by_role("alert")).to_contain_text("“Site” is no key")
    expect(page.get_by_role("button", name="Keep these")).to_be_disabled()


def test_a_label_leads_to_the_nodes_that_bear_it(visit, hub):
    page = visit(f"/nodes/{hub.node('store-a')['id']}")
    page.get_by_role("link", name="site=loft").click()

    expect(page.get_by_role("combobox", name="Label")).to_have_value("site=loft")
    expect(page.get_by_text("3 of 16", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("label=site"))


def test_nodes_are_filtered_by_room_and_label_in_the_address(visit):
    page = visit("/nodes")
    page.get_by_role("combobox", name="Room").select_option("Storage")
    expect(page.get_by_role("heading", name="Storage", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Label").select_option("role=heavy")
    expect(page.get_by_text("2 of 3", exact=True)).to_be_visible()
    page.reload()

    expect(page.get_by_role("row", name="store-b")).to_be_visible()
    expect(page.get_by_role("row", name="loft-nas")).to_have_count(0)


def test_the_certificates_of_a_node_are_listed_by_state(visit, hub):
    page = visit(f"/nodes/{hub.node('quay-01')['id']}")
    page.get_by_text("156 certificates: 155 retired").click()

    rows = page.locator(".credentials tbody tr")
    expect(rows.first).to_contain_text("Active")
    expect(rows.nth(1)).to_contain_text("Retired")


def test_a_state_folder_that_is_not_kept_is_warned_of(visit, hub):
    node = hub.node("quay-01")
    hub.tell("node", name="quay-01", change={"facts": node["facts"] | {"volatile_state": True}})
    page = visit(f"/nodes/{node['id']}")

    expect(page.get_by_text("Its state folder is not kept.")).to_be_visible()


def test_a_node_that_asks_to_come_back_is_let_in_from_its_page(visit, hub):
    page = visit(f"/nodes/{hub.node('tide-gauge-3')['id']}")
    expect(page.get_by_text("It asks to be let back in.")).to_be_visible()
    page.get_by_role("button", name="Let back in…").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve tide-gauge-3").click()

    expect(page.get_by_text("It asks to be let back in.")).to_have_count(0)

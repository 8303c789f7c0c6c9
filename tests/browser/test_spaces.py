"""Spaces: going from one to another, and what holds in each."""

import re

from playwright.sync_api import expect


def make_space(page, name: str) -> None:
    page.get_by_role("button", name="New space").click()
    dialog = page.get_by_role("dialog", name="New space")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name=f"Make {name}").click()
    expect(page.get_by_role("button", name=f"Space: {name}")).to_be_visible()


def test_a_new_space_is_entered_and_stands_in_the_address(visit):
    page = visit("/spaces")
    make_space(page, "Customers")

    expect(page).to_have_url(re.compile(r"/s/customers/spaces$"))
    page.get_by_role("link", name="Nodes", exact=True).first.click()
    expect(page.get_by_text("No nodes yet")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/s/customers/nodes$"))


def test_the_switcher_leads_to_another_space_and_reloading_stays_there(visit):
    page = visit("/spaces")
    make_space(page, "Customers")
    page.get_by_role("button", name="Space: Customers").click()
    page.get_by_role("menuitemradio", name="Harbour Lab").click()
    expect(page).to_have_url(re.compile(r"//[^/]+/spaces$"))
    page.get_by_role("button", name="Space: Harbour Lab").click()
    page.get_by_role("menuitemradio", name="Customers").click()
    expect(page).to_have_url(re.compile("/s/customers/spaces$"))
    page.reload()

    expect(page.get_by_role("button", name="Space: Customers")).to_contain_text("0 nodes · admin")


def test_a_node_brings_one_into_its_space(visit, hub):
    page = visit("/spaces")
    make_space(page, "Customers")
    page.goto(f"{hub.url}/s/customers/nodes/{hub.node('pilot-db')['id']}")

    expect(page.get_by_role("heading", name="pilot-db", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"//[^/]+/nodes/"))


def test_a_space_that_is_not_there_says_so_and_leads_home(visit):
    page = visit("/s/nowhere/nodes")
    expect(page.get_by_text("No space of yours is called nowhere")).to_be_visible()
    page.get_by_role("button", name="Go to Harbour Lab").click()

    expect(page.get_by_role("heading", name="Nodes")).to_be_visible()


def test_settings_say_what_the_command_line_says_and_are_restored_by_the_address(visit, hub):
    space = hub.get("/spaces")[0]
    page = visit(f"/spaces?settings={space['id']}")
    dialog = page.get_by_role("dialog", name="Settings of Harbour Lab")
    expect(dialog.get_by_role("button", name="Save the settings")).to_be_disabled()
    dialog.get_by_text("12 hours").click()
    dialog.get_by_text("Always", exact=True).click()
    expect(dialog).to_contain_text(
        "muster space set 'Harbour Lab' --agent-lifetime 12h --approval always"
    )
    dialog.get_by_role("button", name="Save the settings").click()

    expect(page.get_by_role("region", name="Spaces")).to_contain_text("when an admin agrees")
    settings = hub.get("/spaces")[0]["settings"]
    assert (settings["agent_lifetime_s"], settings["approval"]) == (43_200, "always")


def test_copies_of_netdata_nodes_are_chosen_with_their_step(visit, hub):
    space = hub.get("/spaces")[0]
    page = visit(f"/spaces?settings={space['id']}")
    dialog = page.get_by_role("dialog", name="Settings of Harbour Lab")
    dialog.get_by_label("Contexts of Netdata nodes that are copied").fill("system.*, disk.space")
    dialog.get_by_role("group", name="One copied value for each").get_by_text("1 min").click()
    expect(dialog).to_contain_text("--netdata-keep 'system.*,disk.space' --netdata-step 1m")
    dialog.get_by_role("button", name="Save the settings").click()
    expect(dialog).to_have_count(0)

    kept = hub.get("/spaces")[0]["settings"]["netdata_keep"]
    assert (kept["contexts"], kept["step_s"]) == (["system.*", "disk.space"], 60)


def test_a_space_that_holds_nodes_is_not_removed(visit):
    page = visit("/spaces")
    make_space(page, "Customers")
    page.get_by_role("button", name="Actions for the space Customers").click()
    page.get_by_role("menuitem", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove Customers").click()

    expect(page.get_by_role("button", name="Space: Harbour Lab")).to_be_visible()
    expect(page.get_by_role("region", name="Spaces")).not_to_contain_text("Customers")


def test_on_a_phone_the_account_menu_switches_spaces(visit):
    page = visit("/nodes", size=(390, 844))
    page.get_by_role("button", name="Account: admin").click()
    page.get_by_role("menuitem", name="Spaces and rooms").click()

    expect(page.get_by_role("heading", name="Spaces and rooms")).to_be_visible()

"""The certificate authority: what it is, and replacing its root step by step."""

from playwright.sync_api import expect


def roll(page):
    return page.get_by_role("region", name="CA roll-over")


def take(page, button: str, deed: str) -> None:
    roll(page).get_by_role("button", name=button).click()
    page.get_by_role("dialog").get_by_role("button", name=deed).click()


def test_roots_issuers_and_the_place_of_the_key_are_shown(visit):
    page = visit("/identity")
    card = page.get_by_role("region", name="Certificate authority")

    expect(card).to_contain_text("Muster Root CA")
    expect(card).to_contain_text("Muster Agents CA")
    expect(card).to_contain_text("on this hub, in the signer's folder")
    expect(card.get_by_role("link", name="Revocation lists")).to_have_attribute("href", "/crl.pem")
    expect(page.locator(".fp").first).to_be_visible()


def test_a_root_is_replaced_in_three_deeds_and_who_is_missing_is_named(visit, hub):
    page = visit("/identity")
    take(page, "Prepare a new root…", "Prepare it")
    expect(roll(page)).to_contain_text("Step 2 of 4")
    expect(roll(page)).to_contain_text("14 of 15 nodes have stored the new root")
    expect(roll(page).get_by_role("link", name="winch-plc")).to_be_visible()
    take(page, "Activate…", "Activate the new root")
    expect(roll(page)).to_contain_text("Step 4 of 4")

    roll(page).get_by_role("button", name="Retire the old root…").click()
    dialog = page.get_by_role("dialog")
    lose = dialog.get_by_role("button", name="Retire it and lose 1 node")
    expect(lose).to_be_disabled()
    expect(dialog).to_contain_text("winch-plc")
    dialog.get_by_label("Go on without them").check()
    expect(dialog).to_contain_text("muster ca roll retire --force")
    lose.click()
    expect(roll(page)).to_contain_text("none on its way")
    assert len(hub.get("/ca")["roots"]) == 1


def test_a_prepared_root_can_be_forgotten(visit, hub):
    page = visit("/identity")
    take(page, "Prepare a new root…", "Prepare it")
    take(page, "Forget it…", "Forget the new root")

    expect(roll(page)).to_contain_text("none on its way")
    assert hub.get("/ca")["phase"] == "steady"


def test_the_count_of_nodes_that_followed_moves_by_itself(visit, hub):
    page = visit("/identity")
    take(page, "Prepare a new root…", "Prepare it")
    expect(roll(page)).to_contain_text("14 of 15 nodes")
    hub.tell("node", name="winch-plc", change={"state": "live"})

    expect(roll(page)).to_contain_text("15 of 15 nodes")


def test_with_an_offline_root_the_line_for_the_hubs_machine_is_given(visit, hub):
    hub.tell("ca", root_key="offline")
    page = visit("/identity")

    expect(roll(page)).to_contain_text("muster ca roll prepare --root-key root.key")
    expect(roll(page).get_by_role("button", name="Prepare a new root…")).to_have_count(0)


def test_a_root_of_ones_own_is_brought_along_on_the_hubs_machine(visit):
    page = visit("/identity")

    expect(roll(page)).to_contain_text("muster ca import --root-cert ca.cer --root-key ca.key")
    take(page, "Prepare a new root…", "Prepare it")
    expect(roll(page)).not_to_contain_text("muster ca import")

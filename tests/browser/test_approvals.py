"""Approvals: who waits, what speaks for each, and the two answers."""

import re

import pytest
from playwright.sync_api import expect

PHONE = (390, 844)


def claim(page, name):
    return page.get_by_role("article", name=name)


def test_who_waits_is_shown_with_evidence_and_a_score(visit):
    page = visit("/approvals")
    card = claim(page, "web-09")
    expect(card).to_contain_text("This space asks for approval of each machine.")
    expect(card.get_by_role("list", name="Evidence")).to_contain_text("signed this request")
    expect(card).to_contain_text("55 of 100")

    expect(claim(page, "winch-plc")).to_contain_text("looks like winch-plc reinstalled")
    expect(claim(page, "stranger")).to_have_count(0)


def test_the_rail_counts_who_waits_as_it_changes(visit, hub):
    page = visit("/nodes")
    place = page.get_by_role("navigation", name="Main", exact=True).get_by_role(
        "link", name="Approvals"
    )
    expect(place).to_contain_text("3 waiting")
    hub.tell("knock", name="late-one")

    expect(place).to_contain_text("4 waiting")


def test_one_more_appears_by_itself_and_one_that_was_decided_elsewhere_leaves(visit, hub):
    page = visit("/approvals")
    expect(claim(page, "web-09")).to_be_visible()
    hub.tell("knock", name="late-one")
    expect(claim(page, "late-one")).to_be_visible()
    hub.tell("nobody-waits")

    expect(page.get_by_text("Nobody waits")).to_be_visible()
    expect(page.get_by_role("link", name="Connect a node")).to_be_visible()


def test_a_machine_is_let_in_under_another_name_and_into_a_room(visit, hub):
    page = visit("/approvals")
    claim(page, "web-09").get_by_role("button", name="Approve…").click()
    dialog = page.get_by_role("dialog", name="Let web-09 in?")
    dialog.get_by_label("Name").fill("quay-09")
    dialog.get_by_role("button", name="Lab").click()
    dialog.get_by_label("Note, for the audit log").fill("new camera")
    expect(dialog.locator(".cli")).to_contain_text("muster approval approve")
    expect(dialog.locator(".cli")).to_contain_text("--name quay-09")
    expect(dialog.locator(".cli")).to_contain_text("--room Lab")
    expect(dialog.locator(".cli")).to_contain_text("--note 'new camera'")
    dialog.get_by_role("button", name="Approve quay-09").click()

    expect(claim(page, "web-09")).to_have_count(0)
    assert [room["name"] for room in hub.node("quay-09")["rooms"]] == ["Lab"]
    assert next(c for c in hub.get("/approvals?state=all") if c["name"] == "web-09")["note"]


def test_a_reinstalled_machine_goes_on_as_the_node_it_looks_like(visit, hub):
    page = visit("/approvals")
    claim(page, "winch-plc").get_by_role("button", name="Approve…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".cli")).to_contain_text("--as existing")
    dialog.get_by_role("button", name="Approve, keep the history of winch-plc").click()

    expect(claim(page, "winch-plc")).to_have_count(0)
    decided = next(c for c in hub.get("/approvals?state=all") if c["name"] == "winch-plc")
    assert decided["node"] == hub.node("winch-plc")["id"]


def test_a_reinstalled_machine_can_be_a_new_node_instead(visit, hub):
    page = visit("/approvals")
    claim(page, "winch-plc").get_by_role("button", name="Approve…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("A new node").click()
    dialog.get_by_label("Name").fill("winch-new")
    dialog.get_by_role("button", name="Approve winch-new").click()

    expect(claim(page, "winch-plc")).to_have_count(0)
    assert hub.node("winch-new")


def test_a_machine_is_refused_with_a_reason(visit, hub):
    page = visit("/approvals")
    claim(page, "web-09").get_by_role("button", name="Refuse…").click()
    dialog = page.get_by_role("dialog", name="Refuse web-09?")
    dialog.get_by_label("Reason, told to the machine").fill("not one of ours")
    dialog.get_by_role("button", name="Refuse web-09").click()
    expect(claim(page, "web-09")).to_have_count(0)
    page.get_by_text("With decided ones").click()

    expect(claim(page, "web-09")).to_contain_text("“not one of ours”")
    expect(page).to_have_url(re.compile("state=all"))


def test_keys_move_and_answer(visit):
    page = visit("/approvals")
    expect(claim(page, "web-09")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(claim(page, "winch-plc")).to_have_class("card claim current")
    page.keyboard.press("k")
    page.keyboard.press("r")

    expect(page.get_by_role("dialog", name="Refuse web-09?")).to_be_visible()


def test_an_answer_that_came_too_late_says_so_in_the_dialog(visit, hub, faults):
    faults.allow_refusals()
    page = visit("/approvals")
    claim(page, "web-09").get_by_role("button", name="Approve…").click()
    hub.tell(
        "fail", path="/approve", times=1, status=409, code="already_decided", text="denied already"
    )
    page.get_by_role("dialog").get_by_role("button", name="Approve web-09").click()

    expect(page.get_by_role("alert")).to_contain_text("denied already")


def test_who_is_no_admin_sees_no_queue(visit, hub):
    hub.tell("account", role="viewer")
    page = visit("/approvals")

    expect(page.get_by_text("Only an admin decides who may join")).to_be_visible()
    expect(page.get_by_role("link", name="Approvals")).to_have_count(0)


def test_a_failure_to_read_names_its_cause_and_offers_to_try_again(visit, hub, faults):
    faults.allow_refusals()
    hub.tell("fail", path="/approvals", times=2)
    page = visit("/approvals")
    expect(page.get_by_text("Who waits could not be read")).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect(claim(page, "web-09")).to_be_visible()


@pytest.mark.parametrize("address", ["/approvals", "/approvals?state=all", "/connect/air-gap"])
def test_nothing_scrolls_sideways_on_a_phone(visit, address, fits):
    page = visit(address, size=PHONE)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")

    fits(page)


def test_the_policy_in_force_is_shown_with_what_is_wrong_with_the_newer_file(visit, hub):
    hub.tell("account", policyFault="/etc/muster/policy.toml: not TOML: line 9")
    page = visit("/approvals")
    card = page.get_by_role("region", name="Policy")

    expect(card).to_contain_text("1 rule of /etc/muster/policy.toml")
    expect(card).to_contain_text('name = "the lab looks after itself"')
    expect(card).to_contain_text("The one before is in force")
    expect(card.locator(".cli")).to_contain_text("muster policy show")


def test_a_hub_without_a_policy_says_what_holds_then(visit, hub):
    hub.tell("account", noPolicy=True)
    page = visit("/approvals")

    expect(page.get_by_role("region", name="Policy")).to_contain_text("None: a claim with a good")


def test_a_draft_is_tried_with_cases_before_it_counts(visit, hub, faults):
    faults.allow_refusals()
    page = visit("/approvals")
    page.get_by_role("button", name="Try a policy…").click()
    dialog = page.get_by_role("dialog", name="Try a policy")
    attempt = dialog.get_by_role("button", name="Try it")
    attempt.click()
    outcome = dialog.get_by_role("table", name="What comes of each case")
    expect(outcome.get_by_role("row").nth(1)).to_contain_text("As expected")
    expect(outcome).to_contain_text("the lab looks after itself")
    draft = dialog.get_by_label("Policy")
    draft.fill(draft.input_value().replace('"approve"', '"deny"'))
    attempt.click()
    expect(outcome.get_by_role("row").nth(1)).to_contain_text("Otherwise")
    draft.fill("default = 'ask'\n\n[[rule\n")
    attempt.click()

    expect(dialog.get_by_role("alert")).to_contain_text("Policy: not TOML: line 3")
    expect(outcome).to_have_count(0)
    assert 'action = "approve"' in hub.get("/policy")["text"]


def test_on_a_phone_the_policy_fits(visit, fits):
    page = visit("/approvals?do=policy", size=PHONE)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("table", name="What comes of each case")).to_be_visible()

    fits(page)

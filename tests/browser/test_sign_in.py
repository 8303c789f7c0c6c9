"""Signing in and out."""

import re

from playwright.sync_api import expect


def test_a_wrong_password_says_so_and_keeps_the_name(visit, hub, faults):
    hub.tell("sign-out")
    page = visit("/nodes")
    page.get_by_label("User name").fill("watch")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("User name")).to_have_value("watch")
    faults.allow_refusals()


def test_the_first_start_is_told_where_the_password_lies(visit, hub, faults):
    hub.tell("sign-out")
    page = visit("/nodes")

    expect(page.locator("form")).to_contain_text("admin-password")
    faults.allow_refusals()


def test_after_signing_in_one_sees_what_one_came_for(visit, hub, faults):
    hub.tell("sign-out")
    page = visit("/identity")
    page.get_by_label("Password").fill("harbour")
    page.get_by_label("Password").press("Enter")

    expect(page.get_by_role("heading", name="Identity")).to_be_visible()
    faults.allow_refusals()


def test_a_session_that_ends_says_so_and_the_address_stays(visit, hub, faults):
    page = visit("/nodes?state=live")
    expect(page.get_by_role("heading", name="Nodes")).to_be_visible()
    hub.tell("sign-out")
    hub.tell("drop")

    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/nodes\?state=live$"))
    faults.allow_refusals()


def test_nothing_typed_is_lost_when_the_session_ends_under_a_form(visit, hub, faults):
    page = visit("/people?do=invite")
    form = page.get_by_role("dialog", name="Invite a person")
    form.get_by_label("Name").fill("ada")
    hub.tell("sign-out")
    hub.tell("drop")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(form).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_label("Password").fill("harbour")
    page.get_by_label("Password").press("Enter")

    expect(page.get_by_text("Your session has ended")).to_have_count(0)
    expect(form.get_by_label("Name")).to_have_value("ada")
    expect(form.get_by_label("Name")).to_be_focused()
    faults.allow_refusals()


def test_signing_out_ends_on_the_sign_in_page(visit, hub, faults):
    page = visit("/nodes")
    page.get_by_role("button", name="Account: admin").click()
    page.get_by_role("menuitem", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in to Muster")).to_be_visible()
    faults.allow_refusals()


def offer(hub, *providers, passkeys=""):
    shown = [{"name": each.lower(), "label": each} for each in providers]
    hub.tell("account", signin={"providers": shown, "passkeys": passkeys}, signedIn=False)


def test_providers_and_passkeys_are_offered_where_there_are_any(visit, hub, faults):
    offer(hub, "Corp")
    page = visit("/identity")

    link = page.get_by_role("link", name="Sign in with Corp")
    expect(link).to_have_attribute("href", "/api/v1/signin/oidc/corp?next=%2Fidentity")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    faults.allow_refusals()


def test_where_there_is_nothing_else_nothing_else_is_offered(visit, hub, faults):
    offer(hub, passkeys="passkeys are bound to a host name")
    page = visit("/nodes")

    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="passkey")).to_have_count(0)
    expect(page.get_by_text("or", exact=True)).to_have_count(0)
    faults.allow_refusals()


def test_a_provider_that_did_not_let_one_in_is_told_and_one_goes_on_at_the_first_page(
    visit, hub, faults
):
    offer(hub, "Corp")
    page = visit("/sign-in?failed=no_group")

    expect(page.get_by_role("alert")).to_contain_text("None of your groups has a role")
    link = page.get_by_role("link", name="Sign in with Corp")
    expect(link).to_have_attribute("href", "/api/v1/signin/oidc/corp?next=%2F")
    page.get_by_label("Password").fill("harbour")
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Nodes", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("/nodes$"))
    faults.allow_refusals()

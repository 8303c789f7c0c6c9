"""Account: one's own password and API tokens."""

import re

import msgspec
import pytest
from playwright.sync_api import expect

from muster.core.people.apitokens import MAX_LIFETIME
from muster.core.people.passwords import MAX_PASSWORD, MIN_PASSWORD
from muster.faces.native.apitokens import ApiTokenView
from muster.log import Secret
from muster.wire.apitoken import read_api_token

OLD, NEW = "harbour", "a lamp on the far quay"


def change_password(page, old: str, new: str, again: str | None = None) -> None:
    page.get_by_label("Present password").fill(old)
    page.get_by_label("New password", exact=True).fill(new)
    page.get_by_label("New password again").fill(new if again is None else again)
    page.get_by_role("button", name="Change the password").click()


def tokens(page):
    return page.get_by_role("region", name="API tokens")


def make_token(page, name: str):
    page.get_by_role("button", name="New API token").click()
    dialog = page.get_by_role("dialog", name="New API token")
    dialog.get_by_label("Name").fill(name)
    return dialog


def test_the_account_menu_leads_here(visit):
    page = visit("/nodes")
    page.get_by_role("button", name="Account: admin").click()
    page.get_by_role("menuitem", name="Password, passkeys, API tokens").click()

    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    expect(page.get_by_text("You are admin, admin of Harbour Lab.")).to_be_visible()
    expect(page).to_have_url(re.compile("/account$"))


def test_a_changed_password_ends_the_sessions_and_says_so(visit, faults):
    page = visit("/account")
    expect(page.get_by_text("The change ends every session of yours")).to_be_visible()
    change_password(page, OLD, NEW)

    expect(page.get_by_role("heading", name="Sign in to Muster")).to_be_visible()
    expect(page.get_by_text("All your sessions have ended")).to_be_visible()
    page.get_by_label("Password").fill(NEW)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    faults.allow_refusals()


def test_a_wrong_old_password_is_told_at_its_own_field(visit, faults):
    page = visit("/account")
    change_password(page, "guess", NEW)

    old = page.get_by_label("Present password")
    expect(old).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("This is not your present password")
    expect(old).to_have_value("guess")
    faults.allow_refusals()


def test_new_passwords_are_checked_on_leaving_the_field_not_before(visit):
    page = visit("/account")
    new = page.get_by_label("New password", exact=True)
    new.click()
    new.press_sequentially("short")
    expect(page.get_by_role("alert")).to_have_count(0)
    new.press("Tab")

    expect(page.get_by_role("alert")).to_contain_text(f"5 of at least {MIN_PASSWORD}")
    change_password(page, OLD, NEW, "a lamp on the near quay")
    expect(page.get_by_role("alert")).to_contain_text("The two differ")
    expect(page.get_by_text(f"{MIN_PASSWORD} to {MAX_PASSWORD} characters")).to_be_visible()


def test_tokens_show_role_end_and_last_use_and_only_ones_own(visit):
    page = visit("/account")
    rows = tokens(page).get_by_role("row")
    expect(rows).to_have_count(3)

    expect(rows.nth(1)).to_contain_text(re.compile(r"laptop.*Admin.*\d\d:\d\d.*in 69 d"))
    expect(rows.nth(2)).to_contain_text(re.compile(r"night backup.*Viewer.*never.*in 5 d"))
    tokens(page).get_by_role("button", name="Everybody's").click()
    expect(rows.nth(3)).to_contain_text(re.compile("wall screen.*watch"))
    tokens(page).get_by_role("button", name="Ended 1").click()
    expect(rows.nth(1)).to_contain_text(re.compile("old script.*revoked"))


def test_a_made_token_is_shown_once_and_copied_whole(visit, says_after):
    page = visit("/account")
    dialog = make_token(page, "quay script")
    dialog.get_by_text("30 days").click()
    dialog.get_by_role("button", name="Make quay script").click()
    expect(tokens(page).get_by_role("status")).to_contain_text("shown this once")
    says_after(tokens(page).get_by_role("button", name="Copy").click, page, "Copied")

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".code mark").inner_text()
    expect(tokens(page).get_by_role("row").nth(1)).to_contain_text(
        re.compile("quay script.*Viewer.*in (29|30) d")
    )
    tokens(page).get_by_role("button", name="I have it").click()
    expect(page.locator("mark")).to_have_count(0)


def test_another_lifetime_is_read_on_leaving_and_a_bad_one_makes_nothing(visit, hub):
    page = visit("/account")
    dialog = make_token(page, "x")
    dialog.get_by_text("Other", exact=True).click()
    field = dialog.get_by_label("Lifetime: other")
    expect(field).to_have_value("90 days")
    field.fill("3 moons")
    dialog.get_by_role("button", name="Make x").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("“3 moons” is no time span")
    field.fill("2 years")
    field.press("Tab")
    expect(dialog.get_by_role("alert").first).to_contain_text(
        f"At most {MAX_LIFETIME.days} d: a token nobody thinks of"
    )
    assert len(hub.get("/api-tokens")) == 4
    field.fill("36 h")
    dialog.get_by_role("button", name="Make x").click()
    expect(dialog).to_be_hidden()

    made = hub.get("/api-tokens")[0]
    assert made["expires_ns"] - made["created_ns"] == pytest.approx(36 * 3600e9)


def test_a_token_is_at_most_what_its_owner_is(visit, hub):
    hub.tell("account", role="viewer")
    page = visit("/account")
    expect(tokens(page).get_by_role("button", name="Everybody's")).to_have_count(0)
    dialog = make_token(page, "x")

    expect(dialog.get_by_role("radio", name="Viewer")).to_be_checked()
    expect(dialog.get_by_role("radio", name="Admin")).to_have_count(0)


def test_a_token_is_revoked_after_a_question_that_names_it(visit, hub):
    page = visit("/account")
    tokens(page).get_by_role("row", name="laptop").get_by_role("button", name="Revoke…").click()
    dialog = page.get_by_role("dialog", name="Revoke laptop?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    dialog.get_by_role("button", name="Revoke laptop").click()
    expect(tokens(page).get_by_role("button", name="Ended 2")).to_be_visible()

    states = {token["name"]: token["state"] for token in hub.get("/api-tokens")}
    assert states["laptop"] == "revoked"


def test_tokens_that_cannot_be_read_say_why(visit, hub, faults):
    hub.tell("fail", path="/api-tokens", status=503, times=1)
    page = visit("/account")
    expect(page.get_by_role("alert")).to_contain_text("The API tokens could not be read")
    page.get_by_role("button", name="Try again").click()

    expect(tokens(page)).to_contain_text("laptop")
    faults.allow_refusals()


def test_the_invented_hub_answers_in_the_shapes_of_the_real_one(visit, hub):
    page = visit("/account")
    make_token(page, "x").get_by_role("button", name="Make x").click()
    text = page.locator(".code mark").inner_text()

    assert read_api_token(Secret(text))
    assert len(msgspec.convert(hub.get("/api-tokens"), list[ApiTokenView])) == 5


def test_a_token_is_bound_to_rooms_and_actions(visit, hub):
    page = visit("/account")
    dialog = make_token(page, "wall")
    dialog.get_by_text("Bound it further").click()
    dialog.get_by_role("group", name="In these rooms alone").get_by_text("Edge").click()
    dialog.get_by_role("group", name="For this alone").get_by_text("Read values").click()
    expect(dialog).to_contain_text("--role viewer --ttl 90d --user admin")
    expect(dialog).to_contain_text("--action data.read --room Edge")
    dialog.get_by_role("button", name="Make wall").click()
    expect(tokens(page)).to_contain_text("only read values; only in Edge")

    made = next(each for each in hub.get("/api-tokens") if each["name"] == "wall")
    assert made["actions"] == ["data.read"]
    assert len(made["rooms"]) == 1


CORP = {"name": "corp", "label": "Harbour ID"}
LINKED = {
    "id": "a1", "provider": "corp", "label": "Harbour ID", "linked": True,
    "created_ns": 1_700_000_000_000_000_000, "used_ns": 0,
}  # fmt: skip


def ways(page):
    return page.get_by_role("region", name="Ways to sign in")


def test_a_hub_without_providers_has_no_ways_to_show(visit):
    page = visit("/account")
    expect(page.get_by_label("Present password")).to_be_visible()

    expect(ways(page)).to_have_count(0)


def test_a_link_is_begun_after_the_passkey_and_leads_to_the_provider(visit, hub):
    hub.tell("account", ways={"has_password": True, "identities": [], "providers": [CORP]})
    page = visit("/account")
    with page.expect_request("**/api/v1/signin/oidc/corp?**") as left:
        page.route("**/api/v1/signin/oidc/**", lambda route: route.fulfill(body="the provider"))
        ways(page).get_by_role("button", name="Link Harbour ID").click()

    assert left.value.url.endswith("/signin/oidc/corp?link=1&next=%2Faccount")


def test_a_link_that_failed_says_why(visit, hub):
    hub.tell("account", ways={"has_password": True, "identities": [], "providers": [CORP]})
    page = visit("/account?failed=linked_elsewhere")

    expect(ways(page).get_by_role("alert")).to_contain_text("belongs to another user")


def test_a_linked_identity_is_unlinked_and_the_one_that_made_the_user_is_not(visit, hub):
    made = {**LINKED, "id": "b2", "label": "Old ID", "linked": False}
    shown = {"has_password": True, "identities": [LINKED, made], "providers": [CORP]}
    hub.tell("account", ways=shown)
    page = visit("/account")
    expect(ways(page).get_by_text("made you a user here")).to_be_visible()
    ways(page).get_by_role("button", name="Unlink").click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink Harbour ID").click()

    expect(ways(page).get_by_text("linked by you")).to_have_count(0)
    expect(ways(page).get_by_text("Old ID")).to_be_visible()


def test_who_has_no_password_sets_one_without_an_old_one(visit, hub):
    hub.tell("account", ways={"has_password": False, "identities": [], "providers": []})
    page = visit("/account")
    page.get_by_label("New password", exact=True).fill(NEW)
    expect(page.get_by_label("Present password")).to_have_count(0)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Set a password").click()

    expect(page.get_by_label("Present password")).to_be_visible()
    expect(page.get_by_role("button", name="Change the password")).to_be_visible()

"""Identity: authority, tokens, people, audit."""

from playwright.sync_api import expect


def test_what_the_hub_trusts_is_shown_with_its_pins(visit):
    page = visit("/identity")

    expect(page.get_by_role("region", name="Certificate authority")).to_contain_text(
        "Muster Root CA"
    )
    expect(page.locator(".fp").first).to_be_visible()


def test_a_token_is_ended_after_a_question_that_names_it(visit, hub):
    page = visit("/connect?uses=10")
    page.get_by_role("button", name="Make the line").click()
    expect(page.locator("mark")).to_be_visible()
    page.goto(f"{hub.url}/identity")
    tokens = page.get_by_role("region", name="Claim tokens")
    tokens.get_by_role("button", name="End now").click()
    page.get_by_role("dialog").get_by_role("button", name="End mst1.").click()

    expect(tokens).to_contain_text("No token is usable now")
    tokens.get_by_role("button", name="Ended 1").click()
    expect(tokens.get_by_role("row").nth(1)).to_contain_text("ended")


def test_an_admin_makes_a_user(visit, hub):
    page = visit("/identity")
    page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("mate")
    dialog.get_by_label("Password").fill("a long enough one")
    dialog.get_by_text("Editor", exact=True).click()
    dialog.get_by_role("button", name="Make mate").click()

    expect(page.get_by_role("region", name="People")).to_contain_text("mate")
    assert next(user for user in hub.get("/users") if user["name"] == "mate")["role"] == "editor"


def test_what_was_done_is_in_the_audit_log(visit):
    page = visit("/identity")

    expect(page.get_by_role("region", name="Audit log")).to_contain_text("session.create")

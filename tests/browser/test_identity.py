"""Identity: tokens. The authority has a file of its own."""

from playwright.sync_api import expect


def test_a_token_is_ended_after_a_question_that_names_it(visit, hub):
    hub.tell("nobody-joins")
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

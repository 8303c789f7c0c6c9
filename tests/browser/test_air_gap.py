"""Air gap: a request pasted, judged and signed; the answer as text and as codes."""

import re

import pytest
from playwright.sync_api import expect

REQUEST = "-----BEGIN MUSTER REQUEST-----\nZm9y\n=abc\n-----END MUSTER REQUEST-----\n"


def paste(page, text=REQUEST):
    page.get_by_label("The text, or the lines of its codes in any order").fill(text)


def test_a_request_is_shown_before_anything_is_signed(visit, hub):
    page = visit("/connect/air-gap")
    expect(page.get_by_text("muster agent request > request.txt")).to_be_visible()
    paste(page)
    card = page.get_by_role("article", name="Request of vault-01")
    expect(card).to_contain_text("it becomes a new node of Harbour Lab")
    expect(card.get_by_role("list", name="Evidence")).to_contain_text("a machine id")

    assert all(node["name"] != "vault-01" for node in hub.get("/nodes"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "No MUSTER REQUEST in this text"),
        (REQUEST[:40], "Cut short: its line -----END … is missing; copy all of it."),
    ],
)
def test_a_text_that_is_none_says_what_is_missing(visit, faults, text, said):
    faults.allow_refusals()
    page = visit("/connect/air-gap")
    paste(page, text)

    expect(page.get_by_role("alert")).to_contain_text(said)


def test_a_request_is_signed_under_a_name_into_a_room(visit, hub):
    page = visit("/connect/air-gap")
    paste(page)
    page.get_by_label("Name", exact=True).fill("safe-01")
    page.get_by_role("button", name="Lab", exact=True).click()
    page.get_by_label("Certificate lives").fill("30 d")
    expect(page.locator(".cli code")).to_have_text(
        "muster sign --room Lab --name safe-01 --lifetime 30d request.txt > response.txt"
    )
    page.get_by_role("button", name="Sign for safe-01").click()

    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("safe-01 is signed")
    expect(answer).to_contain_text("-----BEGIN MUSTER RESPONSE-----")
    with page.expect_download() as waiting:
        answer.get_by_role("button", name="Save response.txt").click()
    assert waiting.value.path().read_text().startswith("-----BEGIN MUSTER RESPONSE-----")


def test_the_answer_is_shown_as_numbered_codes(visit):
    page = visit("/connect/air-gap")
    paste(page)
    page.get_by_role("button", name="Sign for vault-01").click()
    page.get_by_text("2 QR codes").click()
    expect(page.get_by_role("img", name="Code 1 of 2")).to_be_visible()
    page.get_by_role("button", name="The next code").click()

    expect(page.get_by_role("img", name="Code 2 of 2")).to_be_visible()


def modules_of(path):
    """The square that a path of strokes fills, without its margin."""
    strokes = [tuple(map(int, each)) for each in re.findall(r"M(\d+) (\d+)h(\d+)", path)]
    size = max(y for _, y, _ in strokes) + 1 - 4
    square = [[0] * size for _ in range(size)]
    for x, y, length in strokes:
        for step in range(length):
            square[y - 4][x - 4 + step] = 1
    return square


def test_a_code_is_drawn_as_another_program_draws_it(visit):
    segno = pytest.importorskip("segno")
    page = visit("/connect/air-gap")
    paste(page)
    with page.expect_response("**/air-gap/sign") as waiting:
        page.get_by_role("button", name="Sign for vault-01").click()
    page.get_by_text("2 QR codes").click()
    drawn = modules_of(page.locator(".qr path").get_attribute("d"))

    text = waiting.value.json()["codes"][0]
    options = {"error": "L", "mode": "alphanumeric", "boost_error": False, "micro": False}
    theirs = [segno.make(text, mask=mask, **options).matrix for mask in range(8)]
    assert drawn in [[list(row) for row in matrix] for matrix in theirs]


def test_a_request_is_taken_from_a_file(visit):
    page = visit("/connect/air-gap")
    file = {"name": "request.txt", "mimeType": "text/plain", "buffer": REQUEST.encode()}
    page.locator("input[type=file]").set_input_files(file)

    expect(page.get_by_role("article", name="Request of vault-01")).to_be_visible()


def test_who_is_no_admin_signs_nothing(visit, hub):
    hub.tell("account", role="editor")
    page = visit("/connect/air-gap")

    expect(page.get_by_text("Only an admin answers requests")).to_be_visible()

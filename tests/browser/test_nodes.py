"""The table of nodes."""

import re

import pytest
from playwright.sync_api import expect

PHONE = (390, 844)


def names(page) -> list[str]:
    return page.locator(".nodes .name a").all_inner_texts()


def row(page, name: str):
    return page.locator(".nodes tbody tr", has=page.get_by_role("link", name=name, exact=True))


def scroll_to(page, px: int) -> None:
    expect(page.locator(".nodes tbody tr").nth(9)).to_be_visible()
    page.evaluate(f"scrollTo(0, {px})")


def test_problems_come_first_and_the_roll_call_has_a_stroke_for_each_node(visit):
    page = visit("/nodes")
    expect(row(page, "pilot-db").locator(".c-disk b")).to_have_text(re.compile(r"\d+\s%"))

    shown = names(page)
    assert shown[:2] == ["winch-plc", "tide-gauge-3"]
    assert set(shown[2:4]) == {"pilot-db", "store-a"}  # past a limit
    assert shown[-1] == "old-ferry"
    expect(page.locator(".roll li")).to_have_count(16)
    expect(page.get_by_role("region", name="Roll call")).to_contain_text("11live")


def test_a_node_without_values_gives_its_columns_to_its_cause_and_the_next_step(visit):
    page = visit("/nodes")
    offline = row(page, "winch-plc")
    expect(offline).to_contain_text("No contact since")
    offline.get_by_role("button", name="What to check").click()

    expect(page.get_by_role("dialog")).to_contain_text("muster doctor")
    page.keyboard.press("Escape")
    expect(row(page, "loft-nas")).to_contain_text("never connected")
    expect(row(page, "old-ferry")).to_contain_text("Decommissioned")


def test_a_node_that_was_renamed_says_why(visit):
    page = visit("/nodes")

    expect(row(page, "quay-02-2")).to_contain_text("renamed, quay-02 was taken")


def test_numbers_move_by_themselves_and_rows_hold_still(visit):
    page = visit("/nodes")
    cell = row(page, "pilot-db").locator(".c-net .sub")
    expect(cell).to_have_text(re.compile("MB/s"))
    before, order = cell.inner_text(), names(page)
    expect(cell).not_to_have_text(before)

    assert names(page) == order


def test_filter_states_and_sort_are_in_the_address_and_come_back_with_it(visit, becomes):
    page = visit("/nodes")
    page.get_by_role("button", name="CPU").click()
    page.locator(".filters").get_by_role("button", name="Live").click()
    page.keyboard.press("/")
    page.keyboard.type("debian 13")
    expect(page).to_have_url(re.compile(r"sort=-cpu.*"))
    expect(page.locator(".filters .end")).to_have_text(re.compile(r"^6 of 16$|^7 of 16$"))
    expect(page).to_have_url(re.compile("q=debian"))
    before = names(page)
    page.reload()

    expect(page.locator("#filter")).to_have_value("debian 13")
    expect(page.locator(".nodes tbody tr")).to_have_count(len(before))
    becomes(lambda: set(names(page)), set(before))
    page.go_back()
    page.go_back()
    expect(page.locator(".nodes tbody tr")).to_have_count(16)


def test_a_room_shows_its_own_nodes_only(visit):
    page = visit("/nodes")
    page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Storage").click()

    expect(page.get_by_role("heading", name="Storage")).to_be_visible()
    expect(page.locator(".nodes tbody tr")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/nodes\?room=Storage$"))


def test_a_filter_without_hits_names_itself_and_offers_to_be_cleared(visit):
    page = visit("/nodes?q=nowhere")
    expect(page.get_by_text("No node matches “nowhere”")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()

    expect(page.locator(".nodes tbody tr")).to_have_count(16)


def test_an_empty_hub_points_to_connect(visit, hub):
    hub.tell("reset", nodes=0)
    page = visit("/nodes?sort=name")

    expect(page.get_by_text("No nodes yet")).to_be_visible()
    expect(page.locator(".empty").get_by_role("link", name="Connect a node")).to_be_visible()


def test_keys_move_a_mark_and_open_the_node(visit):
    page = visit("/nodes")
    expect(page.locator(".nodes tbody tr")).to_have_count(16)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator("tr.current")).to_have_count(1)
    marked = page.locator("tr.current .name a").inner_text()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=marked)).to_be_visible()


def test_nodes_that_cannot_be_read_say_why_and_can_be_asked_for_again(visit, hub, faults):
    hub.tell("fail", path="/nodes", status=503, times=2)
    page = visit("/nodes")
    expect(page.get_by_role("alert")).to_contain_text("the series store does not answer")
    hub.tell("reset")
    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".nodes tbody tr")).to_have_count(16)
    faults.allow_refusals()


def test_no_page_takes_nodes_that_cannot_be_read_for_none(visit, hub, faults):
    """A page of one node, the credentials of all, and the counts beside every page."""
    node = hub.node("pilot-db")["id"]
    hub.tell("fail", path="/nodes", status=503, times=99)
    for address, title in (
        (f"/nodes/{node}", "The node could not be read"),
        ("/identity", "The credentials could not be read"),
    ):
        page = visit(address)
        alert = page.get_by_role("alert").filter(has_text=title)
        expect(alert.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.locator("a.room .count").first).to_have_text("\N{EN DASH}")
        expect(page.get_by_text("No node holds a credential yet")).to_have_count(0)
    hub.tell("reset")
    alert.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("region", name="Credentials")).to_contain_text("ws-chart")
    expect(page.locator("a.room .count").first).to_have_text("16")
    faults.allow_refusals()


def test_a_lost_connection_is_told_and_heals_by_itself(visit, hub, faults):
    page = visit("/nodes")
    expect(page.locator(".nodes tbody tr")).to_have_count(16)
    hub.tell("fail-live", times=1_000)  # until the page was seen to say so
    hub.tell("drop")

    expect(page.get_by_text("The hub does not answer")).to_be_visible()
    expect(page.locator(".nodes tbody tr")).to_have_count(16)  # what was known stays
    hub.tell("fail-live", times=0)
    expect(page.get_by_text("The hub does not answer")).to_be_hidden()
    faults.allow_refusals()


def test_a_change_of_state_shows_without_asking(visit, hub):
    page = visit("/nodes")
    expect(row(page, "quay-01")).to_contain_text("Live")
    hub.tell("node", name="quay-01", change={"state": "offline"})

    expect(row(page, "quay-01")).to_contain_text("No contact since")


def test_revoking_names_the_node_and_wants_a_reason(visit):
    page = visit("/nodes")
    page.get_by_role("button", name="Actions for quay-01").click()
    page.get_by_role("menuitem", name="Revoke…").click()
    dialog = page.get_by_role("dialog", name="Revoke quay-01?")
    expect(dialog).to_contain_text("Its link is cut within a second")
    dialog.get_by_label("Reason").fill("sold")
    expect(dialog).to_contain_text("muster node revoke quay-01 --reason sold")
    dialog.get_by_role("button", name="Revoke quay-01").click()

    expect(dialog).to_be_hidden()
    expect(row(page, "quay-01")).to_contain_text("Revoked")
    row(page, "quay-01").get_by_role("link", name="quay-01").click()
    credential = page.get_by_role("region", name="Credential")
    expect(credential).to_contain_text("Revoked")
    expect(credential.get_by_role("img", name="renews")).to_have_count(0)


def test_removing_asks_first_with_the_focus_on_the_safe_button(visit, says_after):
    page = visit("/nodes")
    row(page, "old-ferry").get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove old-ferry?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    remove = dialog.get_by_role("button", name="Remove old-ferry")
    says_after(remove.click, page, "old-ferry is removed")

    expect(row(page, "old-ferry")).to_have_count(0)


def test_a_deed_that_fails_keeps_its_dialog_and_says_why(visit, faults):
    page = visit("/nodes")
    page.get_by_role("button", name="Actions for quay-01").click()
    page.get_by_role("menuitem", name="Rename…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("store-a")
    dialog.get_by_role("button", name="Rename to store-a").click()

    expect(dialog.get_by_role("alert")).to_contain_text("another node is called store-a")
    expect(dialog.get_by_label("Name")).to_have_value("store-a")
    faults.allow_refusals()


def test_a_thousand_nodes_draw_only_the_rows_near_the_screen(visit, hub):
    hub.tell("reset", nodes=1000)
    page = visit("/nodes?sort=node")
    expect(page.locator(".filters .end")).to_have_text(re.compile("1.000 of 1.000"))
    assert page.locator(".nodes tbody tr").count() < 80
    assert page.locator(".roll li").count() <= 120
    title, more = page.get_by_role("heading", name="Nodes"), page.locator(".pagehead .btn.primary")
    assert more.bounding_box()["x"] > title.bounding_box()["x"] + 1000, "all in one line"
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")

    last = page.get_by_role("link", name="ws-drawing", exact=True)
    expect(last).to_be_visible()
    assert page.locator(".nodes tbody tr").count() < 80


def test_the_first_nodes_of_many_are_shown_while_the_others_are_read(visit, hub):
    page = visit("/nodes")
    held = []
    page.route("**/api/v1/nodes?limit=10000&*", lambda route: held.append(route))
    hub.tell("reset", nodes=1000)
    page.reload()
    count = page.locator(".filters .end")
    expect(count).to_have_text("500 of 500 read so far")
    expect(page.locator(".nodes tbody tr").first).to_be_visible()
    held[-1].continue_()  # the page of before may have asked as well

    expect(count).to_have_text(re.compile("^1.000 of 1.000$"))


def test_a_roll_call_longer_than_a_phone_is_wide_widens_no_page(visit, fits):
    page = visit("/nodes", size=PHONE)
    strokes = page.get_by_role("region", name="Roll call").locator("li")
    expect(strokes).to_have_count(16)
    strokes.last.evaluate(
        "(last) => { for (let n = 0; n < 40; n += 1) last.after(last.cloneNode(true)) }"
    )

    fits(page)


def test_on_a_phone_a_row_is_a_card_and_nothing_scrolls_sideways(visit, fits):
    page = visit("/nodes", size=PHONE)
    expect(row(page, "pilot-db").locator(".c-disk b")).to_have_text(re.compile(r"\d+\s%"))

    expect(page.locator(".nodes thead")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main, small screens")).to_be_visible()
    counts = page.locator(".tally button")
    assert min(each.bounding_box()["height"] for each in counts.all()) >= 32
    fits(page)


def test_a_scrolled_row_keeps_its_own_focus_and_gives_it_to_no_other_node(visit, hub, becomes):
    hub.tell("reset", nodes=1000)
    page = visit("/nodes?sort=node")
    scroll_to(page, 8000)
    link = page.get_by_role("link", name="node-0200", exact=True)
    link.focus()
    page.evaluate("scrollBy(0, 200)")
    expect(page.get_by_role("link", name="node-0215", exact=True)).to_be_visible()
    expect(link).to_be_focused()
    page.evaluate("scrollTo(0, 20000)")
    expect(page.get_by_role("link", name="node-0490", exact=True)).to_be_visible()

    becomes(lambda: page.evaluate("document.activeElement.tagName"), "BODY")


def test_the_menu_of_a_row_is_that_of_its_node_also_after_scrolling(visit, hub):
    hub.tell("reset", nodes=1000)
    page = visit("/nodes?sort=node")
    scroll_to(page, 20000)
    button = page.get_by_role("button", name="Actions for node-0490")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("menuitem", name="Copy id")).to_be_focused()
    button.click()
    expect(page.get_by_role("menu")).to_be_hidden()
    page.get_by_role("button", name="Actions for node-0491").click()
    page.get_by_role("menuitem", name="Rename…").click()

    expect(page.get_by_role("dialog", name="Rename node-0491")).to_be_visible()


def test_the_table_stays_a_table_for_screen_readers(visit, becomes):
    page = visit("/nodes")
    table = page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(17)

    expect(table.get_by_role("columnheader")).to_have_count(10)
    expect(table.get_by_role("rowheader", name="pilot-db")).to_be_visible()
    # In one look: the table is laid out anew when its first numbers come.
    becomes(
        lambda: page.evaluate(
            """() => {
                const lefts = (selector) => [...document.querySelector(selector).children]
                    .map((cell) => cell.getBoundingClientRect().x).join();
                return lefts(".nodes tr.live") === lefts(".nodes thead tr");
            }"""
        ),
        True,
    )


@pytest.mark.parametrize("width", [1440, 1400, 1280, 1200, 1180, 1024])
def test_no_column_of_the_table_is_squeezed_away(visit, width):
    page = visit("/nodes", size=(width, 800))
    expect(row(page, "quay-01").locator(".c-disk b")).to_have_text(re.compile(r"\d+\s%"))
    widths = page.evaluate(
        "[...document.querySelectorAll('.nodes thead th')]"
        ".map((head) => head.getBoundingClientRect().width).filter((wide) => wide)"
    )

    assert min(widths[:-1]) >= 56, widths

"""A node's page: identity, sections, charts."""

import re

from playwright.sync_api import expect


def chart(page, name: str):
    head = page.get_by_role("heading", name=name, exact=True)
    return page.locator("article.chart").filter(has=head)


def open_node(visit, hub, name: str, query: str = "", **options):
    page = visit(f"/nodes/{hub.node(name)['id']}{query}", **options)
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    return page


def with_values(page, name: str):
    found = chart(page, name)
    expect(found.locator(".legend b").first).to_have_text(re.compile(r"\d"))
    return found


def test_identity_stands_above_the_charts(visit, hub):
    page = open_node(visit, hub, "pilot-db")

    expect(page.locator(".ident")).to_contain_text("Proved by certificate")
    expect(page.locator(".ident")).to_contain_text(hub.node("pilot-db")["id"])
    expect(page.locator(".ident")).to_contain_text("155 renewals since")
    expect(page.locator(".life svg")).to_have_attribute("aria-label", re.compile("renews about"))


def test_charts_move_once_a_second(visit, hub):
    page = open_node(visit, hub, "pilot-db")
    value = with_values(page, "Utilisation").locator(".legend b").first
    before = value.inner_text()

    expect(value).not_to_have_text(before)


def test_only_charts_on_the_screen_are_fed(visit, hub):
    page = open_node(visit, hub, "pilot-db")
    with_values(page, "Utilisation")
    first = {query["select"]["measurement"] for query in hub.tell("watched")}
    page.get_by_role("navigation", name="Sections").get_by_role(
        "link", name="System", exact=True
    ).click()
    with_values(page, "Entropy")
    expect(page).to_have_url(re.compile("#system$"))
    page.wait_for_function(
        "async () => !(await (await fetch('/mock/watched', {method: 'POST', body: '{}'})).json())"
        ".some(query => query.select.fields.includes('load1'))"
    )

    assert "cpu" in first and "netstat" not in first


def test_a_gap_is_a_gap_in_words_too(visit, hub):
    page = open_node(visit, hub, "pilot-db", "?range=15m")
    with_values(page, "Load")

    expect(chart(page, "Load").get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("One gap of 3 min")
    )


def test_a_container_made_anew_is_marked_in_its_charts(visit, hub):
    page = open_node(visit, hub, "pilot-db", "?range=15m")
    found = with_values(page, "Load")
    words = "container recreated (2 starts)"

    expect(found.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(rf"Marked: {re.escape(words)} at \d\d:\d\d\.")
    )
    found.focus()
    page.keyboard.press("m")

    expect(found.locator(".pill")).to_contain_text(words)


def test_the_cursor_means_the_same_moment_in_all_charts(visit, hub):
    page = open_node(visit, hub, "pilot-db")
    with_values(page, "Load")
    with_values(page, "Utilisation").locator(".u-over").hover()

    expect(chart(page, "Load").locator(".pill")).to_be_visible()
    # Looked at in one moment: the charts move on every second.
    page.wait_for_function(
        """() => {
            const head = [...document.querySelectorAll("article.chart h3")]
                .find((each) => each.textContent === "Utilisation");
            const pill = head?.closest("article").querySelector(".pill")?.textContent;
            const unit = document.querySelector("article.cores .unit")?.textContent;
            return pill && unit === `% at ${pill}`;
        }"""
    )


def test_dragging_zooms_the_page_and_a_double_click_goes_back(visit, hub, drag_over):
    page = open_node(visit, hub, "pilot-db")
    with_values(page, "Load")
    drag_over(with_values(page, "Utilisation").locator(".u-over"), 100)
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    expect(page.get_by_role("button", name="Go live")).to_be_visible()
    page.reload()
    with_values(page, "Utilisation").locator(".u-over").dblclick()

    expect(page).not_to_have_url(re.compile("from="))
    expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()


def test_keys_go_back_in_time_and_to_the_present(visit, hub):
    page = open_node(visit, hub, "pilot-db")
    with_values(page, "Load")
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile("from="))
    with_values(page, "Load")
    page.keyboard.press("l")

    expect(page).not_to_have_url(re.compile("from="))


def test_a_chart_is_read_by_keyboard_and_as_a_table(visit, hub):
    page = open_node(visit, hub, "pilot-db")
    card = with_values(page, "Load")
    card.focus()
    page.keyboard.press("ArrowLeft")
    expect(card.locator(".pill")).to_be_visible()
    page.keyboard.press("v")

    expect(card.get_by_role("table")).to_contain_text("15 min")
    expect(card.get_by_role("row").nth(3)).to_be_visible()


def test_a_failed_unit_is_named(visit, hub):
    page = open_node(visit, hub, "pilot-db", "#systemd")

    expect(page.locator(".units")).to_contain_text("smartd.service")
    expect(page.locator(".units")).not_to_contain_text("cron.service")
    page.get_by_role("button", name="All 10 units").click()
    expect(page.locator(".units")).to_contain_text("cron.service")


def test_an_offline_node_says_since_when_and_what_to_do(visit, hub):
    page = open_node(visit, hub, "winch-plc")

    expect(page.locator(".note.state-offline")).to_contain_text("No contact since")
    page.get_by_role("button", name="What to check").click()
    expect(page.get_by_role("dialog")).to_contain_text("muster agent status")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show its last values").click()
    expect(page).to_have_url(re.compile("from="))


def test_a_node_that_never_spoke_has_no_empty_charts(visit, hub):
    page = open_node(visit, hub, "loft-nas")

    expect(page.get_by_text("No values yet")).to_be_visible()
    expect(page.locator("article.chart")).to_have_count(0)


def test_a_query_that_fails_says_so_in_its_chart(visit, hub, faults):
    hub.tell("fail", path="/query", status=503, times=99)
    page = open_node(visit, hub, "pilot-db", "?from=1000000000000&to=1000000900000")

    expect(chart(page, "Load")).to_contain_text("the series store does not answer")
    faults.allow_refusals()


def test_an_unknown_node_says_so(visit):
    page = visit("/nodes/4b1d")

    expect(page.get_by_text("No such node")).to_be_visible()


def test_on_a_phone_charts_stand_in_one_column(visit, hub, becomes, fits):
    page = open_node(visit, hub, "pilot-db", size=(390, 844))
    with_values(page, "Utilisation")

    lefts = (
        "[...document.querySelectorAll('article.chart')].slice(0, 3)"
        ".map((card) => card.getBoundingClientRect().left)"
    )
    becomes(lambda: len(set(page.evaluate(lefts))), 1)
    fits(page)

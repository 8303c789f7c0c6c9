"""Dashboards: the list, panels and their states, variables, editing, public links."""

import re

import pytest
from playwright.sync_api import expect


def panel(page, key: str):
    return page.locator(f'[data-panel="{key}"]')


def open_board(visit, name: str, query: str = "", **options):
    page = visit(f"/dashboards/{name}{query}", **options)
    expect(page.locator(".board-head h1")).to_be_visible()
    return page


def test_the_list_is_found_by_words_and_tags_and_the_address_keeps_both(visit, hub):
    page = visit("/dashboards")
    rows = page.locator(".boards tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name=re.compile("^sample")).click()

    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("tag=sample"))
    page.get_by_placeholder("Find by title").fill("nothing like it")
    expect(page.get_by_text("No dashboard is like that")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(2)


def test_sections_repeat_for_each_chosen_host(visit, hub):
    page = open_board(visit, "few-systems")
    heads = page.locator(".section-head h2")
    expect(heads).to_have_text(["lighthouse", "store-a", "bench-gpu"])
    expect(panel(page, "host=lighthouse/uptime").locator(".value")).to_have_text(
        re.compile(r"\d+\s*d")
    )
    chosen = page.get_by_role("group", name="Host")
    chosen.get_by_role("button", name="store-a", exact=True).click()

    expect(heads).to_have_text(["lighthouse", "bench-gpu"])
    expect(page).to_have_url(re.compile("var-host=lighthouse,bench-gpu"))
    page.go_back()
    expect(heads).to_have_text(["lighthouse", "store-a", "bench-gpu"])


def test_past_its_limit_a_value_is_marked_and_says_which(visit, hub):
    page = open_board(visit, "few-systems")
    load = panel(page, "host=bench-gpu/load")

    expect(load.locator(".value .m-crit")).to_be_visible()
    expect(load).to_contain_text("limit 10")
    expect(panel(page, "host=lighthouse/load").locator(".value .m")).to_have_count(0)


def test_one_refused_query_leaves_the_other_panels_alone(visit, hub):
    page = open_board(visit, "kinds")

    expect(panel(page, "/broken")).to_contain_text("Not answered. Error parsing query")
    expect(panel(page, "/lines").locator(".legend b").first).to_have_text(re.compile(r"\d"))
    expect(panel(page, "/histogram").locator("ol li").first).to_be_attached()
    expect(panel(page, "/heat").locator("svg path").first).to_be_attached()
    expect(panel(page, "/states").locator(".run").first).to_be_attached()
    expect(panel(page, "/table").locator("tbody tr").first).to_be_visible()


def test_html_in_a_text_stays_text(visit, hub):
    page = open_board(visit, "kinds")
    text = panel(page, "/text")

    expect(text).to_contain_text("HTML stays text: <b>no</b>")
    expect(text.locator("script, li b")).to_have_count(0)
    expect(text.get_by_role("link", name="link to the nodes")).to_have_attribute("href", "/nodes")


def test_a_failed_refresh_keeps_the_last_answer_and_says_since_when(visit, hub, faults):
    faults.allow_refusals()
    page = open_board(visit, "kinds")
    expect(panel(page, "/stat").locator(".value b")).to_have_text(re.compile(r"\d"))
    hub.tell("fail", path="/influx/query", times=-1, text="the series store does not answer")
    page.keyboard.press("r")

    trouble = panel(page, "/stat").locator(".trouble")
    expect(trouble).to_have_attribute("aria-label", re.compile("Not answered since .*store"))
    expect(panel(page, "/stat").locator(".value b")).to_have_text(re.compile(r"\d"))


def test_a_slow_panel_keeps_no_other_waiting_and_says_for_how_long(visit, hub):
    hub.tell("slow", words="load1", ms=600_000)
    page = open_board(visit, "kinds")

    expect(panel(page, "/stat")).to_contain_text(re.compile(r"waiting, \d+ s"))
    expect(panel(page, "/lines").locator(".legend b").first).to_have_text(re.compile(r"\d"))
    expect(panel(page, "/heat").locator("svg path").first).to_be_attached()
    expect(panel(page, "/states").locator(".run").first).to_be_attached()


def test_only_panels_on_the_screen_ask(visit, hub):
    page = open_board(visit, "few-systems", size=(1440, 420))
    expect(panel(page, "host=lighthouse/uptime").locator(".value b")).to_have_text(
        re.compile(r"\d")
    )
    expect(panel(page, "host=lighthouse/chart").locator(".legend b").first).to_have_text(
        re.compile(r"\d")
    )
    below = panel(page, "host=bench-gpu/uptime")
    expect(below.locator(".value")).to_have_count(0)
    below.scroll_into_view_if_needed()

    expect(below.locator(".value b")).to_have_text(re.compile(r"\d"))


def test_a_drag_over_a_chart_zooms_all_and_the_address_has_the_range(visit, hub, drag_over):
    page = open_board(visit, "kinds")
    expect(panel(page, "/lines").locator(".legend b").first).to_have_text(re.compile(r"\d"))
    drag_over(panel(page, "/lines").locator(".u-over"), 200)

    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    expect(page.get_by_role("button", name="Go live")).to_be_visible()


def test_one_panel_alone_has_an_address_and_escape_leads_back(visit, hub):
    page = open_board(visit, "few-systems", "?panel=host%3Dstore-a%2Fchart")
    expect(page.locator(".panel")).to_have_count(1)
    expect(page.locator(".panel .legend b").first).to_have_text(re.compile(r"\d"))
    page.keyboard.press("Escape")

    expect(page.locator(".section-head")).to_have_count(3)


def test_a_panel_shows_its_query_and_saves_its_numbers(visit, hub):
    page = open_board(visit, "kinds")
    table = panel(page, "/table")
    expect(table.locator("tbody tr").first).to_be_visible()
    table.hover()
    page.get_by_role("button", name="All values: menu").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export CSV").click()
    assert download.value.path().read_bytes().startswith(b"time,host,load,uptime\r\n")
    page.get_by_role("button", name="All values: menu").click()
    page.get_by_role("menuitem", name="View query").click()

    expect(page.get_by_role("dialog", name=re.compile("asks"))).to_contain_text('FROM "system"')


def test_a_head_of_a_table_sorts_it(visit, hub):
    page = open_board(visit, "kinds")
    head = panel(page, "/table").get_by_role("columnheader", name="load")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()

    expect(head).to_have_attribute("aria-sort", "ascending")


def test_panels_move_and_resize_by_key_and_undo_takes_it_back(visit, hub):
    page = open_board(visit, "kinds", "?edit=1")
    gauge = panel(page, "/gauge")
    gauge.focus()
    before = gauge.get_attribute("style")
    page.keyboard.press("Shift+ArrowRight")
    expect(gauge).to_have_attribute("style", re.compile("--w: 5"))
    page.keyboard.press("ArrowDown")
    expect(gauge).to_have_attribute("style", re.compile("--y: [1-9]"))
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()

    expect(gauge).to_have_attribute("style", before)
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def test_a_panel_is_dragged_by_its_head(visit, hub):
    page = open_board(visit, "kinds", "?edit=1")
    stat = panel(page, "/stat")
    expect(stat.locator(".value b")).to_have_text(re.compile(r"\d"))
    head = stat.locator("header")
    head.hover(position={"x": 20, "y": 8})  # wherever it has come to lie
    page.mouse.down()
    box = head.bounding_box()
    page.mouse.move(box["x"] + 20 - 4 * 48, box["y"] + 8, steps=6)
    page.mouse.up()

    expect(stat).to_have_attribute("style", re.compile("--x: 12"))
    expect(panel(page, "/gauge")).to_have_attribute("style", re.compile("--y: 4"))


def test_a_new_panel_is_written_with_completion_and_saved(visit, hub, says_after):
    page = open_board(visit, "kinds", "?edit=1")
    page.get_by_role("button", name="Add a panel").click()
    page.get_by_role("menuitem", name="Single value").click()
    query = page.get_by_role("textbox", name="Query 1")
    query.fill('SELECT last("load1") FROM sys')
    page.get_by_role("option", name="system").click()
    expect(query).to_have_value('SELECT last("load1") FROM "system" ')
    page.get_by_label("Title").fill("Load now")
    page.get_by_role("button", name="Back to all panels").click()
    expect(panel(page, "/stat-2")).to_contain_text("Load now")
    save = page.get_by_role("button", name="Save")
    says_after(save.click, page, "Every kind of panel is saved")

    panels = hub.get(f"/spaces/{hub.get('/session')['space']['id']}/dashboards/kinds")["dashboard"][
        "panels"
    ]
    assert panels[-1]["title"] == "Load now"


def kept(hub, panel):
    space = hub.get("/session")["space"]["id"]
    panels = hub.get(f"/spaces/{space}/dashboards/kinds")["dashboard"]["panels"]
    return next(each for each in panels if each["id"] == panel)


def test_a_panel_asks_in_promql_with_completion_and_single_fields_look_as_one_says(
    visit, hub, says_after
):
    page = open_board(visit, "kinds", "?edit=1&panel=table")
    form = page.get_by_role("form", name="Panel")
    form.get_by_text("PromQL").click()
    query = form.get_by_role("textbox", name="Query 1")
    query.fill("cpu_usage_us")
    page.get_by_role("option", name="cpu_usage_user").click()
    form.get_by_label("Only the latest").check()
    form.get_by_label("Legend", exact=True).fill("{{host}}")
    table = page.locator("[data-panel] tbody")
    expect(table).to_contain_text("pilot-db")
    form.get_by_text("Single fields (1)").click()
    form.get_by_role("button", name="Make one different").click()
    field = form.get_by_role("group").filter(has_text="Field 2").last
    field.get_by_label("Name").fill("cpu_usage_user")
    field.get_by_label("Called").fill("Busy")
    field.get_by_label("Decimals").fill("0")
    expect(page.locator("[data-panel] thead")).to_contain_text("Busy")
    save = page.get_by_role("button", name="Save")
    says_after(save.click, page, "Every kind of panel is saved")

    panel = kept(hub, "table")
    (asked,) = panel["queries"]
    assert (asked["language"], asked["text"], asked["instant"]) == (
        "promql",
        "cpu_usage_user",
        True,
    )
    assert panel["overrides"][0]["field"] == "uptime"
    made = panel["overrides"][1]
    assert (made["field"], made["label"], made["decimals"]) == ("cpu_usage_user", "Busy", 0)


def test_words_in_place_of_values_are_seen_at_once_and_the_first_that_fits_counts(visit, hub):
    page = open_board(visit, "kinds", "?edit=1&panel=stat")
    form = page.get_by_role("form", name="Panel")
    form.get_by_text("Words for values").first.click()
    form.get_by_role("button", name="Add words").click()
    first = form.get_by_role("region", name="Words 1")
    first.get_by_label("A value that").select_option("range")
    first.get_by_label("to").fill("1000")
    first.get_by_label("is written as").fill("AWAKE")
    first.get_by_label("and is").select_option("red")
    value = page.locator("[data-panel] .value b")
    expect(value).to_have_text("AWAKE")
    form.get_by_role("button", name="Add words").click()
    second = form.get_by_role("region", name="Words 2")
    second.get_by_label("A value that").select_option("pattern")
    second.get_by_label("this pattern").fill("^[0-9]")
    second.get_by_label("is written as").fill("A NUMBER")
    expect(value).to_have_text("AWAKE")
    form.get_by_role("button", name="Words 2: before those above").click()

    expect(value).to_have_text("A NUMBER")


def test_a_new_variable_can_be_chosen_at_once(visit, hub):
    page = open_board(visit, "kinds", "?edit=1")
    page.get_by_role("button", name="Variables, sections").click()
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Name").last.fill("site")
    page.get_by_label("Its values are").last.select_option("list")
    page.get_by_label("Values", exact=True).fill("north, south")
    page.get_by_label("Values", exact=True).blur()
    page.get_by_role("button", name="Site: all").click()
    page.get_by_role("menuitemcheckbox", name="south").click()

    expect(page).to_have_url(re.compile("var-site=south"))
    expect(page.get_by_role("group", name="Site").locator(".chip")).to_have_text(["south"])


def test_who_saves_what_another_has_saved_meanwhile_is_asked(visit, hub, faults, says_after):
    faults.allow_refusals()
    page = open_board(visit, "kinds", "?edit=1")
    panel(page, "/gauge").focus()
    page.keyboard.press("Delete")
    expect(panel(page, "/gauge")).to_have_count(0)
    hub.tell("board-saved", id="kinds")
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog", name="Somebody else has saved it meanwhile")
    expect(dialog).to_be_visible()
    mine = dialog.get_by_role("button", name="Save mine over theirs")
    says_after(mine.click, page, "Yours is saved")

    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def test_what_an_import_loses_is_listed_before_anything_is_saved(visit, hub):
    page = visit("/dashboards")
    page.get_by_role("button", name="Import").click()
    page.get_by_label("Or paste it").fill('{"title": "From Grafana"}')
    page.get_by_role("button", name="Look at it").click()
    lost = page.get_by_role("region", name="Not carried over")
    expect(lost.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Import it").click()

    expect(page).to_have_url(re.compile("/dashboards/imported"))


def test_a_public_link_shows_the_dashboard_and_nothing_else(visit, hub, faults):
    faults.allow_refusals()  # nobody is signed in
    page = open_board(visit, "kinds")
    page.get_by_role("button", name="More about this dashboard").click()
    page.get_by_role("menuitem", name="Public links").click()
    page.get_by_label("For whom").fill("the lobby")
    page.get_by_role("button", name="Make a link").click()
    address = page.locator(".dialog .code pre").inner_text()
    hub.tell("account", signedIn=False)
    stranger = visit(address.removeprefix(hub.url))

    expect(stranger.get_by_role("heading", name="Every kind of panel")).to_be_visible()
    expect(panel(stranger, "/lines").locator(".legend b").first).to_have_text(re.compile(r"\d"))
    expect(stranger.get_by_role("button", name="Edit")).to_have_count(0)
    expect(stranger.locator("#rail")).to_have_count(0)


def test_on_a_phone_panels_are_one_column(visit, hub, becomes, fits):
    page = open_board(visit, "few-systems", size=(390, 844))
    expect(panel(page, "host=lighthouse/uptime").locator(".value b")).to_have_text(
        re.compile(r"\d")
    )
    panels = page.locator(".board-grid").first.locator(".panel")
    left = "panels => panels.map(panel => Math.round(panel.getBoundingClientRect().left))"

    becomes(lambda: len(set(panels.evaluate_all(left))), 1)
    fits(page)


@pytest.mark.parametrize("width", [1100, 1440])
def test_no_number_of_a_narrow_table_is_cut(visit, becomes, width):
    table = visit("/dashboards/few-systems", size=(width, 900)).get_by_label("Network").first
    expect(table.locator("td").nth(1)).to_contain_text("B/s")

    becomes(lambda: table.evaluate("it => it.scrollWidth - it.clientWidth"), 0)


def test_a_folded_section_stands_in_the_address(visit, hub):
    page = open_board(visit, "few-systems")
    expect(page.locator(".board-grid")).to_have_count(3)
    page.locator(".section-head").get_by_role("button", name="store-a", exact=True).click()
    expect(page.locator(".board-grid")).to_have_count(2)
    page.reload()

    expect(page.locator(".section-head")).to_have_count(3)
    expect(page.locator(".board-grid")).to_have_count(2)

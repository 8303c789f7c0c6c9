"""Explore: a query is written with completion, run, seen, kept in the address, and taken away."""

import json
import re

from playwright.sync_api import expect

QUERY = 'SELECT mean("usage_user") FROM "cpu" WHERE $timeFilter GROUP BY time($__interval), "host"'


def field(page):
    return page.get_by_role("textbox", name="Query")


def test_ctrl_enter_runs_and_back_leads_to_the_query_before(visit, hub):
    page = visit("/explore")
    field(page).fill(QUERY)
    field(page).press("Control+Enter")
    answer = page.get_by_role("region", name="Answer", exact=True).first
    expect(answer.locator(".legend b").first).to_have_text(re.compile(r"\d"))
    expect(answer.locator("tbody tr").first).to_be_visible()
    field(page).fill("SHOW DATABASES")
    field(page).press("Control+Enter")
    expect(answer.locator("tbody")).to_contain_text("telegraf1")
    page.go_back()

    expect(field(page)).to_have_value(QUERY)
    expect(answer.locator(".legend b").first).to_have_text(re.compile(r"\d"))


def test_tab_takes_a_completion(visit, hub):
    page = visit("/explore")
    field(page).fill('SELECT * FROM "cpu" WHERE "host" = pil')
    expect(page.get_by_role("option", name=re.compile("pilot-db"))).to_be_visible()
    field(page).press("Tab")

    expect(field(page)).to_have_value(re.compile(r"\"host\" = 'pilot-\w+' $"))


def test_a_refusal_shows_the_parsers_own_words(visit, hub):
    page = visit("/explore?q=SELEC")

    expect(page.get_by_role("alert")).to_contain_text("error parsing query: found SELEC")


def test_an_answer_goes_as_curl_csv_and_json(visit, hub):
    page = visit("/explore?q=SHOW%20DATABASES")
    expect(page.locator("tbody")).to_contain_text("telegraf1")
    menu = page.get_by_role("button", name="Copy and export")
    menu.click()
    page.get_by_role("menuitem", name="Copy as curl").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('curl ')")
    line = page.evaluate("navigator.clipboard.readText()")
    menu.click()
    with page.expect_download() as table:
        page.get_by_role("menuitem", name="Export CSV").click()
    menu.click()
    with page.expect_download() as document:
        page.get_by_role("menuitem", name="Export JSON").click()

    assert line.startswith("curl ") and "/influx/query" in line and "$MUSTER_TOKEN" in line
    assert table.value.path().read_bytes() == b"name\r\ntelegraf1\r\n"
    assert json.loads(document.value.path().read_text())[0]["series"]


def test_promql_is_asked_over_time_and_for_the_latest_and_the_address_keeps_it(visit, hub):
    page = visit("/explore")
    page.get_by_text("PromQL").click()
    expect(field(page)).to_have_value(re.compile("avg by"))
    field(page).fill("cpu_usage_user{ho")
    expect(page.get_by_role("option", name="host")).to_be_visible()
    field(page).press("Tab")
    expect(field(page)).to_have_value("cpu_usage_user{host=")
    page.get_by_role("option", name="pilot-db").click()
    expect(field(page)).to_have_value('cpu_usage_user{host="pilot-db"')
    field(page).fill("cpu_usage_user")
    field(page).press("Control+Enter")
    answer = page.get_by_role("region", name="Answer", exact=True).first
    expect(answer.locator(".legend b").first).to_have_text(re.compile(r"\d"))
    page.get_by_text("Latest", exact=True).click()
    expect(answer.get_by_role("status")).to_contain_text("up to 1 row")

    expect(page).to_have_url(re.compile("lang=promql.*at=end|at=end.*lang=promql"))
    expect(answer.locator(".explored-chart")).to_have_count(0)
    expect(answer.locator("tbody")).to_contain_text("pilot-db")

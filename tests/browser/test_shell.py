"""The frame: palette, keys, themes, small screens, and what holds on every page."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from muster.net.guards import answer_headers

PAGES = [
    "/nodes",
    "/nodes/PILOT",
    "/connect",
    "/connect/air-gap",
    "/approvals",
    "/approvals?state=all",
    "/identity",
    "/account",
    "/spaces",
    "/rooms/new",
    "/people",
    "/audit",
    "/pki",
    "/trust",
    "/welcome",
    "/dashboards",
    "/dashboards/few-systems",
    "/dashboards/kinds",
    "/dashboards/kinds?edit=1",
    "/dashboards/kinds?edit=1&panel=lines",
    "/explore",
    "/explore?q=SHOW%20DATABASES",
]

# What a control is called: label, text, title. Without a name a screen reader can't tell it.
NAMELESS = """() => [...document.querySelectorAll(
    'a[href], button, input, select, [role=img], [tabindex="0"]')]
  .filter(e => e.checkVisibility() && !e.closest('[aria-hidden=true]'))
  .filter(e => !(e.ariaLabel || e.textContent?.trim() || e.title || e.labels?.length))
  .map(e => e.outerHTML.slice(0, 120))"""
SMALL = """() => [...document.querySelectorAll('a[href], button, input, summary')]
  .filter(e => e.checkVisibility() && !e.closest('.roll ol') && !e.matches('.vh, .skip'))
  .map(e => [e.outerHTML.slice(0, 100), e.getBoundingClientRect()])
  .filter(([html, r]) => r.width > 0 && (r.height < (html.startsWith('<a') ? 16 : 24)))
  .map(([html]) => html)"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3')]
  .filter(e => e.checkVisibility()).map(e => Number(e.tagName[1]))"""


def address(path: str, hub) -> str:
    return path.replace("PILOT", hub.node("pilot-db")["id"])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_loads_without_a_fault_and_names_its_controls(visit, hub, becomes, path, theme):
    page = visit(address(path, hub), theme=theme)
    expect(page.locator("h1")).to_be_visible()

    becomes(lambda: page.evaluate(NAMELESS), [])
    becomes(lambda: page.evaluate(SMALL), [])
    becomes(lambda: page.evaluate(HEADINGS).count(1), 1)
    expect(page).to_have_title(re.compile("· Muster$"))


@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways_down_to_360_pixels(visit, hub, fits, path):
    page = visit(address(path, hub), size=(360, 740))
    expect(page.locator("h1")).to_be_visible()

    fits(page)


def test_the_palette_goes_to_a_node_by_keyboard_alone(visit):
    page = visit("/identity")
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("pildb")
    expect(page.get_by_role("option", selected=True)).to_contain_text("pilot-db")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="pilot-db", exact=True)).to_be_visible()


def test_two_keys_go_to_a_place_and_a_question_mark_lists_them(visit):
    page = visit("/nodes")
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.type("gc")
    expect(page.get_by_role("heading", name="Connect a node")).to_be_visible()
    page.keyboard.press("?")

    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Go to Nodes")


def test_single_keys_can_be_switched_off(visit):
    page = visit("/nodes")
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.press("?")
    page.get_by_label("Single keys work").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.type("gc")
    page.keyboard.press("Control+k")

    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    expect(page).to_have_url(re.compile("/nodes$"))


def test_a_chosen_theme_is_there_before_the_first_paint_after_a_reload(visit):
    page = visit("/nodes", theme="dark")
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload(wait_until="commit")

    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("body")).to_have_css("background-color", "rgb(243, 247, 246)")


def test_the_policy_holds_no_exception_and_the_page_needs_none(visit, hub):
    page = visit("/nodes")
    expect(page.locator(".nodes tbody tr")).to_have_count(16)

    assert page.evaluate("document.querySelectorAll('style, script:not([src])').length") == 0


def test_the_pages_are_tested_under_the_policy_that_the_hub_sends(hub):
    with urllib.request.urlopen(hub.url, timeout=60) as answer:
        policy = answer.headers["Content-Security-Policy"]

    sent = answer_headers("hub.example", browser=True)["Content-Security-Policy"]
    assert set(policy.split("; ")) == set(sent.split("; "))


def test_no_text_becomes_markup_or_script(visit, faults):
    faults.allow_refusals()
    page = visit("/nodes")
    refused = page.evaluate(
        """() => ["<b>text</b>", "policy"].map((text) => {
            try {
                if (text === "policy") trustedTypes.createPolicy("own", {createHTML: (x) => x});
                else document.body.innerHTML = text;
                return "taken";
            } catch (error) { return error.name; }
        })"""
    )

    assert refused == ["TypeError", "TypeError"]


def test_reduced_motion_stops_every_animation(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?uses=10", reduced_motion="reduce")
    page.get_by_role("button", name="Make the line").click()

    expect(page.locator(".pulse").first).to_have_css("animation-name", "none")


def test_forced_colours_keep_the_roll_call(visit):
    page = visit("/nodes", forced_colors="active")
    expect(page.locator(".nodes tbody tr")).to_have_count(16)

    stroke = page.locator(".roll li.live a").first
    expect(stroke).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_focus_is_visible_and_the_first_stop_leads_to_the_content(visit):
    page = visit("/nodes")
    expect(page.locator(".nodes tbody tr")).to_have_count(16)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")

    focused = page.locator("main :focus")
    expect(focused).to_be_visible()
    expect(focused).to_have_css("outline-style", "solid")


def test_an_address_that_means_nothing_says_so(visit):
    page = visit("/tasks")

    expect(page.get_by_text("Nothing has the address /tasks.")).to_be_visible()

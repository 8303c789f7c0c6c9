"""Nodes of Netdata agents: connected, listed, looked at."""

import re

import pytest
from playwright.sync_api import expect

PARENT, CHILD = "depot-parent", "depot-pump"


@pytest.fixture
def fleet(hub):
    """The invented hub with a Netdata parent and a child behind it."""
    hub.tell("netdata")
    return hub


def open_node(visit, hub, name: str, query: str = "", **options):
    page = visit(f"/nodes/{hub.node(name)['id']}{query}", **options)
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    return page


def chart(page, name: str):
    head = page.get_by_role("heading", name=name, exact=True)
    return page.locator("article.chart").filter(has=head)


def with_values(page, name: str):
    found = chart(page, name)
    expect(found.locator(".legend b").first).to_have_text(re.compile(r"\d"))
    return found


def test_the_list_says_by_which_dialect_and_behind_whom(visit, fleet):
    page = visit("/nodes")
    parent = page.get_by_role("row", name=re.compile(PARENT)).first
    child = page.get_by_role("row", name=re.compile(rf"^\S+ {CHILD}"))

    expect(parent).to_contain_text("Netdata")
    expect(parent).to_contain_text("public key")
    expect(child).to_contain_text(f"behind {PARENT}")
    expect(child).to_contain_text("its parent's")


def test_identity_names_claim_agent_and_children(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    identity = page.get_by_role("region", name="Identity")
    agent = page.get_by_role("region", name="Agent")

    expect(identity).to_contain_text("Public key, no expiry")
    expect(identity).to_contain_text(fleet.node(PARENT)["id"])
    expect(agent).to_contain_text("Netdata 2.10.4")
    agent.get_by_text("7 collectors").click()
    expect(agent).to_contain_text("go.d: docker")
    page.get_by_role("region", name="Link").get_by_role("link", name=CHILD).click()
    expect(page.get_by_role("heading", name=CHILD, exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Identity")).to_contain_text("Known through its parent")
    expect(page.get_by_role("region", name="Link")).to_contain_text(PARENT)


def test_charts_lie_in_sections_and_move_once_a_second(visit, fleet, becomes):
    page = open_node(visit, fleet, PARENT)
    value = with_values(page, "Total CPU utilization").locator(".legend b").first
    before = value.inner_text()

    expect(value).not_to_have_text(before)
    tabs = page.get_by_role("navigation", name="Sections").get_by_role("link")
    first = ["Alerts", "Functions", "System", "Memory", "Disks"]
    becomes(lambda: tabs.all_inner_texts()[:5], first)


def test_an_agent_is_asked_for_what_is_on_the_screen_alone(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    with_values(page, "Total CPU utilization")
    far = chart(page, "Netdata Memory")
    expect(far).to_be_attached()

    expect(far.locator(".legend b")).to_have_count(0)
    far.scroll_into_view_if_needed()
    with_values(page, "Netdata Memory")


def test_a_gap_is_a_gap_and_dragging_zooms(visit, fleet, drag_over):
    page = open_node(visit, fleet, PARENT, "?range=15m")
    card = with_values(page, "System Load Average")
    expect(card.get_by_role("img")).to_have_attribute("aria-label", re.compile("One gap of 2 min"))
    drag_over(card.locator(".u-over"), 100)
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    with_values(page, "Disk I/O")
    zoomed = page.url
    page.keyboard.press("[")
    expect(page).not_to_have_url(zoomed)
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    page.keyboard.press("l")

    expect(page).not_to_have_url(re.compile("from="))


def test_a_section_in_the_address_is_shown_once_its_charts_are_told(visit, fleet):
    page = open_node(visit, fleet, PARENT, "#nd-mem")
    with_values(page, "Memory Page Faults")

    expect(page.get_by_role("heading", name="Memory", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("link", name="Memory", exact=True)).to_have_attribute(
        "aria-current", "true"
    )


def test_instances_of_a_chart_are_shown_each_by_itself(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    card = with_values(page, "Disk I/O")
    expect(card.locator(".legend li")).to_have_count(2)
    card.get_by_role("button", name="Disk I/O: table, copy").click()
    page.get_by_role("menuitem", name="Each instance by itself").click()

    expect(card.locator(".legend li")).to_have_count(4)
    expect(card.locator(".legend")).to_contain_text("in, two")


def test_charts_are_found_by_name_and_unit(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    page.get_by_label("Find charts").fill("nvme0n1 milli")

    expect(page.locator("article.chart")).to_have_count(1)
    expect(chart(page, "Average Completed I/O Operation Time")).to_be_visible()
    page.get_by_label("Find charts").fill("nothing of that name")
    page.get_by_role("button", name="Show all charts").click()
    expect(chart(page, "Total CPU utilization")).to_be_visible()


def test_what_ended_is_drawn_where_the_range_still_reaches_it(visit, fleet):
    page = open_node(visit, fleet, PARENT, "?range=3h")
    with_values(page, "Total CPU utilization")

    expect(page.get_by_text("25 of 25 charts")).to_be_visible()
    expect(page.get_by_role("link", name="Docker", exact=True)).to_be_visible()


def test_raised_alerts_come_first_and_the_rest_on_request(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    alerts = page.get_by_role("region", name="Alerts", exact=True).locator(".alerts")
    expect(alerts.locator("> ul > li").first).to_contain_text("disk_space_usage")
    expect(alerts).to_contain_text("1 critical, 1 warning, 41 clear")
    expect(alerts.get_by_text("quiet_7", exact=False)).to_have_count(0)
    alerts.get_by_role("button", name="All: 43 alerts").click()
    expect(alerts.get_by_text("quiet_7", exact=False)).to_be_visible()
    alerts.get_by_text("2 changes of late").click()

    expect(alerts).to_contain_text("ram_in_use on system.ram: warning to clear, 71%")


def test_a_function_is_run_and_its_table_is_sorted(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    page.get_by_role("button", name="processes", exact=True).click()
    table = page.get_by_role("region", name="processes as a table")
    expect(table.get_by_role("row").nth(1)).to_contain_text("netdata")
    table.get_by_role("button", name="PID").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("nginx")
    expect(table.get_by_role("columnheader")).to_have_count(5)
    page.get_by_role("button", name="All 6 columns").click()

    expect(table.get_by_role("columnheader")).to_have_count(6)


def test_a_function_that_is_not_answered_says_why(visit, fleet, faults):
    faults.allow_refusals()
    page = open_node(visit, fleet, PARENT)
    page.get_by_role("button", name="network-connections").click()

    expect(page.get_by_role("alert")).to_contain_text(
        "network-connections was not run: The agent did not answer within 10 s."
    )


def test_a_node_that_is_away_says_where_its_values_are(visit, fleet):
    change = {"state": "offline", "cause": "Since 18:01: its parent's link was lost."}
    fleet.tell("node", name=CHILD, change=change)
    page = open_node(visit, fleet, CHILD)

    expect(page.get_by_text("No charts while it is away")).to_be_visible()
    expect(page.locator("article.chart")).to_have_count(0)
    page.get_by_role("button", name="What to check").click()
    expect(page.get_by_role("dialog")).to_contain_text("netdatacli aclk-state")


@pytest.mark.parametrize(("state", "says"), [("pending", "first link"), ("revoked", "revoked")])
def test_a_node_that_was_never_linked_or_is_revoked_says_so(visit, fleet, state, says):
    fleet.tell("node", name=PARENT, change={"state": state})
    page = open_node(visit, fleet, PARENT)
    link = page.get_by_role("region", name="Link", exact=True)

    expect(link).to_contain_text("Never connected" if state == "pending" else "Cut")
    expect(page.locator(".empty")).to_contain_text(says)


def test_revoking_a_node_without_a_certificate_of_the_hub_speaks_of_none(visit, fleet):
    page = open_node(visit, fleet, PARENT)
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Revoke…").click()
    dialog = page.get_by_role("dialog", name=f"Revoke {PARENT}?")

    expect(dialog).to_contain_text("Its link is cut within a second, and its agent is banned")
    expect(dialog).not_to_contain_text("renewal")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_scrolls_sideways(visit, fleet, fits, width):
    for address in (f"/nodes/{fleet.node(PARENT)['id']}", "/connect?env=netdata-kubernetes"):
        page = visit(address, size=(width, 844))
        expect(page.locator(".chart, .code.preview").first).to_be_visible()

        fits(page)


def test_connect_offers_each_way_to_claim_with_the_root_before_it(visit, hub):
    page = visit("/connect?rooms=Edge")
    page.get_by_text("Netdata", exact=True).click()
    heads = page.locator(".ready h3")
    expect(heads).to_have_text(["Trust this hub, once", "Claim it"])
    expect(page.locator(".code.preview pre").first).to_contain_text("/root.pem")
    expect(page.locator(".note .fp")).to_be_visible()
    expect(page.get_by_text("Packages of distributions are built without")).to_be_visible()
    page.get_by_role("group", name="How it is claimed").get_by_text("Script").click()
    expect(page.locator(".code.preview pre").last).to_contain_text("netdata-claim.sh -url=")
    expect(page.locator(".cli code")).to_have_text(
        "muster connect netdata-script --room Edge --ttl 10m"
    )
    page.get_by_role("group", name="How it is claimed").get_by_text("Compose").click()
    expect(heads.first).to_contain_text("compose.yaml")

    assert hub.get("/tokens") == []


def test_the_line_for_a_netdata_agent_holds_a_token_of_its_alphabet(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?env=netdata")
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_role("heading", name="Run this on the machine")).to_be_visible()
    token = page.locator("mark").first.inner_text()

    assert re.fullmatch(r"[A-Za-z0-9_-]{135}", token)
    assert hub.get("/tokens")[0]["uses"] == 1


def test_the_line_for_a_netdata_agent_waits_for_no_files_of_the_hub(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/nodes")
    page.route(
        "**/api/v1/connect",
        lambda route: route.continue_() if route.request.method == "POST" else None,
    )
    page.goto(hub.url + "/connect?env=netdata")
    expect(page.locator(".code.preview pre").last).to_contain_text("claim.conf")
    page.get_by_role("button", name="Make the line").click()

    expect(page.get_by_role("heading", name="Run this on the machine")).to_be_visible()

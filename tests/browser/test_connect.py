"""Connect: the one line, and who arrives."""

import re

from playwright.sync_api import expect


def test_nothing_is_made_until_one_asks_for_the_line(visit, hub):
    page = visit("/connect?rooms=Edge,Lab&uses=2")
    said = page.get_by_text("It will let in 2 machines within 10 min, into Edge and Lab")
    expect(said).to_be_visible()

    assert hub.get("/tokens") == []


def expect_chosen(page, *rooms: str) -> None:
    """Of Connect, once it stands there; which rooms there are is asked of the hub."""
    expect(page.get_by_role("heading", name="Connect a node")).to_be_visible()
    expect(page.locator(".code.preview pre")).to_be_visible()
    expect(page.locator(".choices .chip[aria-pressed=true]")).to_have_text(list(rooms))


def test_from_the_list_of_a_room_that_room_is_chosen_and_in_the_command(visit, hub):
    page = visit("/nodes?room=Edge")
    page.get_by_role("link", name="Connect a node").click()
    room = next(room for room in hub.get("/rooms") if room["name"] == "Edge")

    expect_chosen(page, "Edge")
    expect(page.locator(".code.preview pre")).to_contain_text(f"--claim-rooms {room['id']}")
    expect(page.locator(".cli code")).to_contain_text("muster connect linux --room Edge")


def test_from_an_empty_room_that_room_is_chosen(visit, hub):
    hub.post("/rooms", {"name": "Loft"})
    page = visit("/nodes?room=Loft")
    page.get_by_text("No nodes in Loft yet").wait_for()
    page.locator(".empty").get_by_role("link", name="Connect a node").click()

    expect_chosen(page, "Loft")
    page.get_by_role("button", name="Make the line").click()
    expect(page.locator(".arrival")).to_contain_text("has arrived")
    assert [room["name"] for room in hub.get("/tokens")[0]["rooms"]] == ["Loft"]


def test_from_all_nodes_and_from_the_space_no_room_is_chosen(visit):
    page = visit("/nodes")
    page.get_by_role("link", name="Connect a node").click()
    expect_chosen(page)

    page.goto(page.url.replace("/connect", "/spaces"))
    page.get_by_role("link", name="Connect a node").click()
    expect_chosen(page)


def test_from_a_rooms_menu_in_the_space_that_room_is_chosen(visit):
    page = visit("/spaces")
    page.get_by_role("button", name="Actions for the room Lab").click()
    page.get_by_role("menuitem", name="Connect a node to it").click()

    expect_chosen(page, "Lab")


def test_another_lifetime_and_number_are_read_on_leaving(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect")
    page.get_by_role("group", name="Valid for").get_by_text("Other").click()
    span = page.get_by_label("Valid for: other")
    expect(span).to_have_value("10 min")
    span.fill("1 h 30 min")
    page.get_by_role("group", name="Machines").get_by_text("Other").click()
    page.get_by_label("Machines: other").fill("25")
    page.get_by_label("Machines: other").press("Enter")

    expect(page.get_by_text("let in 25 machines within 1 h 30 min")).to_be_visible()
    expect(page).to_have_url(re.compile("ttl=5400&uses=25"))
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_text("0 of 25 used")).to_be_visible()
    assert hub.get("/tokens")[0]["uses"] == 25
    page.reload()
    expect(page.get_by_label("Valid for: other")).to_have_value("1 h 30 min")


def test_a_choice_that_cannot_be_read_says_what_and_why_and_makes_no_line(visit, hub):
    page = visit("/connect")
    page.get_by_role("group", name="Valid for").get_by_text("Other").click()
    span = page.get_by_label("Valid for: other")
    span.fill("soon")
    expect(page.get_by_role("alert")).to_have_count(0)
    span.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("“soon” is no time span")
    expect(page.get_by_role("button", name="Make the line")).to_be_disabled()
    span.fill("60 d")
    span.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("At most 30 d: whoever finds the line")
    page.get_by_role("group", name="Machines").get_by_text("Other").click()
    page.get_by_label("Machines: other").fill("5000")
    page.get_by_label("Machines: other").press("Tab")
    expect(page.get_by_role("alert").nth(1)).to_contain_text("each one is a right to join")
    page.get_by_role("group", name="Valid for").get_by_text("1 hour").click()
    page.get_by_role("group", name="Machines").get_by_text("10", exact=True).click()

    expect(page.get_by_role("button", name="Make the line")).to_be_enabled()
    expect(page.get_by_text("let in 10 machines within 1 hour")).to_be_visible()


def test_the_line_is_shown_once_and_copied_whole(visit, hub, says_after):
    hub.tell("nobody-joins")
    page = visit("/connect?env=installed")
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_role("heading", name="Run this on the machine")).to_be_visible()
    line = page.locator(".code pre").first
    expect(line).to_contain_text("muster agent claim --token-file -")
    says_after(page.get_by_role("button", name="Copy").first.click, page, "Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == line.inner_text().removeprefix("$ ")
    page.reload()

    expect(page.get_by_text("The token was shown once")).to_be_visible()
    expect(page.locator("mark")).to_have_count(0)


def test_a_checkout_gets_a_line_for_its_own_environment(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?env=installed")
    page.get_by_text("From a checkout").click()
    page.get_by_role("button", name="Make the line").click()

    expect(page.locator(".code pre").first).to_contain_text(".venv/bin/muster agent run")


def test_what_would_be_run_is_shown_before_a_token_is_made(visit, hub):
    page = visit("/connect")
    expect(page.locator(".code.preview pre")).to_contain_text("kickstart.sh --claim-token-file -")
    expect(page.locator(".code.preview mark")).to_have_text("TOKEN")
    page.get_by_text("With wget").click()
    expect(page.locator(".code.preview pre")).to_contain_text("wget -q")
    page.get_by_text("Docker", exact=True).click()
    expect(page.get_by_role("heading", name="Build the image, once")).to_be_visible()

    expect(page.locator(".cli code")).to_have_text("muster connect docker --ttl 10m")
    assert hub.get("/tokens") == []


def test_files_are_saved_whole_with_their_secret(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?env=compose&uses=10")
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_role("heading", name="Run this on the machine")).to_be_visible()
    with page.expect_download() as waiting:
        page.locator(".ready", has_text="muster.env").get_by_role("button", name="Save").click()

    assert waiting.value.suggested_filename == "muster.env"
    assert "MUSTER_CLAIM_TOKEN=mst1." in waiting.value.path().read_text()


def test_an_installer_is_made_for_one_named_machine(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect")
    page.get_by_text("Installer file").click()
    expect(page.get_by_role("button", name="Make the file")).to_be_disabled()
    page.get_by_label("Host name of the machine").fill("web-01")
    page.get_by_label("Host name of the machine").press("Tab")
    page.get_by_role("button", name="Make the file").click()

    expect(page.get_by_role("heading", name="install-on-web-01.sh")).to_be_visible()
    expect(page).to_have_url(re.compile("env=installer&name=web-01"))


def test_a_template_of_ones_own_takes_the_place_of_the_installers(visit, hub):
    page = visit("/connect?env=installer&name=web-01")
    template = page.get_by_label("A template of your own")
    template.fill("#!/bin/sh\necho @NAME@ @TOKEN@\n")
    template.press("Tab")
    line = page.locator(".cli", has_text="muster installer web-01 --template installer.sh")
    expect(line).to_be_visible()
    page.get_by_role("button", name="Make the file").click()

    expect(page.locator(".ready")).to_contain_text("echo web-01 mst1.")


def test_an_installers_settings_are_laid_beside_those_of_a_machine_that_runs(visit, hub):
    page = visit("/connect?env=installer&name=web-02")
    page.get_by_label("Compare with a machine that runs").select_option("pilot-db")
    row = page.get_by_role("row").filter(has_text="log_level")
    expect(row).to_contain_text("info by default")
    expect(row).to_contain_text("debug")
    page.get_by_label("Settings of its agent, TOML").fill('log_level = "debug"')
    page.get_by_label("Settings of its agent, TOML").press("Tab")

    expect(page.get_by_text("No setting differs from those of pilot-db.")).to_be_visible()


def test_what_this_hub_cannot_offer_says_why_and_telegraf_is_not_offered(visit):
    page = visit("/connect")
    expect(page.get_by_role("radio", name="macOS")).to_be_disabled()
    expect(page.get_by_role("radio", name="Telegraf")).to_have_count(0)
    page.get_by_text("macOS: not from this hub now").click()

    expect(page.get_by_text("no build of the agent for macOS")).to_be_visible()


def test_telegraf_is_offered_by_a_hub_that_takes_its_metrics(visit, hub):
    hub.tell("nobody-joins")
    hub.tell("account", missing={"telegraf": ""})
    page = visit("/connect")
    page.get_by_text("Telegraf", exact=True).click()
    page.get_by_role("button", name="Make the line").click()

    expect(page.get_by_role("heading", name="muster.conf")).to_be_visible()
    expect(page.get_by_text("On the machine that runs Telegraf")).to_be_visible()
    assert len(hub.get("/tokens")) == 1


def test_finer_limits_are_read_on_leaving_and_stand_in_the_token(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect")
    page.get_by_text("More limits, labels, proxy").click()
    networks = page.get_by_label("Only from these networks")
    networks.fill("the quay")
    networks.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("“the” is no network")
    networks.fill("10.20.0.0/16")
    page.get_by_label("Labels of its nodes").fill("site=quay, role=edge")
    page.get_by_label("Ephemeral: leave the list after").fill("2 h")
    page.get_by_label("What it is for").fill("quay cameras")
    page.get_by_label("What it is for").press("Tab")
    expect(
        page.get_by_text("within 10 min, from 10.20.0.0/16, leaving the list 2 h")
    ).to_be_visible()
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_text("0 of 1 used")).to_be_visible()

    made = hub.get("/tokens")[0]
    assert made["labels"] == {"site": "quay", "role": "edge"}
    assert (made["networks"], made["ephemeral_s"]) == (["10.20.0.0/16"], 7200)
    row = page.get_by_role("region", name="Claim tokens").get_by_role("row", name="quay cameras")
    expect(row).to_contain_text("site=quay, role=edge; from 10.20.0.0/16")


def test_what_the_hub_refuses_is_said_beside_the_button(visit, faults):
    faults.allow_refusals()
    page = visit("/connect?proxy=socks5%3A%2F%2Fbad%3A1")

    expect(page.get_by_role("alert")).to_contain_text("Proxy is none, env or a URL.")
    expect(page.get_by_role("button", name="Make the line")).to_be_disabled()


def test_who_came_in_by_a_token_is_listed_with_it(visit, hub):
    page = visit("/connect?uses=2")
    page.get_by_role("button", name="Make the line").click()
    expect(page.locator(".arrival")).to_contain_text("has arrived")
    tokens = page.get_by_role("region", name="Claim tokens")
    tokens.get_by_role("button", name="1 of 2").click()

    name = page.locator(".arrival h2").inner_text().removesuffix(" has arrived")
    expect(tokens.get_by_role("link", name=name)).to_be_visible()


def test_one_that_waits_for_approval_is_shown_and_let_in_here(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?uses=5")
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_text("0 of 5 used")).to_be_visible()
    hub.tell("knock", name="pilot-09", change={"token": hub.get("/tokens")[0]["id"]})
    card = page.get_by_role("article", name="pilot-09")
    card.get_by_role("button", name="Approve…").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve pilot-09").click()

    expect(card).to_have_count(0)
    assert hub.node("pilot-09")["state"] == "pending"


def test_a_machine_is_seen_arriving(visit, hub):
    page = visit("/connect?uses=2&rooms=Lab")
    page.get_by_role("button", name="Make the line").click()
    card = page.locator(".arrival")
    expect(card).to_contain_text("has arrived")
    expect(card).to_contain_text("Link up")
    expect(card.locator(".steps .m-ok")).to_have_count(4)
    expect(page.get_by_text("Waiting for one more machine")).to_be_visible()
    name = card.get_by_role("heading").inner_text().removesuffix(" has arrived")
    card.get_by_role("link", name=f"Open {name}").click()

    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    assert hub.node(name)["rooms"][0]["name"] == "Lab"


def test_a_token_can_be_ended_here(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?uses=10")
    page.get_by_role("button", name="Make the line").click()
    page.get_by_role("button", name="End token").click()

    expect(page.get_by_role("heading", name="This line is ended")).to_be_visible()
    expect(page.locator("mark")).to_have_count(0)


def test_a_new_room_can_be_made_on_the_way(visit, hub):
    page = visit("/connect")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_label("Name of the new room").fill("Loft")
    page.get_by_label("Name of the new room").press("Enter")

    expect(page.get_by_role("button", name="Loft")).to_have_attribute("aria-pressed", "true")
    assert "Loft" in [room["name"] for room in hub.get("/rooms")]


def test_after_a_minute_without_a_knock_help_is_offered(visit, hub):
    hub.tell("nobody-joins")
    page = visit("/connect?uses=10")
    page.get_by_role("button", name="Make the line").click()
    expect(page.get_by_text(re.compile("Nothing has knocked (yet|since)"))).to_be_visible()
    hub.tell("later", seconds=70)  # pages go by the hub's time, not by their machine's

    expect(page.get_by_text("Run it and nothing happens?")).to_be_visible()
    expect(page.locator(".wait-help")).to_contain_text("muster doctor")

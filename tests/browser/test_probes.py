"""Probes: what is asked of other machines, by whom; added, tried, switched off, removed."""

from playwright.sync_api import expect


def table(page):
    return page.get_by_role("region", name="Probes", exact=True)


def test_each_probe_says_who_runs_it_and_why_one_does_not(visit):
    page = visit("/probes")

    page_row = table(page).get_by_role("row", name="http://shop.harbour.lan/")
    expect(page_row).to_contain_text("Web page")
    expect(page_row).to_contain_text("2 min")
    expect(page_row).to_contain_text("crane-2 is away")
    expect(table(page).get_by_role("row", name="9.9.9.9 . NS")).to_contain_text("off")


def test_each_node_says_what_its_last_runs_came_to(visit):
    page = visit("/probes")

    row = table(page).get_by_role("row", name="http://shop.harbour.lan/")
    expect(row.get_by_role("img", name="9 of the last 10 went well")).to_be_visible()
    expect(row).to_contain_text("200")
    expect(row).to_contain_text("261 ms")
    expect(table(page).get_by_role("row", name="8.8.4.4")).to_contain_text("answers")


def test_a_probe_is_tried_and_added_and_says_its_command(visit, hub):
    page = visit("/probes")
    page.get_by_role("button", name="Add a probe").click()
    dialog = page.get_by_role("dialog", name="Add a probe")
    add = dialog.get_by_role("button", name="Add the probe")
    expect(add).to_be_disabled()
    dialog.get_by_text("Web page").click()
    dialog.get_by_label("Asks").fill("https://nas.lan/")
    dialog.get_by_label("Match").fill("Sign in")
    dialog.get_by_label("No verify").check()
    dialog.get_by_role("button", name="All nodes").click()
    expect(dialog).to_contain_text(
        "muster probe add http https://nas.lan/ --interval 1m --match 'Sign in' --no-verify"
        " --room 'All nodes'"
    )
    dialog.get_by_role("button", name="Try it once").click()
    expect(dialog.get_by_role("status")).to_contain_text("average_response_ms 12.346")
    add.click()

    expect(dialog).to_be_hidden()
    expect(table(page).get_by_role("row", name="https://nas.lan/")).to_contain_text("not told yet")
    (space,) = hub.get("/spaces")[:1]
    made = hub.get(f"/spaces/{space['id']}/probes")[-1]
    assert [each["id"] for each in made["rooms"]] == [space["id"]]
    assert made["probe"] == {
        "kind": "http_response",
        "url": "https://nas.lan/",
        "match": "Sign in",
        "verify": False,
        "interval_s": 60,
    }


def test_one_is_changed_and_keeps_what_was_not_touched(visit, hub):
    page = visit("/probes")
    page.get_by_role("button", name="Actions for http://shop.harbour.lan/").click()
    page.get_by_role("menuitem", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change the probe")
    expect(dialog.get_by_label("Match")).to_have_value("(?i)open")
    expect(dialog.get_by_text("Ping")).to_have_count(0)
    dialog.get_by_text("Further settings").click()
    dialog.get_by_label("Status").fill("200")
    dialog.get_by_label("Every").select_option("30s")
    expect(dialog).to_contain_text("--interval 30s --status 200")
    dialog.get_by_role("button", name="Change the probe").click()

    expect(dialog).to_be_hidden()
    row = table(page).get_by_role("row", name="http://shop.harbour.lan/")
    expect(row).to_contain_text("holds (?i)open, status 200")
    expect(row).to_contain_text("30 s")


def test_a_refusal_stays_beside_what_was_typed(visit, faults):
    faults.allow_refusals()
    page = visit("/probes?do=add")
    dialog = page.get_by_role("dialog", name="Add a probe")
    dialog.get_by_label("Asks").fill("two words")
    dialog.get_by_role("button", name="Add the probe").click()

    expect(dialog).to_contain_text("no name and no address")
    expect(dialog.get_by_label("Asks")).to_have_value("two words")


def test_one_is_switched_off_and_one_removed(visit):
    page = visit("/probes")
    page.get_by_role("button", name="Actions for 8.8.4.4").click()
    page.get_by_role("menuitem", name="Switch off").click()
    expect(table(page).get_by_role("row", name="8.8.4.4")).to_contain_text("off")
    page.get_by_role("button", name="Actions for http://shop.harbour.lan/").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("button", name="Remove the probe").click()

    expect(table(page).get_by_role("row")).to_have_count(3)

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


def test_a_probe_is_tried_and_added_and_says_its_command(visit, hub):
    page = visit("/probes")
    page.get_by_role("button", name="Add a probe").click()
    dialog = page.get_by_role("dialog", name="Add a probe")
    add = dialog.get_by_role("button", name="Add the probe")
    expect(add).to_be_disabled()
    dialog.get_by_text("Web page").click()
    dialog.get_by_label("Asks").fill("https://nas.lan/")
    dialog.get_by_label("The page has to say").fill("Sign in")
    expect(dialog).to_contain_text(
        "muster probe add http https://nas.lan/ --interval 1m --match 'Sign in'"
    )
    dialog.get_by_role("button", name="Try it once").click()
    expect(dialog.get_by_role("status")).to_contain_text("average_response_ms 12.346")
    add.click()

    expect(dialog).to_be_hidden()
    expect(table(page).get_by_role("row", name="https://nas.lan/")).to_contain_text("not told yet")
    (space,) = hub.get("/spaces")[:1]
    made = hub.get(f"/spaces/{space['id']}/probes")[-1]["probe"]
    assert made == {
        "kind": "http_response",
        "url": "https://nas.lan/",
        "match": "Sign in",
        "interval_s": 60,
    }


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

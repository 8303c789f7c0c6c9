"""The page of backups: made, verified, deleted, and the lines that restore one elsewhere."""

from playwright.sync_api import expect


def table(page):
    return page.get_by_role("region", name="Backups", exact=True)


def test_a_backup_is_made_and_followed_to_the_list(visit, hub):
    hub.tell("account", backupHeld=True)  # until the page was seen to tell of it
    page = visit("/backups")
    expect(table(page).get_by_role("row")).to_have_count(5)  # with its head
    page.get_by_role("button", name="Back up now").click()
    expect(page.get_by_role("region", name="Being made")).to_contain_text("Verifying")
    expect(page.get_by_role("button", name="Back up now")).to_be_disabled()
    hub.tell("account", backupHeld=False)

    expect(table(page).get_by_role("row")).to_have_count(6)
    expect(table(page).get_by_role("row").nth(1)).to_contain_text("Whole")
    expect(page.get_by_role("button", name="Back up now")).to_be_enabled()


def test_what_is_in_each_and_what_is_planned_is_told(visit):
    page = visit("/backups")

    expect(table(page).get_by_role("row").nth(1)).to_contain_text("values 46.1")
    expect(table(page)).to_contain_text("is not what the manifest says")
    plan = page.get_by_role("region", name="Folder and plan")
    expect(plan).to_contain_text("/var/lib/muster/backups")
    expect(plan).to_contain_text("every 1 d, the newest 7 stay")


def test_one_that_nobody_has_read_is_verified(visit):
    page = visit("/backups")
    row = table(page).get_by_role("row", name="before-the-move")
    expect(row).to_contain_text("not known until it is verified")
    page.get_by_role("button", name="Actions for before-the-move.tar.zst").click()
    page.get_by_role("menuitem", name="Verify").click()

    expect(row).to_contain_text("Whole")
    expect(row).to_contain_text("all else")


def test_a_backup_is_deleted_after_a_question(visit, hub):
    page = visit("/backups")
    page.get_by_role("button", name="Actions for before-the-move.tar.zst").click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete before-the-move.tar.zst?")
    expect(dialog).to_contain_text("muster backup delete before-the-move.tar.zst")
    dialog.get_by_role("button", name="Delete the backup").click()

    expect(table(page).get_by_role("row")).to_have_count(4)
    assert len(hub.get("/backups")["backups"]) == 3


def test_a_disk_that_is_short_is_told(visit, hub):
    hub.tell("account", backupSpace=False)
    page = visit("/backups")
    page.get_by_role("button", name="Back up now").click()

    expect(page.get_by_role("alert")).to_contain_text("No backup was made")
    expect(page.get_by_role("alert")).to_contain_text("is short: 300 MiB are free")


def test_the_lines_that_restore_one_elsewhere_name_it(visit):
    page = visit("/backups?restore=before-the-move.tar.zst")
    dialog = page.get_by_role("dialog", name="Restore elsewhere")

    expect(dialog).to_contain_text(":/var/lib/muster/backups/before-the-move.tar.zst .")
    expect(dialog).to_contain_text("muster restore before-the-move.tar.zst --data /var/lib/muster")
    assert page.get_by_role("link", name="before-the-move.tar.zst").count() == 0, "no download"


def test_who_is_no_admin_of_the_hub_is_told_who_is(visit, hub):
    hub.tell("account", role="editor")
    page = visit("/backups")

    expect(page.locator("main")).to_contain_text("Only an admin of the hub")
    expect(page.get_by_role("button", name="Back up now")).to_have_count(0)

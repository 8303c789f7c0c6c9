"""Certificates of other services, and trusting the hub's root."""

from playwright.sync_api import expect

REQUEST = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"


def table(page):
    return page.get_by_role("region", name="Certificates", exact=True)


def test_what_ends_soon_stands_out(visit):
    page = visit("/pki")

    expect(table(page).get_by_role("row", name="printer.harbour.lan")).to_contain_text("Ends soon")
    expect(table(page).get_by_role("row", name="backup-7")).to_contain_text("In force")
    expect(page.get_by_role("region", name="What browsers see")).to_contain_text("hub.harbour.lan")


def test_a_certificate_is_issued_from_a_request_and_can_be_saved(visit, hub):
    page = visit("/pki?do=sign")
    dialog = page.get_by_role("dialog", name="Issue from a request")
    issue = dialog.get_by_role("button", name="Issue the certificate")
    dialog.get_by_label("Names it bears").fill("nas.lan, 10.0.0.7")
    expect(issue).to_be_disabled()
    dialog.get_by_label("Request, PEM").fill(REQUEST)
    expect(dialog).to_contain_text(
        "muster pki sign request.csr --server --dns nas.lan --ip 10.0.0.7 --lifetime 90d"
    )
    issue.click()
    made = page.get_by_role("dialog", name="Certificate of nas.lan")
    with page.expect_download() as download:
        made.get_by_role("button", name="Save as nas.lan.pem").click()

    assert download.value.path().read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert hub.get("/pki/certificates")[0]["names"] == ["nas.lan", "10.0.0.7"]


def test_what_is_no_request_is_refused_beside_what_was_pasted(visit, faults):
    page = visit("/pki?do=sign")
    dialog = page.get_by_role("dialog", name="Issue from a request")
    dialog.get_by_label("Names it bears").fill("nas.lan")
    dialog.get_by_label("Request, PEM").fill("-----BEGIN NOTHING-----")
    dialog.get_by_role("button", name="Issue the certificate").click()

    expect(dialog.get_by_role("alert")).to_contain_text("no certificate request")
    expect(dialog.get_by_label("Request, PEM")).to_have_value("-----BEGIN NOTHING-----")
    faults.allow_refusals()


def test_a_certificate_is_revoked_with_a_reason(visit):
    page = visit("/pki")
    page.get_by_role("button", name="Actions for backup-7").click()
    page.get_by_role("menuitem", name="Revoke…").click()
    page.get_by_role("dialog").get_by_text("Key known").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke backup-7").click()

    expect(table(page).get_by_role("row", name="backup-7")).to_have_count(0)
    table(page).get_by_role("button", name="Ended 2").click()
    expect(table(page)).to_contain_text("Revoked, key compromise")


def test_a_new_ca_issues_beside_the_one_before(visit):
    page = visit("/pki")
    card = page.get_by_role("region", name="Their CA")
    card.get_by_role("button", name="New CA…").click()
    dialog = page.get_by_role("dialog", name="Let a new CA issue?")
    expect(dialog).to_contain_text("muster pki new-ca")
    dialog.get_by_role("button", name="Make a new CA").click()

    expect(card.locator("dt")).to_have_text(["Issues", "Trusted"])


def test_certificates_that_are_good_now_are_saved_as_a_bundle(visit):
    page = visit("/pki")
    card = page.get_by_role("region", name="Their CA")
    with page.expect_download() as download:
        card.get_by_role("button", name="Clients, PEM").click()

    assert download.value.suggested_filename == "muster-clients.pem"
    assert download.value.path().read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_trusting_the_root_is_explained_to_whoever_is_not_signed_in(visit, hub, faults):
    hub.tell("sign-out")
    page = visit("/trust?on=fedora")

    expect(page.get_by_role("heading", name="Trust this hub")).to_be_visible()
    expect(page.get_by_role("link", name="muster-root.pem")).to_have_attribute("href", "/root.pem")
    expect(page.locator(".cli").last).to_contain_text("sudo trust anchor muster-root.pem")
    page.get_by_role("button", name="Firefox").click()
    expect(page.get_by_role("listitem").last).to_contain_text("Trust this CA")
    faults.allow_refusals()

"""A real hub and a real browser whose authenticator is Chromium's virtual one."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from processes import Hub, free_port_base

from tests.browser.conftest import PATIENCE_MS

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
FRESH_S = 10  # longer than any browser takes to ask once more after a passkey was shown


@pytest.fixture(scope="module")
def muster(tmp_path_factory):
    hub = Hub(tmp_path_factory.mktemp("hub"), free_port_base(), command="hub")
    yield hub
    hub.stop()


@pytest.fixture
def strict(tmp_path):
    """A hub that soon wants the passkey shown again."""
    fresh = {"MUSTER_ACCOUNTS_FRESH": f"{FRESH_S}s"}
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub", env=fresh)
    yield hub
    hub.stop()


class Person:
    """Somebody at a browser with an authenticator of their own."""

    def __init__(self, browser):
        self.context = browser.new_context(ignore_https_errors=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.session = self.context.new_cdp_session(self.page)
        self.session.send("WebAuthn.enable")
        self.device = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})[
            "authenticatorId"
        ]
        self.url = ""

    def at(self, hub):
        """From now on."""
        self.url = hub.ready["web"].replace("127.0.0.1", "localhost")

    def go(self, path):
        self.page.goto(self.url + path)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def sign_out(self):
        self.page.evaluate("fetch('/api/v1/session', {method: 'DELETE'})")
        self.go("/nodes")
        expect(self.page.get_by_role("heading", name="Sign in to Muster")).to_be_visible()

    def is_in(self):
        """The account menu, not a page: an admin of an empty hub is led on to the welcome."""
        expect(self.page.get_by_role("button", name="Account: ")).to_be_visible()

    def lose_device(self):
        self.session.send("WebAuthn.setUserVerified",
                          {"authenticatorId": self.device, "isUserVerified": False})  # fmt: skip


@pytest.fixture
def person(browser):
    person = Person(browser)
    yield person
    person.context.close()


def invited(person, muster, name, role="admin"):
    person.at(muster)
    link = muster.muster("user", "invite", name, "--role", role).strip()
    person.go("/invitation#" + link.partition("#")[2])
    expect(person.page.get_by_role("heading", name=f"Welcome, {name}")).to_be_visible()
    expect(person.page).not_to_have_url(re.compile("minv1_"))


def test_who_is_invited_makes_a_passkey_and_signs_in_by_it_alone(person, muster):
    invited(person, muster, "ada")
    person.press("Make a passkey and sign in")
    person.is_in()
    person.sign_out()
    person.press("Sign in with a passkey")
    person.is_in()

    listed = muster.muster("user", "passkey", "list", "ada", "--json")
    assert [(each["domain"], each["used_ns"] > 0) for each in listed] == [("localhost", True)]


def test_a_person_who_is_not_recognised_does_not_get_in_by_passkey_alone(person, muster):
    invited(person, muster, "bob")
    person.press("Make a passkey and sign in")
    person.is_in()
    person.sign_out()
    person.lose_device()
    person.press("Sign in with a passkey")

    expect(person.page.get_by_role("alert")).to_be_visible()


def test_a_passkey_is_wanted_beside_the_password(person, muster, tmp_path: Path):
    person.at(muster)
    password = tmp_path / "password"
    password.write_text("correct horse battery")
    password.chmod(0o600)
    muster.muster("user", "create", "eve", "--role", "admin", "--password-file", str(password))
    page = person.page
    person.go("/account")
    page.get_by_label("User name").fill("eve")
    page.get_by_label("Password").fill("correct horse battery")
    person.press("Sign in")
    person.press("New passkey")
    page.get_by_role("dialog").get_by_label("Name").fill("laptop")
    person.press("Make the passkey")
    expect(page.get_by_role("cell", name="laptop")).to_be_visible()
    page.get_by_label("Signing in with my password takes a passkey too").click()
    expect(page.get_by_label("Signing in with my password takes a passkey too")).to_be_checked()

    person.sign_out()
    page.get_by_label("User name").fill("eve")
    page.get_by_label("Password").fill("correct horse battery")
    person.press("Sign in")
    expect(page.get_by_role("heading", name="Show your passkey")).to_be_visible()
    person.press("Show the passkey")
    person.is_in()


def test_a_passkey_is_wanted_again_before_a_dangerous_deed(person, strict):
    invited(person, strict, "ada")
    person.press("Make a passkey and sign in")
    person.is_in()
    page = person.page
    page.wait_for_timeout(FRESH_S * 1000 + 200)
    person.go("/account")
    person.press("New API token")
    page.get_by_role("dialog").get_by_label("Name").fill("script")
    person.press("Make script")
    expect(page.get_by_role("dialog", name="Show your passkey")).to_be_visible()
    person.press("Show the passkey")
    expect(page.get_by_text("script is made.")).to_be_visible()

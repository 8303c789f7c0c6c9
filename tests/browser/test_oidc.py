"""A real hub, a real browser and a real OpenID provider, each a process of its own.

The provider is the npm package oidc-provider, which `./test` installs beside its script. The fake
of tests/core/provider.py is stricter and lies to order.
"""

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect
from processes import Hub, free_port_base

from tests.browser.conftest import NODE, PATIENCE_MS, ROOT

PROVIDER = ROOT / "tests/browser/provider"
SECRET = "a client's own secret"
SETTINGS = """
[oidc.corp]
issuer = "{issuer}"
client_id = "muster"
client_secret_file = "{secret}"
label = "Harbour ID"
scopes = ["openid", "profile", "groups"]
sign_out = true

[[oidc.corp.map]]
group = "ops"
role = "admin"
"""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not (PROVIDER / "node_modules/oidc-provider").is_dir(),
        reason="no npm package oidc-provider here: `npm ci` in tests/browser/provider",
    ),
]


@pytest.fixture(scope="module")
def muster(tmp_path_factory):
    folder, base = tmp_path_factory.mktemp("oidc"), free_port_base()
    redirect = f"https://localhost:{base}/api/v1/signin/oidc/corp/callback"
    port = str(free_port_base())
    provider = subprocess.Popen(
        [NODE, str(PROVIDER / "provider.mjs"), port, redirect, SECRET],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # nobody reads it: a full pipe would hold it up
        text=True,
    )
    with provider:
        issuer = json.loads(provider.stdout.readline())["issuer"]
        secret = folder / "secret"
        secret.write_text(SECRET)
        settings = folder / "hub.toml"
        settings.write_text(SETTINGS.format(issuer=issuer, secret=secret))
        hub = Hub(folder / "data", base, "--config", str(settings), command="hub")
        yield hub
        hub.stop()
        provider.terminate()


@pytest.fixture
def page(browser, muster):
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(muster.ready["web"].replace("127.0.0.1", "localhost") + "/account")
    yield page
    context.close()


def sign_in(page, who):
    page.get_by_role("link", name="Sign in with Harbour ID").click()
    page.get_by_placeholder("Enter any login").fill(who)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_who_is_in_a_mapped_group_comes_back_signed_in_where_they_wanted_to_go(page, muster):
    sign_in(page, "ada+ops")

    expect(page.get_by_text("You are ada, admin of Home.")).to_be_visible()
    expect(page).to_have_url(re.compile("/account$"))
    users = {each["name"]: each for each in muster.muster("user", "list", "--json")}
    assert users["ada"]["providers"] == ["corp"]
    assert not users["ada"]["has_password"]


def test_who_is_in_no_mapped_group_is_told_and_is_no_user(page, muster):
    sign_in(page, "eve+sales")

    expect(page.get_by_role("alert")).to_contain_text("None of your groups has a role")
    assert "eve" not in {each["name"] for each in muster.muster("user", "list", "--json")}


def test_signing_out_ends_the_providers_session_too(page):
    sign_in(page, "bob+ops")
    page.get_by_role("button", name="Account: bob").click()
    page.get_by_role("menuitem", name="Sign out").click()

    expect(page.get_by_text("Do you want to sign-out from")).to_be_visible()

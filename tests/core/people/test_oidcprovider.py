"""What is asked of a provider, how often, and what is not believed."""

import asyncio
import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from muster.clock import ManualClock
from muster.core.people.idtoken import OidcRefused
from muster.core.people.oidcprovider import (
    KEPT_S,
    KEYS_AGAIN_S,
    GroupRole,
    OidcSettings,
    Provider,
    check,
    with_query,
)
from muster.errors import SettingsError, Unavailable
from muster.model.access import Role
from tests.core.provider import CLIENT, ISSUER, SECRET, FakeProvider

NONCE = "n" * 43
BACK = "https://hub.example/back"
MAP = (GroupRole(group="ops", role=Role.ADMIN),)


class Desk:
    def __init__(self, folder):
        self.clock = ManualClock()
        self.fake = FakeProvider(self.clock)
        file = folder / "secret"
        file.write_text(SECRET + "\n")
        self.settings = OidcSettings(
            issuer=ISSUER, client_id=CLIENT, client_secret_file=file, map=MAP
        )
        self.file = file
        self.provider = Provider(
            name="corp", settings=self.settings, fetch=self.fake, clock=self.clock
        )

    def code(self, verifier="v" * 43):
        digest = hashlib.sha256(verifier.encode()).digest()
        self.fake.codes["c"] = {
            "redirect_uri": BACK,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "nonce": NONCE,
        }
        return "c", verifier


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


async def test_discovery_and_keys_are_asked_for_once_an_hour(desk):
    for _ in range(3):
        await desk.provider.claims(desk.fake.sign(desk.fake.said(NONCE)), NONCE)
    assert desk.fake.asked == ["/.well-known/openid-configuration", "/jwks"]

    desk.clock.advance(KEPT_S)
    await desk.provider.claims(desk.fake.sign(desk.fake.said(NONCE)), NONCE)
    assert desk.fake.asked.count("/jwks") == desk.fake.asked.count(desk.fake.asked[0]) == 2


async def test_a_new_key_of_the_provider_is_fetched_but_not_more_than_once_a_minute(desk):
    await desk.provider.claims(desk.fake.sign(desk.fake.said(NONCE)), NONCE)
    desk.fake.keys["two"] = ec.generate_private_key(ec.SECP256R1())
    desk.fake.signer = "two"

    async def claims(kid):
        return await desk.provider.claims(desk.fake.sign(desk.fake.said(NONCE), kid=kid), NONCE)

    with pytest.raises(OidcRefused):
        await claims("two")
    desk.clock.advance(KEYS_AGAIN_S)
    assert (await claims("two"))["iss"] == ISSUER
    for number in range(20):
        with pytest.raises(OidcRefused):
            await claims(f"made up {number}")
    assert desk.fake.asked.count("/jwks") == 2


async def test_many_at_once_ask_once(desk):
    await asyncio.gather(*(desk.provider.discovery() for _ in range(20)))

    assert len(desk.fake.asked) == 1


@pytest.mark.parametrize(
    "lies",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "https://user:pass@id.example/jwks"},
        {"userinfo_endpoint": "http://unix/x"},
        {"end_session_endpoint": "//evil.example"},
        {"jwks_uri": 5},
        {"token_endpoint": None},
    ],
)
async def test_a_provider_that_says_odd_things_of_itself_is_not_used(desk, lies):
    desk.fake.lies = lies

    with pytest.raises(Unavailable):
        await desk.provider.discovery()


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
async def test_a_provider_that_is_away_is_no_refusal_and_is_asked_again(desk, path):
    token = desk.fake.sign(desk.fake.said(NONCE))
    desk.fake.down = path
    with pytest.raises(Unavailable):
        await desk.provider.claims(token, NONCE)
    desk.fake.down = ""

    assert (await desk.provider.claims(token, NONCE))["iss"] == ISSUER


async def test_a_code_is_redeemed_once(desk):
    code, verifier = desk.code()
    token, access = await desk.provider.redeem(code, verifier, BACK)

    assert access == "access"
    assert (await desk.provider.claims(token, NONCE))["iss"] == ISSUER
    with pytest.raises(OidcRefused) as refused:
        await desk.provider.redeem(code, verifier, BACK)
    assert refused.value.reason == "code"


async def test_the_secret_goes_into_the_form_where_the_provider_wants_it_there(desk):
    desk.fake.methods = ["client_secret_post"]
    code, verifier = desk.code()

    assert (await desk.provider.redeem(code, verifier, BACK))[1] == "access"


async def test_another_verifier_or_address_redeems_nothing(desk):
    for verifier, back in (("w" * 43, BACK), ("v" * 43, BACK + "/")):
        code, _ = desk.code()
        with pytest.raises(OidcRefused):
            await desk.provider.redeem(code, verifier, back)


async def test_a_hub_that_the_provider_does_not_know_says_so_without_its_secret(desk):
    desk.file.write_text("old secret")
    code, verifier = desk.code()
    with pytest.raises(Unavailable, match="refuses the hub itself") as refused:
        await desk.provider.redeem(code, verifier, BACK)

    assert "old secret" not in str(refused.value)


@pytest.mark.parametrize("text", [None, "", "x" * 5000])
async def test_a_secret_that_cannot_be_used_names_its_setting(desk, text):
    desk.file.unlink() if text is None else desk.file.write_text(text)
    code, verifier = desk.code()

    with pytest.raises(SettingsError, match=r"oidc\.corp\.client_secret_file"):
        await desk.provider.redeem(code, verifier, BACK)


async def test_userinfo_is_believed_about_the_same_person_alone(desk):
    desk.fake.userinfo = {"sub": "me", "groups": ["a"]}

    assert (await desk.provider.more_claims("access", "me"))["groups"] == ["a"]
    with pytest.raises(OidcRefused):
        await desk.provider.more_claims("access", "you")
    with pytest.raises(OidcRefused):
        await desk.provider.more_claims("a\r\nb: c", "me")


async def test_without_userinfo_nothing_is_asked(desk):
    assert await desk.provider.more_claims("access", "me") == {}
    assert "/userinfo" not in desk.fake.asked


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"issuer": "http://id.example"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"scopes": ("profile",)}, "scopes"),
        ({"map": ()}, "map"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(change, key):
    values = {"issuer": ISSUER, "client_id": CLIENT, "map": MAP, **change}

    with pytest.raises(SettingsError, match=rf"oidc\.corp\.{key}"):
        check("corp", OidcSettings(**values))


def test_good_settings_pass_and_a_provider_on_this_machine_may_do_without_tls():
    for issuer in (ISSUER, "http://localhost:9400", "http://127.0.0.1:9400/x"):
        check("corp", OidcSettings(issuer=issuer, client_id=CLIENT, map=MAP))
    with pytest.raises(SettingsError):
        check("a/b", OidcSettings(issuer=ISSUER, client_id=CLIENT, map=MAP))


def test_parameters_join_those_that_are_there():
    assert with_query("https://a/b", {"x": "1 2"}) == "https://a/b?x=1+2"
    assert with_query("https://a/b?c=d", {"x": "&"}) == "https://a/b?c=d&x=%26"

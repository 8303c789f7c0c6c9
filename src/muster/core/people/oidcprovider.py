"""One OpenID provider as the hub's client: where it is, its keys, codes for tokens.

Discovery and keys are kept for an hour; a token with a key that is not known has them read
again, at most once a minute. Redirects are not followed, answers are bounded.
Source: OpenID Connect Discovery 1.0; RFC 6749, 4.1; RFC 7636 (PKCE); RFC 9700.
"""

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from muster.clock import Clock
from muster.core.people.idtoken import Expected, OidcRefused, fitting, key_of, verify
from muster.errors import SettingsError, Unavailable
from muster.model.access import Role
from muster.model.address import is_own_machine, literal_of
from muster.ports.signin import Fetch

T = TypeVar("T")
KEPT_S = 3600.0
KEYS_AGAIN_S = 60.0
_MAX_URL = 2_000
_MAX_SECRET = 4_096
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class GroupRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[oidc.NAME.map]]: what a group of the provider is here."""

    group: str
    role: Role
    space: str = ""  # name or id; empty: the hub's own
    room: str = ""  # name or id of one in the space: a role in it alone


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[oidc.NAME] of the hub's configuration."""

    issuer: str
    client_id: str
    client_secret_file: Path | None = None  # without: a public client, with PKCE alone
    label: str = ""  # on the button; empty: NAME
    scopes: tuple[str, ...] = ("openid", "profile")
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"  # of the ID token: the user's name here
    map: tuple[GroupRole, ...] = ()
    create_users: bool = True  # make a user at the first sign-in of who is in a mapped group
    second_factor: bool = False  # the provider asks for two factors itself
    sign_out: bool = False  # signing out here ends the provider's own session too
    ca_file: Path | None = None  # whom to trust for the provider's own certificate


class Discovery(msgspec.Struct, frozen=True):
    """What a provider says of itself, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


def check(name: str, settings: OidcSettings) -> None:
    """Errors: SettingsError naming the key."""
    key = f"oidc.{name}"
    if not _NAME.fullmatch(name):
        raise SettingsError("a name is up to 32 of a-z 0-9 -", key=key)
    if not _is_good(settings.issuer):
        raise SettingsError(
            f"not an https:// address: {settings.issuer[:100]!r}", key=f"{key}.issuer"
        )
    if not settings.client_id:
        raise SettingsError("must not be empty", key=f"{key}.client_id")
    if "openid" not in settings.scopes:
        raise SettingsError('"openid" must be among them', key=f"{key}.scopes")
    if not settings.map:
        raise SettingsError(
            f"nobody could sign in: add [[{key}.map]] with group and role", key=f"{key}.map"
        )


class Provider:
    """See the module. Errors, everywhere: Unavailable when the provider is away or odd."""

    def __init__(self, *, name: str, settings: OidcSettings, fetch: Fetch, clock: Clock) -> None:
        self.name = name
        self.settings = settings
        self._fetch = fetch
        self._clock = clock
        self._reading = asyncio.Lock()
        self._found: Discovery | None = None
        self._found_s = 0.0
        self._keys: Sequence[Mapping[str, Any]] = ()
        self._keys_s = -KEPT_S

    async def discovery(self) -> Discovery:
        """Where its endpoints are."""
        async with self._reading:
            return await self._discovery()

    async def redeem(self, code: str, verifier: str, redirect: str) -> tuple[str, str]:
        """(ID token, access token) for a code. Errors: OidcRefused, too, for a bad code."""
        found = await self.discovery()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": self.settings.client_id,
        }
        headers = await self._authenticate(found, form)
        answer = await self._fetch(found.token_endpoint, form=form, headers=headers)
        if answer.status == 400:
            told = _read(answer.body, _Refusal, "token endpoint")
            if told.error == "invalid_grant":
                raise OidcRefused("code", "the provider does not know the code, or knows it used")
        if answer.status != 200:
            raise Unavailable(f"the provider refuses the hub itself ({answer.status}); see its log")
        tokens = _read(answer.body, _Tokens, "token endpoint")
        return tokens.id_token, tokens.access_token

    async def claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """Of an ID token that holds. Errors: OidcRefused."""
        keys = await self._keys_for(*key_of(token))
        expected = Expected(
            issuer=self.settings.issuer,
            client=self.settings.client_id,
            nonce=nonce,
            now_ns=self._clock.now_ns(),
        )
        return verify(token, keys, expected)

    async def more_claims(self, access: str, subject: str) -> Mapping[str, Any]:
        """What userinfo says; empty where there is none. Errors: OidcRefused."""
        found = await self.discovery()
        if not found.userinfo_endpoint or not access:
            return {}
        if any(mark in access for mark in "\r\n\0 "):
            raise OidcRefused("malformed", "the access token is malformed")
        headers = {"Authorization": f"Bearer {access}"}
        answer = await self._fetch(found.userinfo_endpoint, headers=headers)
        if answer.status != 200:
            raise Unavailable(f"the provider's userinfo answered {answer.status}")
        claims = _read(answer.body, dict[str, Any], "userinfo")
        if claims.get("sub") != subject:
            raise OidcRefused("subject", "the provider's userinfo is about somebody else")
        return claims

    async def _discovery(self) -> Discovery:
        now_s = self._clock.monotonic()
        if self._found is not None and now_s - self._found_s < KEPT_S:
            return self._found
        url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        answer = await self._fetch(url)
        if answer.status != 200:
            raise Unavailable(f"{url} answered {answer.status}")
        found = _read(answer.body, Discovery, "discovery")
        if found.issuer != self.settings.issuer:
            raise Unavailable(f"{url} speaks for another issuer: {found.issuer[:100]!r}")
        for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            _require_good(each)
        for each in filter(None, (found.userinfo_endpoint, found.end_session_endpoint)):
            _require_good(each)
        self._found, self._found_s = found, now_s
        return found

    async def _keys_for(self, algorithm: str, id: str) -> Sequence[Mapping[str, Any]]:
        async with self._reading:
            age_s = self._clock.monotonic() - self._keys_s
            known = bool(fitting(self._keys, algorithm, id))
            if age_s >= KEPT_S or (not known and age_s >= KEYS_AGAIN_S):
                await self._read_keys(await self._discovery())
            return self._keys

    async def _read_keys(self, found: Discovery) -> None:
        answer = await self._fetch(found.jwks_uri)
        if answer.status != 200:
            raise Unavailable(f"the provider's keys answered {answer.status}")
        self._keys = _read(answer.body, _Keys, "keys").keys
        self._keys_s = self._clock.monotonic()

    async def _authenticate(self, found: Discovery, form: dict[str, str]) -> dict[str, str]:
        """Show the client's secret, in the header unless the provider wants it in the form."""
        file = self.settings.client_secret_file
        if file is None:
            return {}
        secret = await asyncio.to_thread(_secret, file, self.name)
        if "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(self.settings.client_id)}:{quote_plus(secret)}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        form["client_secret"] = secret
        return {}


def with_query(url: str, fields: Mapping[str, str]) -> str:
    """An address with more parameters."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(fields)}"


def _secret(file: Path, name: str) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{str(file)!r} cannot be read", key=f"oidc.{name}.client_secret_file"
        ) from error
    if not 0 < len(text) <= _MAX_SECRET:
        raise SettingsError("is empty or too long", key=f"oidc.{name}.client_secret_file")
    return text


def _is_good(url: str) -> bool:
    """HTTPS; plain HTTP to this machine alone, as where a proxy stands before the provider."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or len(url) > _MAX_URL:
        return False
    if any(mark <= " " for mark in url):
        return False
    own = host == "localhost" or bool(literal_of(host) and is_own_machine(host))
    return parts.scheme == "https" or (parts.scheme == "http" and own)


def _require_good(url: str) -> None:
    if not _is_good(url):
        raise Unavailable(f"the provider names an endpoint that is not HTTPS: {url[:100]!r}")


def _read(body: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable(f"the provider's {what} is not what it should be: {error}") from error

"""From the configured URL to MQTT credentials: env, challenge, password.

Source: specification 4
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1

from muster.errors import ProtocolError
from muster.testing.netdata.dial import Dialer, Place, format_request
from muster.testing.netdata.httpreply import Reply
from muster.testing.netdata.mqttclient import Credentials
from muster.testing.netdata.quirks import Quirks
from muster.testing.netdata.violation import Violation, demand
from muster.wire.netdata import discovery

_ENV_KEYS = ("authEndpoint", "encoding", "transports", "backoff", "capabilities")
_BACKOFF_KEYS = ("base", "maxSeconds", "minSeconds")
_PLACEHOLDER = "#{claim_id}"
_OAEP = padding.OAEP(mgf=padding.MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303
_EVERY = (
    "inbox-cmd",
    "inbox-cmd-v1",
    "agent-connection",
    "create-node-instance",
    "node-instance-connection",
    "node-instance-info",
    "node-instance-collectors",
    "contexts-snapshot",
    "contexts-updated",
    "alarm-config",
    "chart",
    "alarms",
    "meta",
    "chart-and-dims-updated",
    "chart-configs-updated",
    "reset-charts",
    "chart-retention-updated",
)
_OLD = ("alarm-log", "alarm-snapshot", "alarm-health")
_NEW = ("alarm-log-v2", "alarm-snapshot-v2", "alarm-checkpoint")


class NotAdmitted(Exception):
    """The hub said no. `retry_s` is its wish, None for the usual backoff."""

    def __init__(self, why: str, *, retry_s: int | None = None, banned: bool = False) -> None:
        super().__init__(why)
        self.retry_s = retry_s
        self.banned = banned


class Admission(msgspec.Struct, frozen=True):
    """What a link is opened with. `topics` are (name, text) in the hub's order."""

    place: Place
    who: Credentials
    topics: tuple[tuple[str, str], ...]


class Entrance:
    """Asks for one claim."""

    def __init__(
        self,
        dialer: Dialer,
        quirks: Quirks,
        claim_id: str,
        key: rsa.RSAPrivateKey,
        timeout_s: float,
    ) -> None:
        self._dialer = dialer
        self._quirks = quirks
        self._claim_id = claim_id
        self._key = key
        self._timeout_s = timeout_s

    async def discover(self, hub: Place) -> discovery.Env:
        """Ask where to go. Errors: NotAdmitted, Unreachable, Violation."""
        version = self._quirks.version.removeprefix("v")
        asked = discovery.EnvQuery(version, ("proto", "ctx"), self._claim_id)
        target = discovery.format_env_query(asked)
        reply = await self._ask(hub, "GET", target)
        _check_status(reply, 200, "/env response code is not 200")
        return parse_env(reply.body)

    async def enter(self, env: discovery.Env) -> Admission:
        """Prove the claim. Errors: NotAdmitted, Unreachable, Violation."""
        auth = _place(env.auth_endpoint, "authEndpoint")
        path = f"{auth.path}/node/{self._claim_id}"
        reply = await self._ask(auth, "GET", f"{path}/challenge")
        _check_status(reply, 200, "otp challenge response is not http/200")
        body = discovery.format_password_request(
            discovery.PasswordRequest(
                self._decrypt(reply.body),
                self._quirks.version if self._quirks.response_names_version else "",
            )
        )
        reply = await self._ask(auth, "POST", f"{path}/password", body)
        _check_status(reply, 201, "otp password response is not http/201")
        given = _decode("4.3", reply.body, discovery.parse_credentials)
        transport = next(each for each in env.transports if each.type == discovery.TRANSPORT)
        return Admission(
            _place(transport.endpoint, "endpoint"),
            Credentials(given.client_id, given.username, given.password),
            use_topics(given.topics, self._claim_id, old=self._quirks.old_alerts),
        )

    async def _ask(
        self, place: Place, method: str, target: str, body: bytes | None = None
    ) -> Reply:
        return await self._dialer.ask(
            place, format_request(method, place, target, body), self._timeout_s
        )

    def _decrypt(self, body: bytes) -> bytes:
        challenge = _decode("4.2", body, discovery.parse_challenge)
        try:
            return self._key.decrypt(challenge, _OAEP)
        except ValueError as error:
            raise Violation("4.2", "the challenge is not for the claimed key") from error


def _check_status(reply: Reply, wanted: int, why: str) -> None:
    """Errors: NotAdmitted with what the error object says, where there is one."""
    if reply.status == wanted:
        return
    failure = discovery.parse_failure(reply.body)
    if failure is None:
        raise NotAdmitted(f"{why} ({reply.status})")
    raise NotAdmitted(
        f"{why} ({reply.status} {failure.error_msg_key})",
        retry_s=failure.error_retry_delay_seconds or None,
        banned=failure.error_non_retryable,
    )


def parse_env(body: bytes) -> discovery.Env:
    """Nothing that is compulsory may be left to its default. Errors: Violation."""
    document: Any = _decode("4.1", body, _load)
    demand("4.1", isinstance(document, dict), "env is no object")
    for key in _ENV_KEYS:
        demand("4.1", key in document, f"env without {key}")
    for key in _BACKOFF_KEYS:
        demand("4.1", key in document["backoff"], f"env: backoff without {key}")
    env: discovery.Env = _decode("4.1", body, discovery.parse_env)
    return env


def _load(body: bytes) -> object:
    """JSON in which no object has a key twice. Errors: Violation, ProtocolError."""
    try:
        return json.loads(body, object_pairs_hook=_once)
    except ValueError as error:
        raise ProtocolError(f"no JSON: {error}") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    demand("4.1", len(found) == len(pairs), f"a key came twice: {[key for key, _ in pairs]}")
    return found


def use_topics(
    topics: Sequence[tuple[str, str]], claim_id: str, *, old: bool
) -> tuple[tuple[str, str], ...]:
    """Put the claim id into each; one without the placeholder counts as missing.

    Errors: Violation when a compulsory one is missing.
    """
    used = tuple(
        (name, text.replace(_PLACEHOLDER, claim_id))
        for name, text in topics
        if text.count(_PLACEHOLDER) == 1
    )
    names = [name for name, _ in used]
    missing = [name for name in (*_EVERY, *(_OLD if old else _NEW)) if name not in names]
    demand("4.3", not missing, f"topics that are compulsory and missing: {', '.join(missing)}")
    demand("4.3", len(set(names)) == len(names), "a topic's name comes twice")
    demand("4.3", dict(used)["inbox-cmd"].endswith("/cmd"), "inbox-cmd does not end in /cmd")
    demand("4.3", dict(used)["inbox-cmd-v1"].endswith("/+"), "inbox-cmd-v1 has no wildcard level")
    return used


def _place(url: str, what: str) -> Place:
    try:
        return Place.parse(url)
    except ValueError as error:
        raise Violation("4.1", f"{what}: {error}") from error


def _decode(section: str, body: bytes, parse: Any) -> Any:  # noqa: ANN401 - whatever it parses to
    try:
        return parse(body)
    except ProtocolError as error:
        raise Violation(section, str(error)) from error

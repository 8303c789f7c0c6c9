"""Service discovery of Netdata agents: env, challenge, password, and the error object.

Both ends. Documents are written compact and read as strictly as agents read them: what one
would take for broken is an error here too, so that a hub's mistake shows in a test and not on
somebody's machine. No cryptography: a challenge is 256 bytes that somebody made.

Source: docs/formats/netdata-link.md ("Discovery")
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from muster.errors import ProtocolError
from muster.log import Secret
from muster.wire.netdata.topics import NAMES, PLACEHOLDER

MAX_DOCUMENT = 16_000  # the agent's buffer holds 16 KiB, with the head of the reply
CHALLENGE_BYTES = 256  # RSA 2048
MAX_RESPONSE_BYTES = 214  # what OAEP with SHA-1 takes of it
MAX_REQUEST_BYTES = 4_096
PROTO = "proto"
TRANSPORT = "MQTTv5"
ENV_STATUS = 200
CHALLENGE_STATUS = 200
PASSWORD_STATUS = 201

_TRANSPORTS = frozenset({TRANSPORT, "MQTTv3"})
_MIN_OF_MAX_S = 500
_ENV_KEYS = ("authEndpoint", "encoding", "transports", "backoff", "capabilities")
_BACKOFF_KEYS = ("base", "maxSeconds", "minSeconds")

T = TypeVar("T")


class DiscoveryError(ProtocolError):
    """A document that an agent, or the cloud, cannot use."""

    code = "discovery_error"


class EnvQuery(msgspec.Struct, frozen=True):
    """What an agent says of itself when it asks where to go."""

    version: str = ""  # without "v"
    capabilities: tuple[str, ...] = ()
    claim_id: str = ""


class Backoff(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Pauses between attempts. `base` 1 is a steady second or two.

    Beyond `max_seconds` an agent takes its value for milliseconds: keep it large.
    """

    base: int = 2
    max_seconds: int = 3_600
    min_seconds: int = 0


class Transport(msgspec.Struct, frozen=True):
    type: str
    endpoint: str


class Env(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to authenticate and connect. Host and port of the URLs count, and the first path."""

    auth_endpoint: str
    transports: tuple[Transport, ...]
    encoding: str = PROTO
    backoff: Backoff = Backoff()
    capabilities: tuple[str, ...] = (PROTO, "ctx")


class PasswordRequest(msgspec.Struct, frozen=True):
    """The answer to a challenge. 1.x tells no version."""

    response: bytes
    agent_version: str = ""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What the MQTT link is opened with. `topics` are (name, text with the placeholder)."""

    client_id: str
    username: str
    password: Secret
    topics: tuple[tuple[str, str], ...]


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The error object. Agents look at it when all three texts are there.

    `error_non_retryable` bans: the agent asks every minute from then on, and no sooner.
    """

    error_code: str = msgspec.field(name="errorCode")
    error_msg_key: str = msgspec.field(name="errorMsgKey")
    error_message: str = msgspec.field(name="errorMessage")
    error_non_retryable: bool = msgspec.field(name="errorNonRetryable", default=False)
    error_retry_delay_seconds: int = msgspec.field(name="errorRetryDelaySeconds", default=0)


class _Challenge(msgspec.Struct):
    challenge: str


class _Password(msgspec.Struct):
    response: str
    agent_version: str = ""


class _Topic(msgspec.Struct):
    topic: str
    name: str


class _Credentials(msgspec.Struct):
    client_id: str = msgspec.field(name="clientID")
    username: str
    password: str
    topics: list[_Topic]


def parse_env_query(query: Mapping[str, str]) -> EnvQuery:
    """Read the query part of a request for env. Errors: DiscoveryError."""
    version, claim_id = query.get("v", ""), query.get("claim_id", "")
    capabilities = query.get("cap", "")
    if max(len(version), len(claim_id)) > 128 or len(capabilities) > 512:
        raise DiscoveryError("a request for env whose parts are too long")
    return EnvQuery(version, tuple(filter(None, capabilities.split(","))), claim_id)


def format_env_query(query: EnvQuery) -> str:
    """The path and query of an agent's request for env."""
    parts = {"v": query.version, "cap": ",".join(query.capabilities), "claim_id": query.claim_id}
    return f"/api/v1/env?{urlencode(parts, safe=',')}"


def format_env(env: Env) -> bytes:
    """Errors: DiscoveryError for what an agent could not use."""
    _check_env(env)
    return _write(env)


def parse_env(data: bytes) -> Env:
    """Read env, as an agent does. Errors: DiscoveryError."""
    env = _read(data, Env)
    keys = _read(data, dict[str, msgspec.Raw])
    _check_there("env", keys, _ENV_KEYS)
    _check_there("backoff", _read(bytes(keys["backoff"]), dict[str, int]), _BACKOFF_KEYS)
    _check_env(env)
    return env


def format_challenge(challenge: bytes) -> bytes:
    """`challenge` is the encrypted nonce: 256 bytes, 344 characters."""
    if len(challenge) != CHALLENGE_BYTES:
        raise DiscoveryError(f"a challenge is {CHALLENGE_BYTES} bytes, not {len(challenge)}")
    return _write(_Challenge(base64.b64encode(challenge).decode()))


def parse_challenge(data: bytes) -> bytes:
    challenge = _from_base64(_read(data, _Challenge).challenge, "challenge")
    if len(challenge) != CHALLENGE_BYTES:
        raise DiscoveryError(f"a challenge is {CHALLENGE_BYTES} bytes, not {len(challenge)}")
    return challenge


def format_password_request(request: PasswordRequest) -> bytes:
    """The body of the POST; without a version as 1.x sends it."""
    response = base64.b64encode(request.response).decode()
    if not request.agent_version:
        return _write({"response": response})
    return _write({"agent_version": request.agent_version, "response": response})


def parse_password_request(data: bytes) -> PasswordRequest:
    """Read the body of the POST, whatever its Content-Type. Errors: DiscoveryError."""
    if len(data) > MAX_REQUEST_BYTES:
        raise DiscoveryError(f"a response of more than {MAX_REQUEST_BYTES} bytes")
    request = _read(data, _Password)
    response = _from_base64(request.response, "response")
    if not 0 < len(response) <= MAX_RESPONSE_BYTES:
        raise DiscoveryError(f"a response is 1 to {MAX_RESPONSE_BYTES} bytes, not {len(response)}")
    return PasswordRequest(response, request.agent_version[:128])


def format_credentials(credentials: Credentials) -> bytes:
    """Errors: DiscoveryError for topics that an agent could not use."""
    _check_topics(credentials.topics)
    return _write(
        _Credentials(
            client_id=credentials.client_id,
            username=credentials.username,
            password=credentials.password.reveal(),
            topics=[_Topic(text, name) for name, text in credentials.topics],
        )
    )


def parse_credentials(data: bytes) -> Credentials:
    """Read the reply to the POST, as an agent does. Errors: DiscoveryError."""
    read = _read(data, _Credentials)
    topics = tuple((each.name, each.topic) for each in read.topics)
    _check_topics(topics)
    return Credentials(
        client_id=read.client_id,
        username=read.username,
        password=Secret(read.password),
        topics=topics,
    )


def format_failure(failure: Failure) -> bytes:
    return _write(failure)


def parse_failure(data: bytes) -> Failure | None:
    """The error object of a reply; None when it is none, as agents see it."""
    try:
        return _read(data, Failure)
    except DiscoveryError:
        return None


def _check_there(what: str, keys: Mapping[str, object], wanted: Iterable[str]) -> None:
    """Agents know no defaults."""
    if missing := [key for key in wanted if key not in keys]:
        raise DiscoveryError(f"{what}: no {', '.join(missing)}")


def _check_env(env: Env) -> None:
    backoff = env.backoff
    faults = {
        "authEndpoint is empty or ends in a slash": not env.auth_endpoint.rstrip("/")
        or env.auth_endpoint.endswith("/"),
        f"encoding is not {PROTO}": env.encoding != PROTO,
        "an unknown type of transport": any(
            each.type not in _TRANSPORTS for each in env.transports
        ),
        f"no transport of {TRANSPORT}": all(each.type != TRANSPORT for each in env.transports),
        f"capabilities without {PROTO}": PROTO not in map(str.lower, env.capabilities),
        "backoff: base is 1 to 10": not 1 <= backoff.base <= 10,
        f"backoff: maxSeconds is {_MIN_OF_MAX_S} or more": backoff.max_seconds < _MIN_OF_MAX_S,
        "backoff: minSeconds is 0 or more": backoff.min_seconds < 0,
    }
    for fault, is_there in faults.items():
        if is_there:
            raise DiscoveryError(f"env: {fault}")


def _check_topics(topics: tuple[tuple[str, str], ...]) -> None:
    usable = {name for name, text in topics if text.count(PLACEHOLDER) == 1}
    if missing := [name for name in NAMES if name not in usable]:
        raise DiscoveryError(f"topics: none for {', '.join(missing)}")


def _write(document: object) -> bytes:
    try:
        data = msgspec.json.encode(document)
    except UnicodeError as error:
        raise DiscoveryError("a document holds what is no text") from error
    if len(data) > MAX_DOCUMENT:
        raise DiscoveryError(f"a document of {len(data)} bytes; an agent takes {MAX_DOCUMENT}")
    return data


def _read(data: bytes, kind: type[T]) -> T:
    if len(data) > MAX_DOCUMENT:
        raise DiscoveryError(f"a document of more than {MAX_DOCUMENT} bytes")
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DiscoveryError(f"document: {error}") from error


def _from_base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DiscoveryError(f"{what} is not base64") from error

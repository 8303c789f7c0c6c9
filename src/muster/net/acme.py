"""A client of ACME: proves to a CA that names are ours, and gets a certificate for them.

No certificate is kept and no time is planned here (hub/tls/acme.py); who answers challenges is a
Solver. Every wait and length has a limit, and only https:// addresses are ever asked.

Steps of an order: 1 say for which names  2 prove each that is not proved yet  3 wait until the
order is ready  4 send the request  5 wait for the certificate  6 fetch it.

Source: RFC 8555; RFC 8738 (addresses).
"""

import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from muster import __version__
from muster.clock import SECOND_NS, Clock
from muster.errors import ProtocolError, Unavailable
from muster.log import Secret
from muster.model.base64url import format_base64url
from muster.net.client import Answer
from muster.pki.jose import AccountKey

log = logging.getLogger(__name__)

T = TypeVar("T")
MAX_NONCE_TRIES = 5
MAX_POLLS = 60
MAX_WAIT_S = 7 * 86_400.0
_POLL_S, _MOST_POLL_S = 2.0, 60.0
_MAX_AUTHORIZATIONS = 100
_TYPE = "urn:ietf:params:acme:error:"
_PROBLEM_TEXT = 500
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,256}")

_Url = Annotated[str, msgspec.Meta(pattern="^https://", max_length=2048)]


class AcmeRefused(Unavailable):
    """What the server said no to. `kind` is its word for it, such as `rateLimited`."""

    def __init__(self, text: str, kind: str = "", retry_after_s: float = 0.0) -> None:
        super().__init__(text, retry_after_s=retry_after_s)
        self.kind = kind


class Transport(Protocol):
    """Asks an address over TLS. Errors: Unavailable."""

    async def __call__(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str]
    ) -> Answer: ...


class Solver(Protocol):
    """Answers challenges of one kind: `http-01` or `dns-01`."""

    @property
    def kind(self) -> str: ...

    async def present(self, name: str, token: str, answer: str) -> None:
        """Let the server find `answer`, which is this account's for the token."""
        ...

    async def clean(self, name: str, token: str, answer: str) -> None:
        """It has looked. Must not fail for what is gone."""
        ...


class External(msgspec.Struct, frozen=True, kw_only=True):
    """An account elsewhere that vouches for ours, where a CA asks for one."""

    kid: str
    secret: Secret  # base64url, as the CA gave it


class _Directory(msgspec.Struct, frozen=True, rename="camel"):
    new_nonce: _Url
    new_account: _Url
    new_order: _Url


class _Identifier(msgspec.Struct, frozen=True):
    type: str
    value: str


class _Problem(msgspec.Struct, frozen=True):
    type: str = ""
    detail: str = ""


class _Challenge(msgspec.Struct, frozen=True):
    type: str
    url: _Url
    status: str = "pending"
    token: str = ""
    error: _Problem | None = None


class _Authorization(msgspec.Struct, frozen=True):
    identifier: _Identifier
    status: str
    challenges: list[_Challenge]


class _Order(msgspec.Struct, frozen=True):
    status: str
    authorizations: Annotated[list[_Url], msgspec.Meta(max_length=_MAX_AUTHORIZATIONS)]
    finalize: _Url
    certificate: _Url | None = None
    error: _Problem | None = None


class AcmeClient:
    """One account at one CA. `pause` waits so many seconds."""

    def __init__(
        self,
        *,
        directory: str,
        key: Secret,
        transport: Transport,
        pause: Callable[[float], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._directory_url = directory
        self._key = AccountKey(key)
        self._transport = transport
        self._pause = pause
        self._clock = clock
        self._known: _Directory | None = None
        self._nonce = ""
        self.account = ""  # its address, once known

    async def register(self, contact: Sequence[str] = (), external: External | None = None) -> str:
        """Make the account, or find it; its address. Whoever calls agrees to the CA's terms.

        Errors: AcmeRefused; ProtocolError; Unavailable.
        """
        url = (await self._directory()).new_account
        wanted: dict[str, Any] = {"termsOfServiceAgreed": True}
        if contact:
            wanted["contact"] = [f"mailto:{each}" for each in contact]
        if external is not None:
            wanted["externalAccountBinding"] = self._key.bound(
                url=url, kid=external.kid, secret=external.secret
            )
        answer = await self._post(url, wanted)
        self.account = _location(answer)
        return self.account

    async def order(self, names: Sequence[str], request: bytes, solver: Solver) -> str:
        """A certificate for names, with what leads to its CA (PEM). `request` is DER.

        Errors: AcmeRefused with the server's reason; ProtocolError; Unavailable.
        """
        # 1
        asked = {"identifiers": [_identifier(name) for name in names]}
        answer = await self._post((await self._directory()).new_order, asked)
        url, order = _location(answer), _decoded(answer, _Order)
        # 2
        for each in order.authorizations:
            await self._prove(each, solver)
        # 3
        order = await self._settled(url, "pending")
        # 4
        if order.status == "ready":
            await self._post(order.finalize, {"csr": format_base64url(request)})
            # 5
            order = await self._settled(url, "ready", "processing")
        if order.status != "valid" or order.certificate is None:
            raise _invalid(order)
        # 6
        got = await self._post(order.certificate, None, accept="application/pem-certificate-chain")
        try:
            return got.body.decode("ascii")
        except UnicodeDecodeError as error:
            raise ProtocolError("the ACME server's certificate is not PEM") from error

    async def _prove(self, url: str, solver: Solver) -> None:
        found = _decoded(await self._post(url, None), _Authorization)
        if found.status == "valid":
            return
        name = found.identifier.value
        challenge = next((each for each in found.challenges if each.type == solver.kind), None)
        if found.status != "pending" or challenge is None:
            offered = ", ".join(each.type for each in found.challenges)[:200]
            raise AcmeRefused(f"{name}: no {solver.kind} is offered ({found.status}; {offered})")
        if not _TOKEN.fullmatch(challenge.token):  # it becomes the name of a file
            raise ProtocolError("the ACME server's token is none")
        answer = self._key.answer(challenge.token)
        await solver.present(name, challenge.token, answer)
        try:
            await self._post(challenge.url, {})
            await self._proved(url, name, solver.kind)
        finally:
            await solver.clean(name, challenge.token, answer)

    async def _proved(self, url: str, name: str, kind: str) -> None:
        for number in range(MAX_POLLS):
            answer = await self._post(url, None)
            found = _decoded(answer, _Authorization)
            if found.status == "valid":
                return
            if found.status != "pending":
                reasons = [each.error for each in found.challenges if each.type == kind]
                raise AcmeRefused(f"{name}: {_reason(next(iter(reasons), None), found.status)}")
            await self._wait(answer, number)
        raise AcmeRefused(f"{name}: the server did not look in time")

    async def _settled(self, url: str, *unsettled: str) -> _Order:
        for number in range(MAX_POLLS):
            answer = await self._post(url, None)
            order = _decoded(answer, _Order)
            if order.status == "invalid":
                raise _invalid(order)
            if order.status not in unsettled:
                return order
            await self._wait(answer, number)
        raise AcmeRefused("the order was not settled in time")

    async def _wait(self, answer: Answer, number: int) -> None:
        usual_s = min(_POLL_S * 2 ** min(number // 4, 4), _MOST_POLL_S)
        told_s = self._retry_after_s(answer)
        await self._pause(min(told_s, _MOST_POLL_S) if told_s else usual_s)

    async def _directory(self) -> _Directory:
        if self._known is None:
            answer = await self._ask("GET", self._directory_url)
            self._known = _decoded(answer, _Directory)
        return self._known

    async def _post(self, url: str, value: Any, *, accept: str = "application/json") -> Answer:  # noqa: ANN401
        """A signed request; None asks for what is there (section 6.3).

        A nonce that the server does not take any more is replaced (section 6.5).
        """
        payload = b"" if value is None else msgspec.json.encode(value)
        headers = {"Content-Type": "application/jose+json", "Accept": accept}
        for _ in range(MAX_NONCE_TRIES):
            nonce = self._nonce or await self._new_nonce()
            self._nonce = ""
            body = self._key.sign(payload, url=url, nonce=nonce, kid=self.account)
            try:
                return await self._ask("POST", url, body=body, headers=headers)
            except AcmeRefused as error:
                if error.kind != "badNonce":
                    raise
        raise AcmeRefused("the ACME server takes none of its own nonces", "badNonce")

    async def _new_nonce(self) -> str:
        await self._ask("HEAD", (await self._directory()).new_nonce)
        if not self._nonce:
            raise ProtocolError("the ACME server gives no nonce")
        return self._nonce

    async def _ask(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"User-Agent": f"muster/{__version__}", **(headers or {})}
        answer = await self._transport(method, url, body=body, headers=sent)
        self._nonce = answer.headers.get("replay-nonce", "")[:1024]
        if answer.status >= 400:
            raise self._refusal(answer, url)
        if answer.status >= 300:
            raise ProtocolError(f"the ACME server answers {url[:200]} with status {answer.status}")
        return answer

    def _refusal(self, answer: Answer, url: str) -> AcmeRefused:
        try:
            problem = msgspec.json.decode(answer.body, type=_Problem)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            problem = _Problem(detail=f"{url[:200]} answers with status {answer.status}")
        kind = problem.type.removeprefix(_TYPE)
        return AcmeRefused(
            _reason(problem, f"status {answer.status}"), kind, self._retry_after_s(answer)
        )

    def _retry_after_s(self, answer: Answer) -> float:
        """Seconds, or a date (RFC 9110 section 10.2.3); 0 for neither."""
        text = answer.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), MAX_WAIT_S)
        try:
            moment = parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError):
            return 0.0
        return max(0.0, min(moment - self._clock.now_ns() / SECOND_NS, MAX_WAIT_S))


def _identifier(name: str) -> dict[str, str]:
    try:
        return {"type": "ip", "value": str(ipaddress.ip_address(name))}
    except ValueError:
        return {"type": "dns", "value": name}


def _decoded(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"the ACME server's answer is none: {str(error)[:200]}") from error


def _location(answer: Answer) -> str:
    found = answer.headers.get("location", "")
    if not found.startswith("https://") or len(found) > 2048:
        raise ProtocolError(f"the ACME server names no address: {found[:200]!r}")
    return found


def _reason(problem: _Problem | None, otherwise: str) -> str:
    if problem is None or not (problem.detail or problem.type):
        return f"the ACME server says {otherwise}"
    kind = problem.type.removeprefix(_TYPE)
    return f"the ACME server says {kind}: {problem.detail}"[:_PROBLEM_TEXT]


def _invalid(order: _Order) -> AcmeRefused:
    return AcmeRefused(_reason(order.error, f"that the order is {order.status}"))

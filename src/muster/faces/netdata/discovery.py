"""Where a claimed agent goes, and how it proves itself: env, challenge, password.

Who was revoked or removed gets the error object that bans, for ever and without cryptography:
the agent asks every minute from then on, and shows that it is banned.

Source: docs/faces/netdata.md ("Discovery")
"""

import re
from collections.abc import Callable

from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.enrolment.keypasswords import Passwords
from muster.core.enrolment.tokens import Addresses
from muster.errors import InputError, MusterError
from muster.faces.netdata.claim import host_of
from muster.model.address import join_address, split_address
from muster.net.http import Handler, Public, Request, Response, Route
from muster.wire.netdata import discovery as wire
from muster.wire.netdata.discovery import Credentials, Env, Failure, Transport
from muster.wire.netdata.topics import offered_topics

AUTH = "/api/v1/auth"
HTTPS = 443
_MAX_MESSAGE = 300
RETRY_S = 60  # for who is not known: as a banned agent would
_BANNED = frozenset({"node_revoked", "node_removed", "claim_replaced"})
_KEYS = {
    "node_revoked": "ErrAgentRevoked",
    "node_removed": "ErrAgentRemoved",
    "claim_replaced": "ErrAgentReplaced",
    "claim_unknown": "ErrAgentUnknown",
    "challenge_failed": "ErrChallengeFailed",
}
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")


class DiscoveryFace:
    """`address` is where agents are sent, when somebody said so; `port` the listener's."""

    def __init__(
        self,
        *,
        claims: KeyClaims,
        passwords: Passwords,
        addresses: Callable[[], Addresses],
        address: str,
        port: int,
    ) -> None:
        self._claims = claims
        self._passwords = passwords
        self._addresses = addresses
        self._address = address
        self._port = port

    def routes(self) -> list[Route]:
        node = f"{AUTH}/node/{{claim_id}}"
        return [
            _route(
                "GET", "/api/v1/env", self._env, "where a Netdata agent authenticates and connects"
            ),
            _route(
                "GET",
                f"{node}/challenge",
                self._challenge,
                "a nonce that only the key of the claim can read",
            ),
            _route(
                "POST",
                f"{node}/password",
                self._password,
                "give the nonce back for the password of one link",
            ),
        ]

    def _place(self, request: Request) -> str:
        """host:port, as the agent can reach it: it tells no port itself."""
        if self._address:
            return self._address
        host = host_of(request)
        known = host if _HOST.fullmatch(host) else self._addresses().hosts[0]
        return join_address(known, _told_port(request) or self._port or HTTPS)

    async def _env(self, request: Request) -> Response:
        query = wire.parse_env_query(request.query)
        if query.claim_id:  # who asks without one learns no more than from the documentation
            self._claims.key_of(query.claim_id.lower())
        where = self._place(request)
        document = Env(
            auth_endpoint=f"https://{where}{AUTH}",
            transports=(Transport(wire.TRANSPORT, f"wss://{where}/mqtt"),),
            # Beyond 500 s an agent of today takes its limit for milliseconds and comes sooner.
            backoff=wire.Backoff(base=2, max_seconds=500, min_seconds=0),
        )
        return Response(body=wire.format_env(document))

    async def _challenge(self, request: Request) -> Response:
        made = self._passwords.challenge(_claim_id(request))
        return Response(body=wire.format_challenge(made))

    async def _password(self, request: Request) -> Response:
        answer = wire.parse_password_request(request.body)
        given = self._passwords.answer(_claim_id(request), answer.response)
        credentials = Credentials(
            client_id=given.client_id,
            username=given.username,
            password=given.password,
            topics=offered_topics(),
        )
        return Response(status=wire.PASSWORD_STATUS, body=wire.format_credentials(credentials))


def failure_response(error: MusterError) -> Response:
    """The error object, and the status that goes with it."""
    code = error.code
    banned, unknown = code in _BANNED, code == "claim_unknown"
    refused = isinstance(error, KeyClaimRefused)
    status = 404 if unknown else 403 if refused else error.status
    retry_s = RETRY_S if unknown else round(getattr(error, "retry_after_s", 0.0))
    failure = Failure(
        error_code=code,
        error_msg_key=_KEYS.get(code, "ErrRequest"),
        error_message=str(error)[:_MAX_MESSAGE].encode(errors="replace").decode(),
        error_non_retryable=banned,
        error_retry_delay_seconds=0 if banned else retry_s,
    )
    return Response(status=status, body=wire.format_failure(failure))


def _claim_id(request: Request) -> str:
    return request.match["claim_id"].lower()


def _told_port(request: Request) -> int:
    """Of Host; agents leave it out, proxies and people may not."""
    try:
        return split_address(request.headers.get("host", ""))[1]
    except InputError:
        return 0


def _route(method: str, path: str, answer: Handler, summary: str) -> Route:
    async def handler(request: Request) -> Response:
        try:
            return await answer(request)
        except MusterError as error:
            return failure_response(error)

    return Route(
        method=method,
        path=path,
        allow=Public.PROOF,
        handler=handler,
        foreign=True,
        max_body_bytes=wire.MAX_REQUEST_BYTES if method == "POST" else 0,
        summary=summary,
        status=wire.PASSWORD_STATUS if method == "POST" else 0,
    )

"""Claims of Netdata agents: the PUT by which a machine comes in, and the adoption of our own.

Whoever puts a claim reads a key and a status, and no more: 1.x looks at the key alone, 2.x at
the status first. Forbidden has one body, whatever the reason, so that strangers learn nothing;
the audit log has it. Elsewhere: the body's form (wire/netdata/claim.py), who may come in
(core/enrolment/keyclaims.py).

A claim that waits for an admin is answered with 422 and ErrProcessingClaim: the status that
goes with that key, 102, is one that HTTP clients take for the promise of another answer, and
wait for. 1.x exits with 14, 2.x shows the key; either comes in by claiming once more.

Source: docs/faces/netdata.md ("Claim")
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from muster.core.enrolment.adoption import Adoption
from muster.core.enrolment.claimrooms import RoomUnknown
from muster.core.enrolment.gate import ClaimWaits
from muster.core.enrolment.keyclaimform import BadClaimId, BadHostName, KeyClaimRequest
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.enrolment.tokens import Addresses
from muster.errors import (
    Conflict,
    Denied,
    InputError,
    LimitExceeded,
    MusterError,
    Unauthenticated,
    Unavailable,
)
from muster.net.http import Public, Request, Response, Route, json_response
from muster.pki.rsakeys import BadKey
from muster.wire.claimtoken import BadToken
from muster.wire.netdata import claim as wire
from muster.wire.netdata import token
from muster.wire.netdata.claim import BadClaim, ClaimPut, Refusal

log = logging.getLogger(__name__)

DIALECT = "netdata"
PATH = "/api/v1/spaces/nodes/{claim_id}"
ANSWER_S = 8.0  # agents of 2.x wait ten
RETRY_S = 10
_STATUS = {Refusal.PROCESSING: 422}
_WAITS = "an admin of the hub has to let this machine in; claim again once it is approved"
_MAX_ADOPTION = 16_384

# The first that fits.
_REFUSALS: tuple[tuple[type[MusterError], Refusal], ...] = (
    (BadClaimId, Refusal.NODE_ID),
    (BadHostName, Refusal.NODE_NAME),
    (RoomUnknown, Refusal.ROOM_ID),
    (BadKey, Refusal.PUBLIC_KEY),
    (BadToken, Refusal.FORBIDDEN),
    (InputError, Refusal.MALFORMED),
    (Unauthenticated, Refusal.FORBIDDEN),
    (Denied, Refusal.FORBIDDEN),
    (Conflict, Refusal.ALREADY_CLAIMED),
    (ClaimWaits, Refusal.PROCESSING),
    (LimitExceeded, Refusal.UNAVAILABLE),
    (Unavailable, Refusal.UNAVAILABLE),
)


class AdoptBody(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate request (PEM), and the claim's key's signature for it (base64)."""

    request: str
    proof: str


class AdoptedView(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent goes on with: its node, certificate and issuer, trust anchors (PEM)."""

    node: str
    chain: str
    anchors: str
    agents: str  # host:port of the agents' listener


class ClaimFace:
    """Claims by token and key, and certificates of our own for who came so."""

    def __init__(
        self, *, claims: KeyClaims, adoption: Adoption, addresses: Callable[[], Addresses]
    ) -> None:
        self._claims = claims
        self._adoption = adoption
        self._addresses = addresses

    def routes(self) -> list[Route]:
        return [
            Route(
                method="PUT",
                path=PATH,
                allow=Public.PROOF,
                handler=self._put,
                foreign=True,
                max_body_bytes=wire.MAX_BODY,
                summary="become a node by claim token, as Netdata agents do",
                status=204,
            ),
            Route(
                method="PUT",
                path=f"{PATH}/certificate",
                allow=Public.PROOF,
                handler=self._adopt,
                foreign=True,
                max_body_bytes=_MAX_ADOPTION,
                summary="a certificate of our own for a node that came in by its key",
                takes=AdoptBody,
                gives=AdoptedView,
            ),
        ]

    async def _put(self, request: Request) -> Response:
        try:
            asked = _asked(wire.parse_claim(request.body, request.match["claim_id"]), request)
            async with asyncio.timeout(ANSWER_S):
                await self._claims.claim(asked)
        except BadClaim as error:
            return _refused(error.refusal, str(error))
        except MusterError as error:
            return _refusal_of(error)
        except TimeoutError:
            return _refused(Refusal.GATEWAY_TIMEOUT, "the hub is slow just now; claim again")
        except Exception:  # a bug of ours, in the words of this wire
            log.exception("claim failed", extra={"claim": request.match["claim_id"][:64]})
            return _refused(Refusal.INTERNAL, "internal error; the hub's log has it")
        return Response(status=wire.CLAIMED_STATUS)

    async def _adopt(self, request: Request) -> Response:
        body = request.json(AdoptBody)
        adopted = await self._adoption.adopt(
            request.match["claim_id"], body.request, body.proof, request.address
        )
        return json_response(
            AdoptedView(
                node=adopted.node.id,
                chain=adopted.chain,
                anchors=adopted.anchors,
                agents=self._addresses().agents(host_of(request)),
            )
        )


def host_of(request: Request) -> str:
    """The name by which the hub was reached, as the agent says: Host, without a port."""
    host = request.headers.get("host", "")
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() and ":" not in name else host).lower()


def _asked(put: ClaimPut, request: Request) -> KeyClaimRequest:
    token_id, secret = token.decode(put.token.reveal())
    return KeyClaimRequest(
        id=put.node_id,
        dialect=DIALECT,
        machine=put.machine_guid,
        hostname=put.hostname,
        token_id=token_id,
        secret=secret,
        key=put.public_key,
        rooms=put.rooms,
        address=request.address,
        unchecked=wire.UNCHECKED.lower() in request.headers,
    )


def _refusal_of(error: MusterError) -> Response:
    refusal = next((each for kind, each in _REFUSALS if isinstance(error, kind)), Refusal.INTERNAL)
    match refusal:
        case Refusal.FORBIDDEN | Refusal.ALREADY_CLAIMED:
            text = ""  # whose it is, and why not, is for the hub's admins
        case Refusal.PROCESSING:
            text = _WAITS
        case _:
            text = str(error)
    return _refused(refusal, text, round(getattr(error, "retry_after_s", 0.0)))


def _refused(refusal: Refusal, text: str = "", retry_s: int = 0) -> Response:
    headers = {}
    if refusal is Refusal.UNAVAILABLE:
        headers["Retry-After"] = str(max(1, retry_s))
    return Response(
        status=_STATUS.get(refusal, refusal.status),
        body=wire.format_refusal(refusal, text if refusal is not Refusal.FORBIDDEN else ""),
        headers=headers,
    )

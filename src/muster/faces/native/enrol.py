"""Routes of the enrol listener: what a machine needs to come in.

Nobody is known here: the body of a claim proves itself (docs/formats/claim.md).
"""

from collections.abc import Callable

import msgspec

from muster.core.enrolment.claims import ClaimRequest
from muster.core.enrolment.enrol import Enrolment
from muster.core.enrolment.gate import ClaimWaits
from muster.core.enrolment.tokenproof import SignedProof
from muster.core.enrolment.tokens import Addresses
from muster.errors import InputError
from muster.model.address import split_address
from muster.net.http import Public, Request, Response, Route, error_response, json_response
from muster.wire.claim import HUB_HEADER, SignedClaim, parse_claim

MAX_BODY = 65_536
PEM = "application/x-pem-file"


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine gets: its names, its certificate and issuer, the trust anchors (PEM)."""

    node: str
    space: str
    name: str
    chain: str
    anchors: str
    agents: str  # host:port of the agents' listener
    renamed_from: str


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine is told that waits for an admin: ask again with the very same claim."""

    state: str
    request: str  # id in the queue
    retry_after_s: float
    reason: str


def waiting_response(waits: ClaimWaits) -> Response:
    """202: not yet in."""
    claim, retry_s = waits.claim, waits.retry_after_s
    view = WaitingView(state="waiting", request=claim.id, retry_after_s=retry_s, reason=claim.why)
    return json_response(view, status=202, Retry_After=str(round(retry_s)))


class EnrolFace:
    """The way in for machines that have a claim token."""

    def __init__(self, *, enrolment: Enrolment, addresses: Callable[[], Addresses]) -> None:
        self._enrolment = enrolment
        self._addresses = addresses

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/v1/trust",
                allow=Public.TRUST,
                handler=self._trust,
                max_body_bytes=0,
                summary="the trust anchors, PEM",
            ),
            Route(
                method="POST",
                path="/v1/claim",
                allow=Public.PROOF,
                handler=self._claim,
                at_once=self._guess,
                max_body_bytes=MAX_BODY,
                summary="become a node by claim token; 202 while an admin has to decide",
                takes=SignedClaim,
                gives=ClaimView,
            ),
        ]

    async def _trust(self, request: Request) -> Response:
        authority = self._enrolment.authority
        body = authority.anchors.encode("ascii")
        return Response(body=body, content_type=PEM, headers={HUB_HEADER: authority.hub})

    def _guess(self, request: Request) -> Response | None:
        """A guess among many is told so where it comes in, which costs as little as can be.

        None: the claim is to be asked; guesses that come in uncommon forms are held back there.
        """
        refusal = self._enrolment.guess_at_hand(_asked(request))
        return None if refusal is None else error_response(refusal)

    async def _claim(self, request: Request) -> Response:
        try:
            answer = await self._enrolment.claim(_asked(request))
        except ClaimWaits as waits:
            return waiting_response(waits)
        node = answer.node
        return json_response(
            ClaimView(
                node=node.id,
                space=node.space,
                name=node.name,
                chain=answer.chain,
                anchors=answer.anchors,
                agents=self._addresses().agents(_host(request)),
                renamed_from=node.renamed_from,
            )
        )


def _asked(request: Request) -> ClaimRequest:
    """Errors: InputError."""
    body = request.json(SignedClaim)
    claimed = parse_claim(body.signed)
    return ClaimRequest(
        token_id=claimed.token_id,
        proof=SignedProof(body.signed, body.proof),
        request=claimed.csr,
        facts=claimed.facts,
        evidence=claimed.evidence,
        proposed_id=claimed.proposed_id,
        rooms=claimed.rooms,
        address=request.address,
    )


def _host(request: Request) -> str:
    """By which of its names the hub was reached, as the machine says; checked against ours."""
    try:
        return split_address(request.headers.get("host", ""))[0]
    except InputError:
        return ""

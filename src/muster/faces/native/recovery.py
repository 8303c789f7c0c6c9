"""The route by which a node whose certificate has ended gets another, on the enrol listener."""

import msgspec

from muster.core.enrolment.clones import ForkDue
from muster.core.enrolment.gate import ClaimWaits
from muster.core.enrolment.recovery import Recoveries
from muster.faces.native.enrol import waiting_response
from muster.net.http import Public, Request, Response, Route, json_response
from muster.wire.recover import SignedRecovery

MAX_BODY = 114_688  # the signed text and the chain of the old certificate


class RecoveredView(msgspec.Struct, frozen=True, kw_only=True):
    """The new certificate and its issuers, and the trust anchors of now (PEM)."""

    chain: str
    anchors: str


class ForkView(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="fork"):
    """In its place, for a copy that an administrator told to join anew: a claim token."""

    token: str
    text: str


class RecoveryFace:
    """Its body proves itself: it is signed with the old certificate's key."""

    def __init__(self, *, recoveries: Recoveries) -> None:
        self._recoveries = recoveries

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path="/v1/recover",
                allow=Public.PROOF,
                handler=self._recover,
                max_body_bytes=MAX_BODY,
                takes=SignedRecovery,
                gives=RecoveredView,
                summary="a new certificate for a node whose own has ended",
            )
        ]

    async def _recover(self, request: Request) -> Response:
        signed = request.json(SignedRecovery)
        try:
            renewed = await self._recoveries.recover(signed, request.address)
        except ClaimWaits as waits:
            return waiting_response(waits)
        except ForkDue as fork:
            return json_response(ForkView(token=fork.token.reveal(), text=str(fork)))
        return json_response(RecoveredView(chain=renewed.chain, anchors=renewed.anchors))

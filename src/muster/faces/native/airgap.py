"""Routes for requests that come by hand: look at one, and answer it."""

import msgspec

from muster.core.access import require_object
from muster.core.enrolment.airgap import AirGap, Inspected, SignedAnswer, Wanted
from muster.core.enrolment.evidence import score_of
from muster.core.names import tidy_facts
from muster.core.nodes.inventory import Inventory
from muster.faces.native.inventory import working_space
from muster.faces.native.nodeview import Named
from muster.model.access import Action
from muster.model.approval import Reason
from muster.model.ids import SpaceId
from muster.model.inventory import Facts
from muster.net.http import Request, Response, Route, json_response, small_route
from muster.wire import armour

MAX_BODY = armour.MAX_TEXT + 65_536


class GapBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`request` is the text, as armour or as lines of codes."""

    request: str


class SignGapBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Space, rooms and name count for a new node alone; 0 and "" are as usual."""

    request: str
    space: str = ""
    rooms: tuple[str, ...] = ()  # by id or name
    name: str = ""
    lifetime_s: int = 0  # of the certificate, from when the answer has come
    answer_s: int = 0  # how long the answer may be on its way
    agents: str = ""  # "host:port" by which the machine reaches the hub


class GapRequestView(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says. `node` is that which it renews, or became."""

    sha256: str
    key_sha256: str
    facts: Facts
    reasons: tuple[Reason, ...]
    score: int
    pins: tuple[str, ...]
    created_ns: int
    expires_ns: int
    renews: bool
    replaces: str  # state of the certificate that is to be replaced
    node: Named | None
    signed_ns: int


class GapAnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as armour, and as lines for codes. `again`: the node was known before."""

    response: str
    codes: list[str]
    node: Named
    not_after_ns: int
    expires_ns: int
    again: bool
    fingerprint: str  # of the root that signs: what the machine's side compares


class AirGapFace:
    """For who may let machines in."""

    def __init__(self, *, air_gap: AirGap, inventory: Inventory) -> None:
        self._air_gap = air_gap
        self._inventory = inventory

    def routes(self) -> list[Route]:
        path, decide = "/api/v1/air-gap", Action.APPROVAL_DECIDE
        return [
            small_route(
                "POST",
                f"{path}/inspect",
                decide,
                self._inspect,
                "what a request that came by hand says",
                max_body_bytes=MAX_BODY,
                takes=GapBody,
                gives=GapRequestView,
            ),
            small_route(
                "POST",
                f"{path}/sign",
                decide,
                self._sign,
                "answer a request that came by hand",
                max_body_bytes=MAX_BODY,
                takes=SignGapBody,
                gives=GapAnswerView,
                fresh=True,
            ),
        ]

    async def _inspect(self, request: Request) -> Response:
        body = request.json(GapBody)
        return json_response(_inspected(await self._air_gap.inspect(request.actor, body.request)))

    async def _sign(self, request: Request) -> Response:
        body = request.json(SignGapBody)
        if body.space:  # before anything is said of the request
            require_object(request.actor, Action.APPROVAL_DECIDE, SpaceId(body.space), "space")
        wanted = Wanted(
            space=working_space(self._inventory, request.actor, body.space),
            rooms=body.rooms,
            name=body.name,
            lifetime_s=body.lifetime_s,
            answer_s=body.answer_s,
            agents=body.agents,
        )
        answer = await self._air_gap.sign(request.actor, body.request, wanted)
        return json_response(_answer(answer, self._air_gap.fingerprint))


def _inspected(found: Inspected) -> GapRequestView:
    request, node = found.read.request, found.node
    return GapRequestView(
        sha256=found.read.sha256,
        key_sha256=found.read.key_sha256,
        facts=tidy_facts(request.facts),
        reasons=found.reasons,
        score=score_of(found.reasons),
        pins=request.pins,
        created_ns=request.created_ns,
        expires_ns=request.expires_ns,
        renews=bool(found.replaces),
        replaces=found.replaces,
        node=Named(id=node.id, name=node.name) if node else None,
        signed_ns=found.signed_ns,
    )


def _answer(answer: SignedAnswer, fingerprint: str) -> GapAnswerView:
    return GapAnswerView(
        response=answer.text,
        codes=armour.format_parts(armour.Kind.RESPONSE, answer.document),
        node=Named(id=answer.node.id, name=answer.node.name),
        not_after_ns=answer.not_after_ns,
        expires_ns=answer.expires_ns,
        again=answer.again,
        fingerprint=fingerprint,
    )

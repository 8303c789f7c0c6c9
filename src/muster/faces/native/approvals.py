"""Routes of the queue of those who wait for an admin."""

from typing import Literal

import msgspec

from muster.core.enrolment.approvals import Approvals
from muster.core.enrolment.evidence import score_of
from muster.core.nodes.inventory import Inventory
from muster.errors import InputError
from muster.faces.native.nodeview import Named
from muster.model.access import Action
from muster.model.approval import Answer, Kind, Reason, WaitingClaim
from muster.model.evidence import Evidence
from muster.model.ids import NodeId, TokenId
from muster.model.inventory import Facts
from muster.net.http import Request, Response, Route, json_response, small_route

_STATES = {"": False, "waiting": False, "all": True}


class ApproveBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`as` is needed for a reimage: "existing" goes on with the node it looks like.

    `name` and `rooms` (ids or names) are those of a new node; null leaves what it asked for.
    """

    as_: Literal["", "new", "existing"] = msgspec.field(default="", name="as")
    note: str = ""
    name: str | None = None
    rooms: tuple[str, ...] | None = None


class DenyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, in words; the machine is told."""

    note: str = ""


class ApprovalView(msgspec.Struct, frozen=True, kw_only=True):
    """One that waits, or was decided. `decision` is "", "approved", "denied" or "expired"."""

    id: str
    kind: Kind
    name: str
    space: Named
    rooms: list[Named]
    labels: dict[str, str]
    token: TokenId
    address: str
    facts: Facts
    evidence: Evidence
    reasons: tuple[Reason, ...]
    score: int  # 0 to 100
    key_sha256: str
    looks_like: Named | None
    why: str
    created_ns: int
    expires_ns: int
    decision: str
    decided_ns: int
    decided_by: str
    note: str
    node: NodeId
    dialect: str  # of the wire it came by: muster or netdata


class ApprovalFace:
    """The queue, for who may decide."""

    def __init__(self, *, approvals: Approvals, inventory: Inventory) -> None:
        self._approvals = approvals
        self._inventory = inventory

    def routes(self) -> list[Route]:
        path, decide = "/api/v1/approvals", Action.APPROVAL_DECIDE
        return [
            small_route(
                "GET",
                path,
                decide,
                self._list_claims,
                "who waits to be let in",
                gives=list[ApprovalView],
                query={"state": '"waiting" (default), or "all" with those who were decided'},
            ),
            small_route(
                "GET",
                f"{path}/{{id}}",
                decide,
                self._show_claim,
                "one machine that waits, with its evidence",
                gives=ApprovalView,
            ),
            small_route(
                "POST",
                f"{path}/{{id}}/approve",
                decide,
                self._approve,
                "let a waiting machine in",
                takes=ApproveBody,
                gives=ApprovalView,
                fresh=True,
            ),
            small_route(
                "POST",
                f"{path}/{{id}}/deny",
                decide,
                self._deny,
                "refuse a waiting machine",
                takes=DenyBody,
                gives=ApprovalView,
                fresh=True,
            ),
        ]

    def _view(self, claim: WaitingClaim) -> ApprovalView:
        names = {room.id: room.name for room in self._inventory.all_rooms()}
        space = next((each for each in self._inventory.spaces() if each.id == claim.space), None)
        return ApprovalView(
            id=claim.id,
            kind=claim.kind,
            name=claim.name,
            space=Named(id=claim.space, name=space.name if space else ""),
            rooms=[Named(id=id, name=names[id]) for id in claim.rooms if id in names],
            labels=self._approvals.labels_of(claim),
            token=claim.token,
            address=claim.address,
            facts=claim.facts,
            evidence=claim.evidence,
            reasons=claim.reasons,
            score=score_of(claim.reasons),
            key_sha256=claim.key_sha256,
            looks_like=_like(self._inventory, claim),
            why=claim.why,
            created_ns=claim.created_ns,
            expires_ns=claim.expires_ns,
            decision=_decision(self._approvals, claim),
            decided_ns=claim.decided_ns,
            decided_by=claim.decided_by,
            note=claim.note,
            node=claim.node,
            dialect=claim.dialect,
        )

    async def _list_claims(self, request: Request) -> Response:
        state = request.query.get("state", "")
        if state not in _STATES:
            raise InputError(f'state is "waiting" or "all", not {state[:40]!r}')
        found = self._approvals.claims(request.actor, decided_too=_STATES[state])
        return json_response([self._view(claim) for claim in found])

    async def _show_claim(self, request: Request) -> Response:
        return json_response(self._view(self._approvals.claim(request.actor, request.match["id"])))

    async def _approve(self, request: Request) -> Response:
        body = request.json(ApproveBody)
        claim = await self._approvals.approve(
            request.actor,
            request.match["id"],
            as_=body.as_,
            note=body.note,
            name=body.name,
            rooms=body.rooms,
        )
        return json_response(self._view(claim))

    async def _deny(self, request: Request) -> Response:
        note = request.json(DenyBody).note
        return json_response(
            self._view(await self._approvals.deny(request.actor, request.match["id"], note=note))
        )


def _like(inventory: Inventory, claim: WaitingClaim) -> Named | None:
    """A node of the claim's own space, or none."""
    node = inventory.find(NodeId(claim.looks_like)) if claim.looks_like else None
    if node is None or node.space != claim.space:
        return None
    return Named(id=node.id, name=node.name)


def _decision(approvals: Approvals, claim: WaitingClaim) -> str:
    if claim.decision is Answer.WAITING and not approvals.is_open(claim):
        return "expired"
    return claim.decision.value

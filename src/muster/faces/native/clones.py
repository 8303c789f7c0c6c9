"""Routes of copied identities: which nodes have two holders, and what to do about it."""

from collections.abc import Callable

import msgspec

from muster.core.enrolment.clonebook import CloneBook
from muster.core.enrolment.clones import Clones
from muster.core.enrolment.holders import Holders
from muster.faces.native.nodeview import CloneSummary
from muster.model.access import Action
from muster.model.clone import Clone, CloneHolder, CloneKind, CloneState, Decision, differences
from muster.model.ids import NodeId, SpaceId
from muster.net.http import Request, Response, Route, json_response, small_route

_TEXT = {
    CloneKind.LIVING: "Two machines use this node's identity at the same time: its state folder"
    " was copied. The first holds the link; the other waits.",
    CloneKind.TURNS: "Two machines have used this node's identity in turns: its state folder was"
    " copied, or a snapshot of it was started elsewhere.",
    CloneKind.RETIRED: "A second machine knocks with a certificate that this node has replaced: an"
    " older copy of its state folder.",
    CloneKind.WRITERS: "Values come by this node's certificate from two addresses in turns: the"
    " folder of a writer such as Telegraf was copied, or its machine has two ways to this hub.",
}


class HolderView(msgspec.Struct, frozen=True, kw_only=True):
    """One holder of an identity, with what tells its machine from the first's."""

    instance: str
    hostname: str
    address: str  # it connects from
    addresses: tuple[str, ...]  # of its network cards, as it says
    counter: int
    started_ns: int
    boot_id: str
    serial: str
    first_ns: int
    seen_ns: int
    here: bool  # connected, or knocking
    differs: tuple[str, ...]
    decision: Decision
    became: str  # id of its own node after a fork


class CloneView(msgspec.Struct, frozen=True, kw_only=True):
    """Several holders of one node's identity; the first is the one that held it before."""

    id: str
    node: NodeId
    name: str  # of the node
    space: SpaceId
    kind: CloneKind
    state: CloneState
    text: str
    created_ns: int
    changed_ns: int
    decided_by: str
    holders: list[HolderView]


class _Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    holder: str


def summary_of(book: CloneBook, node: NodeId) -> CloneSummary | None:
    """What a node's row says of an open case."""
    clone = book.open_of(node)
    if clone is None:
        return None
    return CloneSummary(
        id=clone.id,
        kind=clone.kind,
        since_ns=clone.created_ns,
        holders=len(clone.holders),
        text=_TEXT[clone.kind],
    )


class CloneFace:
    """Copies of the actor's spaces. For admins: addresses and evidence are theirs to see."""

    def __init__(
        self, *, clones: Clones, book: CloneBook, holders: Holders, name_of: Callable[[NodeId], str]
    ) -> None:
        self._clones = clones
        self._book = book
        self._holders = holders
        self._name_of = name_of

    def routes(self) -> list[Route]:
        path, action = "/api/v1/clones", Action.NODE_REMOVE
        return [
            small_route(
                "GET",
                path,
                action,
                self._list_clones,
                "identities with several holders",
                gives=list[CloneView],
            ),
            small_route(
                "GET",
                f"{path}/{{id}}",
                action,
                self._show_clone,
                "one copied identity, with evidence",
                gives=CloneView,
            ),
            small_route(
                "POST",
                f"{path}/{{id}}/fork",
                Action.TOKEN_MANAGE,
                self._fork,
                "make one holder a node of its own",
                takes=_Fork,
                gives=CloneView,
                fresh=True,
            ),
            small_route(
                "POST",
                f"{path}/{{id}}/dismiss",
                action,
                self._dismiss,
                "say no more of these",
                gives=CloneView,
            ),
        ]

    def _view(self, clone: Clone) -> CloneView:
        return CloneView(
            id=clone.id,
            node=clone.node,
            name=self._name_of(clone.node),
            space=clone.space,
            kind=clone.kind,
            state=clone.state,
            text=_TEXT[clone.kind],
            created_ns=clone.created_ns,
            changed_ns=clone.changed_ns,
            decided_by=clone.decided_by,
            holders=[self._view_holder(clone, each) for each in clone.holders],
        )

    def _view_holder(self, clone: Clone, each: CloneHolder) -> HolderView:
        holder = each.holder
        return HolderView(
            instance=holder.instance,
            hostname=each.hostname,
            address=each.address,
            addresses=holder.addresses,
            counter=holder.counter,
            started_ns=holder.started_ns,
            boot_id=holder.evidence.boot_id,
            serial=each.serial,
            first_ns=each.first_ns,
            seen_ns=self._book.seen_ns(clone, each),
            here=self._holders.is_here(clone, each),
            differs=differences(clone.holders[0].holder, holder),
            decision=each.decision,
            became=each.became,
        )

    async def _list_clones(self, request: Request) -> Response:
        return json_response([self._view(each) for each in self._clones.clones(request.actor)])

    async def _show_clone(self, request: Request) -> Response:
        return json_response(self._view(self._clones.clone(request.actor, request.match["id"])))

    async def _fork(self, request: Request) -> Response:
        holder = request.json(_Fork).holder
        return json_response(
            self._view(await self._clones.fork(request.actor, request.match["id"], holder))
        )

    async def _dismiss(self, request: Request) -> Response:
        return json_response(
            self._view(await self._clones.dismiss(request.actor, request.match["id"]))
        )

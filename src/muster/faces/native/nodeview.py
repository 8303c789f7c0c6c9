"""A node as browsers, scripts and the live page see it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

import msgspec

from muster.core.changes import GONE, NodeChange
from muster.core.nodes.inventory import Inventory, LinkStates
from muster.faces.native.nodelist import Moving, NodeList
from muster.model.access import Actor
from muster.model.identity import Credential, CredentialState
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Facts, Link, Node, NodeState, Room, Space
from muster.net.packed import GrowingBody
from muster.pki.profile import renew_at

_PIECE_BYTES = 16 << 10


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An object by id and name."""

    id: str
    name: str


class RoomOfNode(msgspec.Struct, frozen=True, kw_only=True):
    """A room a node is in; `by_rule`: because the room's rule fits it."""

    id: str
    name: str
    by_rule: bool


class CredentialView(msgspec.Struct, frozen=True, kw_only=True):
    """A Credential and when its node is due to renew it."""

    serial: str
    node: NodeId
    sha256: str
    key_sha256: str
    issuer: str
    not_before_ns: int
    not_after_ns: int
    renew_ns: int
    state: CredentialState


class CloneSummary(msgspec.Struct, frozen=True, kw_only=True):
    """That a node's identity has several holders. More: GET /api/v1/clones/{id}."""

    id: str
    kind: str
    since_ns: int
    holders: int
    text: str


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A Node with its state, link and the credential that stands for it.

    `credentials`, newest first, only where one node is asked for.
    """

    id: NodeId
    name: str
    space: Named
    rooms: list[RoomOfNode]
    labels: dict[str, str]
    ephemeral_s: int
    state: NodeState
    cause: str
    renamed_from: str
    created_ns: int
    last_seen_ns: int
    revoked_ns: int
    revoked_reason: str
    local: bool
    facts: Facts
    link: Link
    credential: CredentialView | None
    clone: CloneSummary | None = None
    bytes_day: int | None = None  # that its values take on disk a day; null: not known yet
    credentials: list[CredentialView] | msgspec.UnsetType = msgspec.UNSET


class NodeViews:
    """Makes NodeViews. `local` is the node of the agent that runs beside the hub."""

    def __init__(
        self,
        *,
        inventory: Inventory,
        links: LinkStates,
        local: Callable[[], str],
        clone_of: Callable[[NodeId], CloneSummary | None] = lambda _: None,
    ) -> None:
        self._clone_of = clone_of
        self._bytes_day: Callable[[NodeId], int | None] = lambda _: None
        self._inventory = inventory
        self._links = links
        self._local = local
        self._list = NodeList()

    def measured(self, bytes_day: Callable[[NodeId], int | None]) -> None:
        """From here on views tell what values of a node take on disk a day."""
        self._bytes_day = bytes_day

    def some(self, nodes: Iterable[Node], actor: Actor | None = None) -> list[NodeView]:
        """A few, as an actor sees them, with the rooms that it may know of; None: with all."""
        names, inventory = self._names(actor), self._inventory
        return [
            self._view(
                node,
                names,
                self._standing(node),
                inventory.credential_at_hand(node.id)
                or _foremost(inventory.credentials_of(node.id)),
            )
            for node in nodes
        ]

    async def write(
        self,
        body: GrowingBody,
        nodes: Sequence[Node],
        actor: Actor | None,
        fits: Callable[[NodeView], bool] | None = None,
        limit: int | None = None,
    ) -> None:
        """Add those that fit, the first `limit` of them, as a JSON list.

        For ten thousand it takes a tenth of a second to put them into words: in a thread, so
        that others need not wait, nor the list for a turn of each of them.
        """
        names = self._names(actor)
        if fits is None and not names.is_own:
            await asyncio.to_thread(self._write_all, body, nodes[:limit], names)
            return
        standings = [self._standing(node) for node in nodes]

        def write() -> None:
            current = self._inventory.current_credentials()
            known = zip(nodes, standings, strict=True)
            views = (
                self._view(node, names, standing, current.get(node.id)) for node, standing in known
            )
            fitting = (view for view in views if fits is None or fits(view))
            body.add(msgspec.json.encode(list(islice(fitting, limit))))

        await asyncio.to_thread(write)

    def warm(self, nodes: Iterable[Node]) -> None:
        """Put all into words before anybody asks, in a thread.

        Of ten thousand that takes half a second, and three times as long while they come back.
        """
        names, current, words = (
            self._names(None),
            self._inventory.current_credentials(),
            bytearray(),
        )
        for node in nodes:
            self._put(words, node, names, current)
            words.clear()

    def _write_all(self, body: GrowingBody, nodes: Sequence[Node], names: "_Names") -> None:
        current, words = self._inventory.current_credentials(), bytearray(b"[")
        for node in nodes:
            if len(words) >= _PIECE_BYTES:
                body.add(words)
                words.clear()
            self._put(words, node, names, current)
            words += b","
        if nodes:
            words.pop()  # the last comma
        body.add(words + b"]")

    def _put(
        self,
        words: bytearray,
        node: Node,
        names: "_Names",
        current: Mapping[NodeId, Credential],
    ) -> None:
        standing, credential = self._standing(node), current.get(node.id)
        rooms = self._inventory.rooms_of(node)
        called = tuple(names.rooms[id].name for id in rooms if id in names.rooms)
        space, is_local = names.spaces[node.space].name, node.id == names.local
        moving = Moving(
            state=standing.state,
            cause=standing.cause,
            last_seen_ns=max(node.last_seen_ns, standing.link.last_seen_ns),
            link=standing.link,
            clone=standing.clone,
            bytes_day=self._bytes_day(node.id),
        )
        view = partial(self._view, node, names, standing, credential)
        self._list.put(words, node, (space, rooms, called, credential, is_local), view, moving)

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes."""
        if change in GONE:
            self._list.forget(node)

    def one(self, node: Node, actor: Actor | None = None) -> NodeView:
        """With all its credentials."""
        known = self._inventory.credentials_of(node.id)
        view = self._view(node, self._names(actor), self._standing(node), _foremost(known))
        return msgspec.structs.replace(view, credentials=[view_credential(each) for each in known])

    def _names(self, actor: Actor | None) -> "_Names":
        spaces = {space.id: space for space in self._inventory.spaces()}
        rooms: Mapping[RoomId, Room] = self._inventory.roster.rooms()
        is_own = actor is not None and bool(actor.room_roles)
        if is_own:
            rooms = {room.id: room for room in self._inventory.rooms(actor)}
        return _Names(spaces, rooms, self._local(), is_own)

    def _standing(self, node: Node) -> "_Standing":
        state, cause = self._links.state_of(node)
        return _Standing(state, cause, self._links.link_of(node), self._clone_of(node.id))

    def _view(
        self, node: Node, names: "_Names", standing: "_Standing", credential: Credential | None
    ) -> NodeView:
        link, rooms = standing.link, names.rooms
        known = [rooms[id] for id in self._inventory.rooms_of(node) if id in rooms]
        return NodeView(
            id=node.id,
            name=node.name,
            space=Named(id=node.space, name=names.spaces[node.space].name),
            rooms=[
                RoomOfNode(id=room.id, name=room.name, by_rule=room.id not in node.rooms)
                for room in known
            ],
            labels=node.labels,
            ephemeral_s=node.ephemeral_s,
            state=standing.state,
            cause=standing.cause,
            renamed_from=node.renamed_from,
            created_ns=node.created_ns,
            last_seen_ns=max(node.last_seen_ns, link.last_seen_ns),
            revoked_ns=node.revoked_ns,
            revoked_reason=node.revoked_reason,
            local=node.id == names.local,
            facts=node.facts,
            link=link,
            credential=view_credential(credential) if credential else None,
            clone=standing.clone,
            bytes_day=self._bytes_day(node.id),
        )


class _Standing(NamedTuple):
    """What of a node changes by itself."""

    state: NodeState
    cause: str
    link: Link
    clone: CloneSummary | None


class _Names(NamedTuple):
    """What is looked up for all nodes that are shown."""

    spaces: Mapping[SpaceId, Space]
    rooms: Mapping[RoomId, Room]
    local: str
    is_own: bool  # the rooms are those that one actor may know of


def view_credential(credential: Credential) -> CredentialView:
    return CredentialView(
        serial=credential.serial,
        node=credential.node,
        sha256=credential.sha256,
        key_sha256=credential.key_sha256,
        issuer=credential.issuer,
        not_before_ns=credential.not_before_ns,
        not_after_ns=credential.not_after_ns,
        renew_ns=renew_at(credential.not_before_ns, credential.not_after_ns, 0.0),
        state=credential.state,
    )


def _foremost(known: list[Credential]) -> Credential | None:
    for state in (CredentialState.ACTIVE, CredentialState.NEXT):
        for credential in known:
            if credential.state is state:
                return credential
    return known[0] if known else None

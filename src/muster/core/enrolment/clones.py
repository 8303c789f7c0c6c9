"""What administrators do about two holders of one identity: look, fork one, or dismiss it.

A fork makes one holder a node of its own: it gets a claim token for one use into the same
space and rooms, over its link or when it next knocks. The history of the node stays whole.
Elsewhere: how copies are noticed (core/enrolment/holders.py), what is written
(core/enrolment/clonebook.py).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from muster.clock import Clock
from muster.core.access import require, require_object, spaces_of
from muster.core.enrolment.clonebook import CloneBook, name_holder, with_holder
from muster.core.enrolment.holders import Holders, LinkOf
from muster.core.enrolment.tokens import ClaimTokens
from muster.core.names import is_id
from muster.core.nodes.marks import Marks
from muster.errors import Conflict, NotFound
from muster.log import Secret
from muster.model.access import Action, Actor
from muster.model.clone import Clone, CloneHolder, CloneState, Decision
from muster.model.ids import NodeId, TokenId
from muster.model.inventory import Node
from muster.ports.records import Records

_FORK = timedelta(hours=1)  # for the chosen holder to come and claim
Mint = Callable[[Node, str], Awaitable[tuple[TokenId, Secret]]]


class ForkDue(Conflict):
    """The visitor is to become a node of its own, by this claim token."""

    code = "identity_forked"

    def __init__(self, token: Secret, text: str) -> None:
        super().__init__(text)
        self.token = token


class Clones:
    """Copies of identities, as far as an actor may see and decide.

    `mint` makes a one-use token into a node's space and rooms, for somebody by name.
    """

    def __init__(
        self,
        *,
        book: CloneBook,
        holders: Holders,
        records: Records,
        clock: Clock,
        link_of: LinkOf,
        mint: Mint,
    ) -> None:
        self._clock = clock
        self._book = book
        self._holders = holders
        self._records = records
        self._link_of = link_of
        self._mint = mint
        self._tokens: dict[tuple[str, str], tuple[TokenId, Secret]] = {}  # (clone, instance)

    def clones(self, actor: Actor | None) -> list[Clone]:
        """Those of the actor's spaces, newest first. Errors: Unauthenticated, Denied."""
        actor = require(actor, Action.NODE_REMOVE)
        spaces = spaces_of(actor, Action.NODE_REMOVE)
        known = self._book.records.clones()
        return [each for each in known if spaces is None or each.space in spaces]

    def clone(self, actor: Actor | None, id: str) -> Clone:
        """Errors: NotFound, Denied."""
        clone = self._book.records.clone(id) if is_id(id) else None
        if clone is None:
            require(actor, Action.NODE_REMOVE)
            raise NotFound("no such clone")
        require_object(actor, Action.NODE_REMOVE, clone.space, "clone")
        return clone

    async def fork(self, actor: Actor | None, id: str, instance: str) -> Clone:
        """Let one holder become a node of its own: at once, or when it next knocks.

        Errors: NotFound, Denied; Conflict when it is decided already, or none would stay.
        """
        async with self._book.changing:
            clone = self.clone(actor, id)
            actor = require(actor, Action.TOKEN_MANAGE, clone.space)
            chosen = _undecided(clone, instance)
            decided = msgspec.structs.replace(chosen, decision=Decision.FORK)
            clone = msgspec.structs.replace(with_holder(clone, decided), decided_by=actor.name)
            await self._book.save(clone, actor, "clone.fork", name_holder(chosen))
            link = self._link_of(clone.node)
            if link is None or link.held_by.holder.instance != instance:
                return clone
            await self._holders.forget(clone.node)
            token = await self._token_for(clone, decided)
        await link.fork(token, _text(clone))
        return self.clone(actor, id)

    async def dismiss(self, actor: Actor | None, id: str) -> Clone:
        """Say no more of these holders. Errors: NotFound, Denied, Conflict."""
        async with self._book.changing:
            clone = self.clone(actor, id)
            actor = require(actor, Action.NODE_REMOVE, clone.space)
            if clone.state is not CloneState.OPEN:
                raise Conflict("this is decided already")
            done = msgspec.structs.replace(clone, state=CloneState.DISMISSED, decided_by=actor.name)
            await self._book.save(done, actor, "clone.dismiss")
            return done

    async def redirect(self, node: NodeId, instance: str) -> None:
        """Send a holder on that is to be a node of its own. Errors: ForkDue."""
        if not self._is_due(node, instance):
            return
        async with self._book.changing:
            clone = self._book.open_of(node)
            known = clone.find(instance) if clone else None
            if clone and known and known.decision is Decision.FORK:
                raise ForkDue(await self._token_for(clone, known), _text(clone))

    async def welcome(self, node: NodeId, address: str) -> None:
        """Notice that a node is what became of a fork."""
        for clone in list(self._book.opened().values()):
            for each in clone.holders:
                if clone.node != node and each.decision is Decision.FORK:
                    await self._finish(clone, each, node, address)

    def _is_due(self, node: NodeId, instance: str) -> bool:
        clone = self._book.open_of(node)
        known = clone.find(instance) if clone else None
        return known is not None and known.decision is Decision.FORK

    async def _finish(self, clone: Clone, each: CloneHolder, node: NodeId, address: str) -> None:
        claims = self._records.tokens.claims(each.token) if each.token else []
        if all(claim.node != node for claim in claims):
            return
        async with self._book.changing:
            clone = self._book.open_of(clone.node) or clone
            became = msgspec.structs.replace(each, decision=Decision.FORKED, became=node)
            clone = with_holder(clone, became)
            if len(clone.undecided) <= 1 and not _is_waiting(clone):
                clone = msgspec.structs.replace(clone, state=CloneState.FORKED)
            self._tokens.pop((clone.id, each.holder.instance), None)
            who = Actor(name=f"node {node}", address=address)
            await self._book.save(clone, who, "clone.forked", name_holder(each))

    async def _token_for(self, clone: Clone, chosen: CloneHolder) -> Secret:
        """The token of a fork; the same one for as long as it holds and this hub runs."""
        place = (clone.id, chosen.holder.instance)
        if place not in self._tokens or not self._holds(self._tokens[place][0]):
            node = self._records.nodes.node(clone.node)
            if node is None:
                raise NotFound("no such node")
            self._tokens[place] = await self._mint(node, clone.decided_by)
            chosen = msgspec.structs.replace(chosen, token=self._tokens[place][0])
            who = Actor(name=f"hub for {clone.decided_by}")
            await self._book.save(with_holder(clone, chosen), who, "clone.token", chosen.token)
        return self._tokens[place][1]

    def _holds(self, id: TokenId) -> bool:
        """A token that was used still lets its own key repeat the claim."""
        token = self._records.tokens.token(id)
        return (
            token is not None
            and not token.revoked_ns
            and (token.used > 0 or token.expires_ns > self._clock.now_ns())
        )


def minting(tokens: ClaimTokens) -> Mint:
    """Make fork tokens as claim tokens are made, in the name of who decided."""

    async def mint(node: Node, by: str) -> tuple[TokenId, Secret]:
        made = await tokens.create(
            Actor(name=f"hub for {by}", operator=True),
            node.space,
            rooms=node.rooms,
            lifetime=_FORK,
            description=f"fork of {node.name}"[:200],
        )
        return made.record.id, made.text

    return mint


class Copies:
    """What every link of an agent passes: whether it is a copy, a fork, or became of one."""

    def __init__(self, *, holders: Holders, clones: Clones, marks: Marks) -> None:
        self._holders = holders
        self._clones = clones
        self._marks = marks

    async def meet(self, node: NodeId, visitor: CloneHolder, *, can_fork: bool) -> None:
        """A holder with a good certificate wants to be the link.

        Errors: IdentityCopied while another holder answers; ForkDue.
        """
        if can_fork:
            await self._clones.redirect(node, visitor.holder.instance)
        await self._clones.welcome(node, visitor.address)
        if last := await self._holders.meet(node, visitor):
            await self._marks.note(node, last, visitor)

    async def meet_retired(self, node: NodeId, visitor: CloneHolder, *, can_fork: bool) -> None:
        """A holder shows a certificate that was replaced, or has ended.

        Errors: IdentityCopied while another holder answers; ForkDue.
        """
        if can_fork:
            await self._clones.redirect(node, visitor.holder.instance)
        await self._holders.meet_retired(node, visitor)


def _undecided(clone: Clone, instance: str) -> CloneHolder:
    """The holder to decide on. Errors: NotFound, Conflict."""
    chosen = clone.find(instance)
    if chosen is None:
        raise NotFound("no such holder of this identity")
    if clone.state is not CloneState.OPEN or chosen.decision is not Decision.NONE:
        raise Conflict("this is decided already")
    if not chosen.can_fork:
        raise Conflict(
            "this agent cannot be told to fork: on the copy, remove what it took along of the"
            " other's identity, and claim it anew; then dismiss this"
        )
    if clone.undecided == (chosen,):
        raise Conflict("one holder must stay: its node is the one with the history")
    return chosen


def _is_waiting(clone: Clone) -> bool:
    return any(each.decision is Decision.FORK for each in clone.holders)


def _text(clone: Clone) -> str:
    return f"{clone.decided_by} decided at the hub that this machine is a copy: it joins anew"

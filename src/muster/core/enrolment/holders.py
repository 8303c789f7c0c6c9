"""Who may be the link of a node, when a state folder may have been copied.

A copied folder gives two machines one key. What tells them from one agent that connects
again: each run of an agent has an `instance` of its own, so a second instance is a second
holder if the first still answers. One that is alone but whose count of starts goes back was
restored from a snapshot on the same machine, or is a copy on another.
The first holder keeps the link.

Calls run on the event loop's thread; what writes waits for the disk in a thread.
Source: docs/guide/recovery-and-clones.md
"""

import asyncio
import uuid
from collections.abc import Callable
from typing import Protocol

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.audit import make_event
from muster.core.changes import GONE, NodeChange
from muster.core.enrolment.clonebook import CloneBook, name_holder
from muster.core.throttle import Throttle
from muster.errors import Denied
from muster.log import Secret
from muster.model.access import Actor, AuditEvent
from muster.model.clone import (
    Clone,
    CloneHolder,
    CloneKind,
    CloneState,
    Decision,
    differences,
)
from muster.model.ids import NodeId
from muster.model.inventory import Node

MAX_HOLDERS = 32  # shown of one copied identity; more copies are refused all the same
KNOCK_S = 2.0  # until a copy may ask again what was decided
_KNOCK_MOST_S = 60.0
_DISMISSED_S = 300.0
_ALARMS_PER_MINUTE = 12  # new holders noted of one node


class IdentityCopied(Denied):
    """Another holder of this identity is connected and answers."""

    code = "identity_copied"

    def __init__(self, text: str, retry_after_s: float) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class HeldLink(Protocol):
    """A node's link as far as copies go: ports.session.Session is one."""

    @property
    def held_by(self) -> CloneHolder:
        """The run of an agent at its far end."""
        ...

    async def is_alive(self) -> bool:
        """Whether its agent answers now."""
        ...

    async def fork(self, token: Secret, text: str) -> None:
        """Tell it to become a node of its own."""
        ...


LinkOf = Callable[[NodeId], HeldLink | None]


class Holders:
    """Judges every agent that wants to be the link of a node."""

    def __init__(
        self,
        *,
        book: CloneBook,
        clock: Clock,
        link_of: LinkOf,
        find: Callable[[NodeId], Node | None],
    ) -> None:
        self._book = book
        self._clock = clock
        self._link_of = link_of
        self._find = find
        self._alarms = Throttle(clock=clock, limit=_ALARMS_PER_MINUTE, window_s=60)
        # Instances, as they stand in the records: read at once, as all come back after a start.
        self._let_in = book.records.instances()

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes."""
        if change in GONE:
            self._let_in.pop(node, None)

    async def meet(self, node: NodeId, visitor: CloneHolder) -> CloneHolder | None:
        """A holder with a good certificate wants to be the link; which run it comes after, if any.

        Errors: IdentityCopied while another holder answers.
        """
        if not visitor.holder.instance:
            return None
        older = self._link_of(node)
        if older is not None and _is_other(older.held_by, visitor) and await older.is_alive():
            clone = await self.note(node, CloneKind.LIVING, older.held_by, visitor)
            raise _refusal(clone, older.held_by)
        if self._let_in.get(node) != visitor.holder.instance:
            return await self._let_in_anew(node, visitor)
        return None

    async def meet_retired(self, node: NodeId, visitor: CloneHolder) -> None:
        """A holder shows a certificate that was replaced, or has ended; it may be a copy.

        Errors: IdentityCopied while another holder answers.
        """
        if not visitor.holder.instance:
            return
        link = self._link_of(node)
        if link is not None and _is_other(link.held_by, visitor) and await link.is_alive():
            clone = await self.note(node, CloneKind.RETIRED, link.held_by, visitor)
            raise _refusal(clone, link.held_by)

    async def forget(self, node: NodeId) -> None:
        """The last holder was told to leave: the next is compared with nobody."""
        self._let_in.pop(node, None)
        await asyncio.to_thread(self._book.records.forget_holder, node)

    def is_here(self, clone: Clone, each: CloneHolder) -> bool:
        """Whether a holder is connected, or knocked a moment ago."""
        link = self._link_of(clone.node)
        if link is not None and link.held_by.holder.instance == each.holder.instance:
            return True
        age_ns = self._clock.now_ns() - self._book.seen_ns(clone, each)
        return age_ns < 2 * _KNOCK_MOST_S * SECOND_NS

    async def _let_in_anew(self, node: NodeId, visitor: CloneHolder) -> CloneHolder | None:
        """Let in a run of an agent that was not the last one; look whether it goes back."""
        instance = visitor.holder.instance
        last = self._book.records.holder(node)
        if last is not None and last.holder.instance == instance:
            last = None
        else:
            event = None
            if last is not None and visitor.holder.counter <= last.holder.counter:
                if differences(last.holder, visitor.holder):
                    await self.note(node, CloneKind.TURNS, last, visitor)
                else:
                    event = self._restored(node, last, visitor)
            await asyncio.to_thread(self._book.records.keep_holder, node, visitor, event)
        self._let_in[node] = instance
        return last

    def _restored(self, node: NodeId, last: CloneHolder, visitor: CloneHolder) -> AuditEvent | None:
        known = self._find(node)
        if known is None:
            return None
        who = Actor(name=f"node {known.name}", address=visitor.address)
        detail = f"start {visitor.holder.counter} after {last.holder.counter}: an older state"
        return make_event(self._clock, who, "node.restored", node, detail=detail, space=known.space)

    async def note(
        self, node: NodeId, kind: CloneKind, first: CloneHolder, visitor: CloneHolder
    ) -> Clone | None:
        """The open case of these holders, with this one in it. None: dismissed, or no room."""
        async with self._book.changing:
            clone = self._book.open_of(node)
            if clone and clone.find(visitor.holder.instance):
                self._book.note_knock(clone, visitor.holder.instance)
                return clone
            if clone is None and self._book.is_dismissed(node, first, visitor):
                return None
            known = self._find(node)
            if known is None or self._alarms.take(node):
                return clone
            clone = clone or _new(known, kind, first, self._clock.now_ns())
            stay = tuple(each for each in clone.holders if not self._is_gone(clone, each, visitor))
            if len(stay) >= MAX_HOLDERS:
                return clone
            clone = msgspec.structs.replace(clone, holders=(*stay, visitor))
            who = Actor(name=f"node {known.name}", address=visitor.address)
            await self._book.save(clone, who, "clone.seen", _told(first, visitor))
            return clone

    def _is_gone(self, clone: Clone, each: CloneHolder, visitor: CloneHolder) -> bool:
        """Whether a holder is an earlier run of the visitor's agent."""
        return (
            each.decision is Decision.NONE
            and each.holder.counter < visitor.holder.counter
            and not differences(each.holder, visitor.holder)
            and each.hostname == visitor.hostname
            and not self.is_here(clone, each)
        )


def _new(node: Node, kind: CloneKind, first: CloneHolder, now_ns: int) -> Clone:
    return Clone(
        id=str(uuid.uuid4()),
        node=node.id,
        space=node.space,
        kind=kind,
        state=CloneState.OPEN,
        created_ns=now_ns,
        changed_ns=now_ns,
        holders=(first,),
    )


def _is_other(held: CloneHolder, visitor: CloneHolder) -> bool:
    """Whether two runs of agents are not the same one; what does not say is nobody's copy."""
    return held.holder.instance not in ("", visitor.holder.instance)


def _refusal(clone: Clone | None, first: CloneHolder) -> IdentityCopied:
    text = f"this node's identity is in use by another machine ({name_holder(first)}), from a copy"
    text += " of the state folder"
    if clone is None:
        return IdentityCopied(f"{text}; the hub was told to leave it so", _DISMISSED_S)
    wait_s = min(_KNOCK_MOST_S, KNOCK_S + len(clone.holders))
    return IdentityCopied(
        f"{text}; an administrator decides at the hub: muster node clones", wait_s
    )


def _told(first: CloneHolder, visitor: CloneHolder) -> str:
    how = differences(first.holder, visitor.holder)
    by = f"differ in {', '.join(how)}" if how else "the machines look alike"
    return f"{name_holder(first)} and {name_holder(visitor)}: {by}"

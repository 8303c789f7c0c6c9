"""Audit events: made here alone, so that they all look alike; reading and verifying them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import msgspec

from muster.clock import Clock, span_ns
from muster.core.access import require, spaces_of
from muster.errors import Conflict, InputError
from muster.model.access import Action, Actor, AuditEvent
from muster.model.auditchain import FORGOTTEN, ChainReport, Checkpoint
from muster.ports.records import AuditRecords, StoredEvent

MAX_EVENTS = 1000
MAX_TEXT = 300


class AuditSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[audit] of the hub's configuration."""

    keep: timedelta = timedelta(days=365)  # how long events are kept
    events_max: int = 1_000_000  # how many events are kept, the newest; a million take some 200 MB


def make_event(
    clock: Clock,
    actor: Actor,
    action: str,
    object: str,
    *,
    outcome: str = "ok",
    detail: str = "",
    space: str = "",
) -> AuditEvent:
    """An event of now. Texts are cut to a length and their control characters escaped."""
    return AuditEvent(
        time_ns=clock.now_ns(),
        actor=clean(f"{actor.name} by API token {actor.token}" if actor.token else actor.name),
        action=action,
        object=clean(object),
        address=clean(actor.address),
        outcome=outcome,
        detail=clean(detail),
        space=space,
    )


def clean(text: str) -> str:
    """Text that cannot forge a line: what is not printable is escaped, the rest cut off."""
    plain = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return plain[:MAX_TEXT]


class Audit:
    """Reads events back, as far as an actor may, checks their chain, and forgets the oldest.

    `anchor` is the hash that was noted beside the records.
    """

    def __init__(
        self,
        *,
        records: AuditRecords,
        clock: Clock,
        settings: AuditSettings,
        anchor: Callable[[], Checkpoint | None] = lambda: None,
    ) -> None:
        self._records = records
        self._clock = clock
        self._settings = settings
        self._anchor = anchor
        self._checking = False

    def events(
        self,
        actor: Actor | None,
        *,
        limit: int = 100,
        before: int = 0,
        after: int | None = None,
    ) -> list[StoredEvent]:
        """Newest first; with `after` those that came after an id, oldest first.

        Errors: InputError for a limit out of 1..1000; Denied.
        """
        actor = require(actor, Action.AUDIT_READ)
        if not 1 <= limit <= MAX_EVENTS or before < 0 or (after or 0) < 0:
            raise InputError(f"limit is 1 to {MAX_EVENTS}: {limit}")
        spaces = spaces_of(actor, Action.AUDIT_READ)
        return self._records.events(spaces=spaces, limit=limit, before=before, after=after)

    async def verify(self, actor: Actor | None, noted: Checkpoint | None = None) -> ChainReport:
        """Whether every event is as it was written, and whether `noted` is one of them.

        Errors: Denied; Conflict while another is at it: it reads the whole log.
        """
        require(actor, Action.HUB_MANAGE)
        if self._checking:
            raise Conflict("the audit log is being verified already; ask again in a moment")
        known = {each.id: each.hash for each in (self._anchor(), noted) if each is not None}
        self._checking = True
        try:
            return await asyncio.to_thread(self._records.check, known)
        finally:
            self._checking = False

    async def prune(self) -> int:
        """Forget what is old, and the oldest of too many; how many."""
        before_ns = self._clock.now_ns() - span_ns(self._settings.keep)
        event = make_event(self._clock, Actor(name="hub", operator=True), FORGOTTEN, "")
        return await asyncio.to_thread(
            self._records.prune, before_ns, self._settings.events_max, event
        )

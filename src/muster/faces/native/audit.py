"""Routes of the audit log: reading it, and verifying its chain."""

import msgspec

from muster.core.audit import Audit
from muster.errors import InputError
from muster.model.access import Action
from muster.model.auditchain import ChainReport, Checkpoint
from muster.net.http import Request, Response, Route, json_response
from muster.ports.records import StoredEvent

_DIGITS = frozenset("0123456789abcdef")


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `hash` is over its words and the hash before it (docs/formats/records.md)."""

    id: int
    time_ns: int
    actor: str
    action: str
    object: str
    address: str
    outcome: str
    detail: str
    space: str
    hash: str


class AuditFace:
    """For who may read the log; its chain is verified for admins of the hub."""

    def __init__(self, *, audit: Audit) -> None:
        self._audit = audit

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/audit",
                allow=Action.AUDIT_READ,
                handler=self._list_events,
                max_body_bytes=0,
                summary="who did what, newest first, or oldest first after an id",
                query={
                    "limit": "how many, 1 to 1000",
                    "before": "an id: only events from before it",
                    "after": "an id: only events after it, the oldest first; 0 for all",
                },
                gives=list[EventView],
            ),
            Route(
                method="GET",
                path="/api/v1/audit/verify",
                allow=Action.HUB_MANAGE,
                handler=self._verify,
                max_body_bytes=0,
                summary="whether every event is as it was written; the first that is not",
                query={
                    "event": "id of an event whose hash was noted elsewhere",
                    "hash": "and the hash that was noted",
                },
                gives=ChainReport,
            ),
        ]

    async def _list_events(self, request: Request) -> Response:
        after = request.number("after", 0) if request.query.get("after") else None
        events = self._audit.events(
            request.actor,
            limit=request.number("limit", 100),
            before=request.number("before", 0),
            after=after,
        )
        return json_response([_view(stored) for stored in events])

    async def _verify(self, request: Request) -> Response:
        return json_response(await self._audit.verify(request.actor, _noted(request)))


def _noted(request: Request) -> Checkpoint | None:
    """A hash that somebody has kept where the hub cannot write. Errors: InputError."""
    event, hash = request.number("event", 0), request.query.get("hash", "")
    if not event and not hash:
        return None
    if not event or len(hash) != 64 or not set(hash) <= _DIGITS:
        raise InputError("a noted event is its id and its hash, 64 digits of 0-9 and a-f")
    return Checkpoint(event, hash)


def _view(stored: StoredEvent) -> EventView:
    fields = {name: getattr(stored.event, name) for name in stored.event.__struct_fields__}
    return EventView(id=stored.id, hash=stored.hash, **fields)

"""The route of the audit log."""

from muster.core.audit import Audit
from muster.errors import InputError
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response
from muster.ports.records import StoredEvent


def routes(*, audit: Audit) -> list[Route]:
    async def list_events(request: Request) -> Response:
        events = audit.events(
            request.actor,
            limit=_number(request, "limit", 100),
            before=_number(request, "before", 0),
        )
        return json_response([_view(stored) for stored in events])

    return [
        Route(
            method="GET",
            path="/api/v1/audit",
            allow=Action.AUDIT_READ,
            handler=list_events,
            max_body_bytes=0,
            summary="who did what, newest first; ?limit= and ?before= (an id)",
        )
    ]


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InputError(f"{name} is no number: {text[:40]!r}")
    return int(text)


def _view(stored: StoredEvent) -> dict[str, str | int]:
    event = stored.event
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return {"id": stored.id, **fields}

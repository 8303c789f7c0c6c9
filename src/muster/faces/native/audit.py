"""The route of the audit log."""

from muster.core.audit import Audit
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response
from muster.ports.records import StoredEvent


def routes(*, audit: Audit) -> list[Route]:
    async def list_events(request: Request) -> Response:
        events = audit.events(
            request.actor,
            limit=request.number("limit", 100),
            before=request.number("before", 0),
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


def _view(stored: StoredEvent) -> dict[str, str | int]:
    event = stored.event
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return {"id": stored.id, **fields}

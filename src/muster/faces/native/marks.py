"""Route of the marks of a node: when its agent began anew, and what had changed around it."""

import msgspec

from muster.core.nodes.marks import Marks
from muster.model.access import Action
from muster.model.mark import Mark, MarkKind
from muster.net.http import Request, Response, Route, json_response, small_route


class MarkView(msgspec.Struct, frozen=True, kw_only=True):
    """A Mark, with its words."""

    time_ns: int
    kinds: tuple[MarkKind, ...]
    starts: int
    text: str


def routes(marks: Marks) -> list[Route]:
    """The id is looked up within the actor's spaces and rooms."""

    async def list_marks(request: Request) -> Response:
        return json_response([_view(each) for each in marks.of(request.actor, request.match["id"])])

    return [
        small_route(
            "GET",
            "/api/v1/nodes/{id}/marks",
            Action.NODE_READ,
            list_marks,
            "when the agent of a node began anew",
            gives=list[MarkView],
        )
    ]


def _view(mark: Mark) -> MarkView:
    return MarkView(time_ns=mark.time_ns, kinds=mark.kinds, starts=mark.starts, text=mark.text)

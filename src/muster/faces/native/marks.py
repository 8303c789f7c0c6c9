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


class MarkFace:
    """The id is looked up within the actor's spaces and rooms."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def routes(self) -> list[Route]:
        return [
            small_route(
                "GET",
                "/api/v1/nodes/{id}/marks",
                Action.NODE_READ,
                self._list_marks,
                "when the agent of a node began anew",
                gives=list[MarkView],
            )
        ]

    async def _list_marks(self, request: Request) -> Response:
        return json_response(
            [_view(each) for each in self._marks.of(request.actor, request.match["id"])]
        )


def _view(mark: Mark) -> MarkView:
    return MarkView(time_ns=mark.time_ns, kinds=mark.kinds, starts=mark.starts, text=mark.text)

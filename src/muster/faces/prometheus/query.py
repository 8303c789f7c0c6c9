"""The query API of Prometheus, GET and POST.

On the listener of InfluxDB's clients the path begins with `/api/v1`, on the web listener with
`/api/v1/spaces/{space}/prometheus/api/v1`.
Order: 1 who asks, before the body is read  2 parameters and query  3 the answer, in a thread unless
it is little: then all of it is done at once where no step has to wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from muster.clock import Clock
from muster.core.promql.promqueries import Asked
from muster.errors import MusterError
from muster.faces.prometheus.parameters import parameters_of
from muster.faces.prometheus.responses import answered, refused
from muster.model.access import Action
from muster.model.influx import Login
from muster.net.http import Begun, Handler, Public, Request, Response, Route
from muster.promql import api
from muster.promql.api import Data, Parameters, Question, first
from muster.promql.pointtexts import to_json

T = TypeVar("T")
VERSION = "2.50.0"  # by which Grafana asks for what that version has
MAX_STEPS = 11_000
_MOST_BYTES = 1 << 20  # of a form
_NS_OF_MS = 1_000_000
_SHORT = 2_000  # characters of a query, bytes of an answer
_PLAIN = 256  # times quicker to write than to pack
_BUILD = {
    "version": VERSION,
    "revision": "",
    "branch": "",
    "buildUser": "",
    "buildDate": "",
    "goVersion": "",
}
_DATABASE = {
    "db": "the database; left out, all that may be read, and what agents send",
    "rp": "its policy; left out, its default",
}
_SPAN = {"start": "seconds, or RFC 3339", "end": "likewise", "limit": "most in the answer"}
_MATCH = {"match[]": "a selector of series; may come more than once"}


class Answers(Protocol):
    """core.promql.promqueries.PromQueries."""

    async def answer(self, asked: Asked, question: Question, *, is_tried: bool = False) -> Data:
        """The `data` of an answer; `is_tried`: `at_once` had none."""
        ...

    def at_once(self, asked: Asked, question: Question) -> Data | None:
        """The same, without a wait; None: `answer` has it."""
        ...


class Told(Protocol):
    """What senders said of their metrics, by name: type, help and unit."""

    def __call__(self, asked: Asked) -> Mapping[str, Mapping[str, str]]: ...


class Entrance(NamedTuple):
    """Where requests come in, and who they are from. `before` makes what `login` reads.

    `known` tells who asks where that needs no wait, and None where it does.
    """

    base: str
    allow: Action | Public
    login: Callable[[Request], Login]
    before: Callable[[Request], Awaitable[object]] | None = None
    known: Callable[[Request], Login | None] | None = None


class _Begun(NamedTuple):
    """What was found out at once. `data` None: the question takes longer."""

    question: Question
    data: Data | None


Reader = Callable[[Request, Parameters], Question]


class _Path(NamedTuple):
    path: str
    read: Reader
    summary: str
    query: Mapping[str, str]
    methods: tuple[str, ...] = ("GET", "POST")
    is_quick: bool = False  # it is asked again and again, for little


class PrometheusQueryFace:
    """Its routes at one entrance."""

    def __init__(self, *, entrance: Entrance, answers: Answers, told: Told, clock: Clock) -> None:
        self._entrance = entrance
        self._answers = answers
        self._told = told
        self._clock = clock

    def routes(self) -> list[Route]:
        asking = [
            msgspec.structs.replace(
                self._route(method, each.path, self._handler(each), each.summary, each.query),
                at_once=self._at_once(each),
            )
            for each in self._paths()
            for method in each.methods
        ]
        fixed = [
            self._route("GET", path, self._always(to_json(data).encode()), summary, {})
            for path, data, summary in (
                ("status/buildinfo", _BUILD, "Which version clients may take this for"),
                ("rules", {"groups": []}, "Rules: there are none"),
                ("alerts", {"alerts": []}, "Alerts: there are none"),
            )
        ]
        about = self._route("GET", "metadata", self._metadata, "What is known of metrics", _ABOUT)
        return [*asking, *fixed, about]

    def _paths(self) -> list[_Path]:
        return [
            _Path("query", self._query, "PromQL at one moment", _QUERY, is_quick=True),
            _Path("query_range", _range, "PromQL at each step of a range", _RANGE, is_quick=True),
            _Path("series", _series, "Series, by their labels", {**_MATCH, **_SPAN, **_DATABASE}),
            _Path("labels", _names, "Names of labels", {**_MATCH, **_SPAN, **_DATABASE}),
            _Path(
                "label/{name}/values",
                _values,
                "Values of a label",
                {**_MATCH, **_SPAN, **_DATABASE},
                ("GET",),
            ),
            _Path("query_exemplars", _exemplars, "Exemplars: none are kept", _EXEMPLARS),
            _Path("format_query", _formatted, "A query in its usual form", {"query": "PromQL"}),
        ]

    def _route(
        self, method: str, path: str, handler: Handler, summary: str, query: Mapping[str, str]
    ) -> Route:
        return Route(
            method=method,
            path=f"{self._entrance.base}/{path}",
            allow=self._entrance.allow,
            handler=handler,
            before=self._entrance.before,
            max_body_bytes=_MOST_BYTES,
            summary=summary,
            query=query,
            abandonable=True,
        )

    def _handler(self, path: _Path) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                # 1
                login = self._entrance.login(request)
                # 2
                parameters = parameters_of(request)
                begun = request.begun if isinstance(request.begun, _Begun) else None
                question = (
                    begun.question
                    if begun
                    else await _aside(
                        len(first(parameters, "query")), path.read, request, parameters
                    )
                )
                # 3
                data = begun.data if begun else None
                if data is None:
                    asked = _asked(login, parameters)
                    data = await self._answers.answer(asked, question, is_tried=begun is not None)
            except MusterError as error:
                return refused(error)
            return await _aside(_weight(request, data), answered, request, data)

        return answer

    def _at_once(self, path: _Path) -> Callable[[Request], Response | Begun | None] | None:
        """The steps, where none waits; what is refused is worded by the handler."""
        known = self._entrance.known
        if known is None or not path.is_quick:
            return None

        def answer(request: Request) -> Response | Begun | None:
            login = known(request)
            parameters = parameters_of(request)
            if login is None or len(first(parameters, "query")) >= _SHORT:
                return None
            question = path.read(request, parameters)
            data = self._answers.at_once(_asked(login, parameters), question)
            if data is None or _weight(request, data) >= _SHORT:
                return Begun(_Begun(question, data))
            return answered(request, data)

        return answer

    def _always(self, data: bytes) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                self._entrance.login(request)
            except MusterError as error:
                return refused(error)
            return answered(request, Data(data))

        return answer

    def _query(self, request: Request, parameters: Parameters) -> Question:
        return api.query(parameters, self._clock.now_ns() // _NS_OF_MS)

    async def _metadata(self, request: Request) -> Response:
        try:
            login = self._entrance.login(request)
            parameters = parameters_of(request)
            limit = api.metric_limit_of(parameters)
            found = self._told(_asked(login, parameters))
        except MusterError as error:
            return refused(error)
        wanted = first(parameters, "metric")
        names = [name for name in sorted(found) if not wanted or name == wanted][:limit]
        return answered(request, Data(to_json({name: [found[name]] for name in names}).encode()))


def _weight(request: Request, data: Data) -> int:
    """How much it is to write out, in bytes that are packed."""
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    return len(data.text) if is_packed else len(data.text) // _PLAIN


async def _aside(size: int, work: Callable[..., T], *given: Any) -> T:  # noqa: ANN401 - of `work`
    """What takes no time at once, the rest in a thread."""
    return work(*given) if size < _SHORT else await asyncio.to_thread(work, *given)


_QUERY = {
    "query": "the expression",
    "time": "seconds, or RFC 3339; left out, now",
    "timeout": "how long to wait",
    "limit": "most series in the answer",
    **_DATABASE,
}
_RANGE = {
    "query": "the expression",
    "start": "seconds, or RFC 3339",
    "end": "likewise; within",
    "step": f"seconds, or a duration; at most {MAX_STEPS} of them",
    "timeout": "how long to wait",
    "limit": "most series in the answer",
    **_DATABASE,
}
_EXEMPLARS = {"query": "the expression", "start": "seconds, or RFC 3339", "end": "likewise"}
_ABOUT = {"metric": "one alone", "limit": "most in the answer", **_DATABASE}


def _range(request: Request, parameters: Parameters) -> Question:
    return api.query_range(parameters, MAX_STEPS)


def _series(request: Request, parameters: Parameters) -> Question:
    return api.series(parameters)


def _names(request: Request, parameters: Parameters) -> Question:
    return api.label_names(parameters)


def _values(request: Request, parameters: Parameters) -> Question:
    return api.label_values(request.match["name"], parameters)


def _exemplars(request: Request, parameters: Parameters) -> Question:
    return api.exemplars(parameters)


def _formatted(request: Request, parameters: Parameters) -> Question:
    return api.format_query(parameters)


def _asked(login: Login, parameters: Parameters) -> Asked:
    return Asked(
        login, first(parameters, "db"), first(parameters, "rp"), first(parameters, "query")
    )

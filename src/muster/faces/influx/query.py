"""`GET` and `POST /query`: InfluxQL.

Steps: 1 who asks, before the body is read  2 parameters  3 statements, of which none runs when
one is malformed  4 the right to all of them  5 each runs, listed, until who asks goes away
6 the answer in the form asked for.
Golden: golden_http.json, golden_auth.json
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast

from muster.core.databases.databasenames import Defaults
from muster.core.databases.databaseprivileges import authorize, authorize_first
from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.mutations import refuse_policies
from muster.core.influxql.queryregistry import QueryRegistry
from muster.errors import InputError, MusterError
from muster.faces.influx.again import AskedBefore, Known
from muster.faces.influx.answers import AnswerForm, form_of, in_parts, rendered
from muster.faces.influx.bindings import bindings_of
from muster.faces.influx.callers import Caller, Callers
from muster.faces.influx.parameters import is_set, parameters_of
from muster.faces.influx.responses import Refusal, refusal_of
from muster.faces.influx.statements import Statements
from muster.faces.influx.unsentanswers import SMALL, UnsentAnswers
from muster.influxql.answers.results import StatementResult, cells_of
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.repeated import Repeated
from muster.influxql.printing.printer import format
from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.parser import parse_query
from muster.net.http import JSON, Begun, Public, Repeat, Request, Response, Route
from muster.net.routing import MethodNotAllowed

_METHODS = ("GET", "POST", "OPTIONS")
_MOST_BYTES = 2 << 20  # of a form: a query is a few hundred KiB at most
# What is done at once takes less than handing it to another thread and back.
_SHORT = 1_000  # characters of statements
_FEW_CELLS = 16_000
_FEW_PACKED = 500  # that are to be packed as well
_SMALL_BODY = 16_384  # bytes of an answer that is kept
_WAITS = frozenset(("params", "chunked", "async"))  # what such an answer may wait for
_QUERY = {
    "q": "statements, with ; between them",
    "db": "database of names without one",
    "rp": "its policy, likewise",
    "epoch": "unit of times: ns, u, ms, s, m or h; left out, they are RFC 3339",
    "params": "JSON object of values for $name",
    "chunked": "true: a document for each part of the answer",
    "chunk_size": "rows of a part",
    "pretty": "true: indented",
}


class _Answered(NamedTuple):
    """What is left to be written out."""

    form: AnswerForm
    results: Sequence[StatementResult]


class QueryFace:
    """Two routes."""

    def __init__(
        self, *, callers: Callers, statements: Statements, registry: QueryRegistry
    ) -> None:
        self._callers = callers
        self._registry = registry
        self._held = UnsentAnswers()
        self._repeated = Repeated()
        self._before = AskedBefore()
        self._statements = statements

    def routes(self) -> list[Route]:
        return [
            Route(
                method=method,
                path="/query",
                allow=Public.CREDENTIALS,
                handler=self._query,
                before=self._callers.asking,  # 1
                at_once=self._at_once,
                again=self._again if method == "GET" else None,
                max_body_bytes=_MOST_BYTES,
                summary=summary,
                query=_QUERY,
            )
            for method, summary in (
                ("GET", "Run statements of InfluxQL"),
                ("POST", "Run statements of InfluxQL; parameters may come as a form"),
            )
        ]

    async def _query(self, request: Request) -> Response:
        if request.method == "HEAD":  # a question is not asked for its headers
            raise MethodNotAllowed(request.method, request.path, _METHODS)
        caller = cast(Caller, request.admitted)
        try:
            return await self._answer(request, caller)
        except InfluxqlError as error:
            text = f"error parsing query: {error}"
            raise _refusal(request, InputError(text)) from error
        except MusterError as error:
            raise _refusal(request, error) from error

    def _at_once(self, request: Request) -> Response | Begun | None:
        """The steps, where none waits. Errors: MusterError, InfluxqlError: they are gone again."""
        caller = self._callers.asking_at_once(request)
        if caller is None or caller.is_first or request.method == "HEAD":
            return None
        given = parameters_of(request)
        text = given.get("q", "")
        if not text or len(text) > _SHORT or not _WAITS.isdisjoint(given):
            return None
        try:
            statements = self._repeated.parse(text)
        except InfluxqlError:
            return None
        login, database = caller.login, given.get("db", "")
        authorize(login, statements, database)
        asked = Asked(login, Defaults(database, given.get("rp", "")))
        started = self._registry.now
        results = self._statements.at_once(asked, statements)
        if not results:
            return None
        self._registry.ran(login.space, started)
        form = form_of(given, request)
        if request.method == "GET":
            known = partial(self._known, request, given, form, caller, asked, statements)
            self._before.keep(request, text, known)
        return _given(form, results, _cells(results))

    def _again(self, request: Request) -> Repeat | None:
        """Of one that came before but for the times in its text, on whatever connection."""
        found = self._before.find(request)
        if found is None:
            return None
        known, places = found
        return Repeat(places, partial(self._answer_again, known))

    def _answer_again(self, known: Known, times: Sequence[int]) -> Response | Begun | None:
        """As `_at_once`, for other times."""
        if not known.is_still():
            return None
        started = self._registry.now
        span = known.template.range(times) if known.prepared else None
        if known.prepared is None or span is None:
            statements = known.template.statements([str(each) for each in times])
            results = self._statements.at_once(known.asked, statements)
            response = _given(known.form, results, _cells(results)) if results else None
        else:
            result = known.prepared.again(span)
            response = None if result is None else _given_again(known, result)
        if response is not None:
            self._registry.ran(known.asked.login.space, started)
        return response

    def _known(
        self,
        request: Request,
        given: Mapping[str, str],
        form: AnswerForm,
        caller: Caller,
        asked: Asked,
        statements: Sequence[Statement],
    ) -> Known | None:
        template = self._repeated.template(given["q"])
        if template is None:
            return None
        prepared = None if template.ops is None else self._statements.prepared(asked, statements)
        rest = {name: text for name, text in given.items() if name != "q"}
        still = self._callers.still(caller, request)
        return Known(still, rest, form, asked, template, prepared)

    async def _answer(self, request: Request, caller: Caller) -> Response:
        if isinstance(request.begun, _Answered):
            return await self._rendered(*request.begun)
        # 2
        given = parameters_of(request)
        # 3
        statements = await self._parsed(given)
        # 4
        database = given.get("db", "")
        if caller.is_first:
            authorize_first(statements)
        else:
            authorize(caller.login, statements, database)
        form = form_of(given, request)
        if not statements:
            return _of_nothing(form)
        # 5
        space, text = caller.login.space, partial(_text, statements)
        with self._registry.running(space, text, database) as running:
            request.when_gone(running.kill)
            asked = Asked(caller.login, Defaults(database, given.get("rp", "")), running)
            is_get = request.method != "POST"
            results = await self._statements.run(asked, statements, is_get=is_get)
        # 6
        if is_set(given, "async"):
            return Response(status=204)
        if form.chunk_rows is not None:
            results = in_parts(statements, results)
        return await self._rendered(form, results)

    async def _rendered(self, form: AnswerForm, results: Sequence[StatementResult]) -> Response:
        if _cells(results) <= (_FEW_PACKED if form.packs else _FEW_CELLS):
            response = rendered(results, form)
        else:
            response = await asyncio.to_thread(rendered, results, form)
        return self._held.hold(response, results)

    async def _parsed(self, given: Mapping[str, str]) -> list[Statement]:
        """Errors: InputError, InfluxqlError."""
        text = given.get("q", "")
        if not text.strip():
            raise InputError('missing required parameter "q"')
        params = bindings_of(given.get("params", ""))
        if len(text) > _SHORT:
            statements = await asyncio.to_thread(parse_query, text, params)
        else:
            statements = parse_query(text, params) if params else self._repeated.parse(text)
        refuse_policies(statements)
        return statements


def _of_nothing(form: AnswerForm) -> Response:
    """The answer to no statement."""
    if form.content_type == JSON and form.chunk_rows is None:
        return Response(body=b"{}\n")
    return rendered((), form)


def _refusal(request: Request, error: MusterError) -> Refusal:
    refusal = refusal_of(error)
    refusal.is_pretty = is_set(request.query, "pretty")
    return refusal


def _given(form: AnswerForm, results: Sequence[StatementResult], cells: int) -> Response | Begun:
    """An answer that is written at once, or, of many cells, is to be written by a handler."""
    if cells > (_FEW_PACKED if form.packs else SMALL):
        return Begun(_Answered(form, results))
    return rendered(results, form)


def _given_again(known: Known, result: StatementResult) -> Response | Begun:
    """Likewise, of one result, which is the last one where nothing has come since."""
    if known.latest is not None and known.latest[0] is result:
        return known.latest[1]
    response = _given(known.form, [result], cells_of(result.series))
    if isinstance(response, Response) and len(response.body) <= _SMALL_BODY:
        known.latest = result, response
    return response


def _cells(results: Sequence[StatementResult]) -> int:
    """How much there is to write out."""
    return sum([cells_of(result.series) for result in results])


def _text(statements: Sequence[Statement]) -> str:
    return ";\n".join(map(format, statements))

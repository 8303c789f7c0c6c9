"""Questions: parameters, forms of answers, and what is answered to statements about points."""

import asyncio
import gzip
import json
from urllib.parse import quote_plus

import msgspec
import pytest

from muster.errors import MusterError
from muster.faces.influx.evaluator import NoEvaluator
from muster.influxql.answers.results import StatementResult, listing
from muster.model.access import Role
from muster.net.http import Request
from muster.testing.influxface import InfluxServer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def results(response):
    assert response.status == 200
    return json.loads(response.body)["results"]


async def get(server, q, headers=None, **given):
    return await server.ask("GET", "/query", {"q": q, **given}, headers=headers)


async def post(server, q, **given):
    return await server.ask("POST", "/query", {"q": q, **given})


async def test_the_form_wins_over_the_url(server):
    await post(server, "CREATE DATABASE d")
    answer = await server.ask(
        "POST", "/query", {"q": "bogus", "db": "x"}, headers=FORM,
        body=b"q=SHOW+RETENTION+POLICIES&db=d",
    )  # fmt: skip

    assert results(answer)[0]["series"][0]["values"][0][0] == "autogen"


async def test_statements_after_one_that_fails_are_not_executed(server):
    answer = await post(server, "CREATE DATABASE d; DROP USER x; CREATE DATABASE e; SHOW DATABASES")

    assert [each.get("error") for each in results(answer)] == [
        None,
        "user not found",
        "not executed",
        "not executed",
    ]


async def test_statements_about_points_say_that_they_are_not_answered(server):
    answer = await post(server, "SELECT * FROM m", db="d")

    assert "does not answer" in results(answer)[0]["error"]
    assert (await NoEvaluator().answer(None, None, 3)).statement_id == 3


async def test_an_evaluator_answers_what_others_do_not_know():
    class One:
        async def answer(self, asked, statement, number):
            rows = [(asked.defaults.database,)]
            return StatementResult(number, (listing("m", ("db",), rows),))

    with InfluxServer(evaluator=One()) as server:
        answer = await post(server, "SHOW DATABASES; SELECT * FROM m", db="d")

        assert results(answer)[1]["series"] == [{"name": "m", "columns": ["db"], "values": [["d"]]}]


async def test_a_get_that_changes_something_is_warned_or_refused():
    with InfluxServer() as server:
        (result,) = results(await get(server, "CREATE DATABASE d"))
        assert result["messages"][0]["level"] == "warning"
    with InfluxServer(takes_changes_by_get=False) as server:
        (result,) = results(await get(server, "CREATE DATABASE d"))
        assert "POST" in result["error"]
        (result,) = results(await get(server, "SHOW DATABASES"))
        assert "error" not in result


@pytest.mark.parametrize(
    ("accept", "kind", "start"),
    [
        ("application/csv", "text/csv", b"name,tags,name\n"),
        ("text/csv", "text/csv", b"name,tags,name\n"),
        ("*/*", "application/json", b'{"results"'),
    ],
)
async def test_answers_come_in_the_form_asked_for(server, accept, kind, start):
    await post(server, "CREATE DATABASE d")
    answer = await get(server, "SHOW DATABASES", headers={"Accept": accept})

    assert answer.content_type == kind
    assert answer.body.startswith(start)


async def test_messagepack_says_the_same(server):
    await post(server, "CREATE DATABASE d")
    answer = await get(server, "SHOW DATABASES", headers={"Accept": "application/x-msgpack"})

    assert msgspec.msgpack.decode(answer.body)["results"] == results(
        await get(server, "SHOW DATABASES")
    )


async def test_answers_are_indented_kept_whole_and_packed(server):
    for number in range(60):
        await post(server, f"CREATE DATABASE database_{number:02}_{'x' * 30}")
    pretty = await get(server, "SHOW DATABASES", pretty="true")
    parts = await get(server, "SHOW DATABASES", chunked="true", chunk_size="25")
    packed = await get(server, "SHOW DATABASES", headers={"Accept-Encoding": "gzip"})

    assert pretty.body.startswith(b'{\n    "results"')
    assert len(parts.body.splitlines()) == 1
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.body)) == json.loads(pretty.body)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"q": " "}, 'missing required parameter "q"'),
        ({"q": "SELECT $x FROM m"}, "error parsing query: missing parameter: x"),
        ({"q": "SHOW DATABASES", "params": "{"}, "error parsing query parameters: "),
        ({"q": "SHOW DATABASES", "params": "[]"}, "error parsing query parameters: "),
    ],
)
async def test_requests_that_cannot_be_read_are_refused(server, given, text):
    answer = await server.ask("GET", "/query", given)

    assert answer.status == 400
    assert json.loads(answer.body)["error"].startswith(text)


async def test_chunks_are_those_of_each_statement(server):
    await post(server, "CREATE DATABASE c1; CREATE DATABASE c2")

    told = await post(
        server, "SHOW CONTINUOUS QUERIES; SHOW DATABASES", chunked="true", chunk_size="1"
    )

    lines = [json.loads(line)["results"] for line in told.body.splitlines()]
    assert [[len(result["series"]) for result in results] for results in lines] == [[2], [1]]
    assert b"partial" not in told.body


@pytest.mark.parametrize(
    ("given", "accept", "body"),
    [
        ({}, "", b"{}\n"),
        ({"chunked": "true"}, "", b""),
        ({}, "text/csv", b""),
        ({}, "application/x-msgpack", b"\x81\xa7results\x90"),
    ],
)
async def test_no_statement_is_answered_by_nothing(server, given, accept, body):
    assert (await get(server, ";", {"accept": accept}, **given)).body == body


async def test_a_question_is_not_asked_by_head(server):
    assert (await server.ask("HEAD", "/query", {"q": "CREATE DATABASE d"})).status == 405
    assert "values" not in results(await get(server, "SHOW DATABASES"))[0]["series"][0]


async def test_a_request_is_refused_whole_when_one_statement_is_not_allowed(guarded):
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.EDITOR)}"}
    answer = await guarded.ask(
        "POST", "/query", {"q": "SHOW DATABASES; CREATE DATABASE d"}, headers=headers
    )

    assert answer.status == 403
    assert "requires admin privilege" in json.loads(answer.body)["error"]
    assert guarded.databases.listed(guarded.space.id) == []


class Waiting:
    """Answers nothing until its request is ended, and tells what ran meanwhile."""

    def __init__(self):
        self.server = None
        self.leave = []
        self.listed = []

    async def answer(self, asked, statement, number):
        shown = self.server.registry.listed(asked.login.space)
        self.listed = [(each.text, each.database) for each, _ in shown]
        asyncio.get_running_loop().call_soon(self.leave[0])
        try:
            async with asked.running.interruptible():
                await asyncio.Event().wait()
        except MusterError as error:
            return StatementResult(number, error=str(error))


async def test_a_request_is_listed_while_it_runs_and_ends_when_who_asks_goes_away():
    waiting = Waiting()
    with InfluxServer(evaluator=waiting) as server:
        waiting.server = server
        route, _ = server.router.find("GET", "/query")
        asked = {"q": "SELECT v FROM m; CREATE DATABASE d", "db": "g"}
        request = Request(
            method="GET",
            path="/query",
            query=asked,
            address="127.0.0.1",
            when_gone=waiting.leave.append,
        )
        request = msgspec.structs.replace(request, admitted=await route.before(request))
        found = results(await route.handler(request))

    assert waiting.listed == [("SELECT v FROM m;\nCREATE DATABASE d", "g")]
    assert [each["error"] for each in found] == ["query interrupted", "not executed"]
    assert server.registry.listed(server.space.id) == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT " + "(" * 10_000 + "v" + ")" * 10_000 + " FROM m",
        "SELECT v FROM " + "(SELECT v FROM " * 10_000 + "m" + ")" * 10_000,
        "SELECT " + "abs(" * 10_000 + "v" + ")" * 10_000 + " FROM m",
        "SELECT v FROM m WHERE " + "(" * 10_000 + "v = 1" + ")" * 10_000,
    ],
)
async def test_what_is_nested_ten_thousand_deep_is_refused(server, query):
    answer = await server.ask(
        "POST", "/query", headers=FORM, body=f"q={quote_plus(query)}&db=d".encode()
    )

    assert answer.status == 400
    assert b"error parsing query" in answer.body


class Rows(NoEvaluator):
    """So many rows at once; none at all has to wait."""

    rows, asked = 0, 0

    def at_once(self, asked, statement, number):
        self.asked += 1
        found = listing("m", ("v",), [[each] for each in range(self.rows)])
        return StatementResult(number, (found,)) if self.rows else None


@pytest.fixture
def quick():
    with InfluxServer(evaluator=Rows()) as server:
        yield server


def ask_at_once(server, rows, *, method="GET", headers=None, body=b"", **given):
    server.evaluator.rows = rows
    route, _ = server.router.find(method, "/query")
    request = Request(
        method=method,
        path="/query",
        query=given or {"q": "SELECT v FROM m"},
        headers=headers or {},
        body=body,
        address="127.0.0.1",
    )
    return request, route, route.at_once(request)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_short_answer_is_given_at_once(quick, method):
    headers = {"content-type": FORM["Content-Type"]}
    _, _, response = ask_at_once(
        quick, 2, method=method, headers=headers, body=b"epoch=s", q="SELECT v FROM m"
    )

    assert results(response)[0]["series"][0]["values"] == [[0], [1]]
    assert response.headers["X-Influxdb-Build"] == "OSS"
    assert quick.registry.counts(quick.space.id).finished == 1


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"q": "SELECT v FROM m"}, 0),
        ({"q": ""}, 2),
        ({"q": "SELECT"}, 2),
        ({"q": "SELECT v FROM m", "params": "{}"}, 2),
        ({"q": "SELECT v FROM m", "chunked": "true"}, 2),
        ({"q": "SELECT v FROM m", "async": "true"}, 2),
        ({"q": "SHOW DATABASES"}, 2),
        ({"q": f"SELECT {'v' * 1_000} FROM m"}, 2),
    ],
)
async def test_what_has_to_wait_or_to_be_refused_is_not_answered_at_once(quick, given, rows):
    assert ask_at_once(quick, rows, **given)[2] is None
    assert quick.registry.counts(quick.space.id).finished == 0


@pytest.mark.parametrize(("rows", "headers"), [(16_001, {}), (501, {"accept-encoding": "gzip"})])
async def test_a_long_answer_is_only_begun_and_not_made_twice(quick, rows, headers):
    request, route, begun = ask_at_once(quick, rows, headers=headers)
    request = msgspec.structs.replace(request, begun=begun.work)
    admitted = await route.before(request)
    response = await route.handler(msgspec.structs.replace(request, admitted=admitted))

    assert quick.evaluator.asked == 1
    body = response.body or b"".join([part async for part in response.stream])
    body = gzip.decompress(body) if headers else body
    assert len(json.loads(body)["results"][0]["series"][0]["values"]) == rows

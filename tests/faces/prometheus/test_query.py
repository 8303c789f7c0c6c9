"""The query API as its clients ask it; what they are answered is among the recorded answers."""

import json
from urllib.parse import urlencode

import msgspec
import pytest

from muster.clock import ManualClock
from muster.errors import Denied, NotFound
from muster.faces.prometheus.query import Entrance, PrometheusQueryFace
from muster.model.access import Actor
from muster.model.ids import SpaceId
from muster.model.influx import Login
from muster.net.http import Public, Request
from muster.net.routing import Router
from muster.promql.limits import Limits
from muster.testing.prommemory import MemorySource, series_of

LOGIN = Login(space=SpaceId("s"), actor=Actor(name="somebody"), name="somebody")
TIMES = list(range(0, 600_001, 15_000))
SOURCE = MemorySource(
    series_of({"__name__": name, "instance": at, "job": "node"}, TIMES, ["1"] * len(TIMES))
    for name in ("up", "node_load1")
    for at in ("a:1", "b:1")
)
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Answers:
    """Answers of SOURCE; remembers who asked. `waits`: nothing is there at once."""

    def __init__(self):
        self.asked = []
        self.waits = False
        self.tried = []

    async def answer(self, asked, question, *, is_tried=False):
        self.asked.append(asked)
        self.tried.append(is_tried)
        if asked.database == "secret":
            raise Denied("not yours")
        return question.answer(SOURCE, Limits())

    def at_once(self, asked, question):
        return None if self.waits else question.answer(SOURCE, Limits())


class Server:
    def __init__(self):
        self.answers = Answers()
        self.login = LOGIN
        clock = ManualClock()
        clock.advance(600 - clock.now_ns() / 1e9)
        face = PrometheusQueryFace(
            entrance=Entrance(
                "/api/v1",
                Public.CREDENTIALS,
                lambda request: LOGIN,
                known=lambda request: self.login,
            ),
            answers=self.answers,
            told=lambda asked: {"up": {"type": "gauge", "help": "is it", "unit": ""}},
            clock=clock,
        )
        self.router = Router(face.routes())

    def request(self, method, path, **given):
        text = urlencode(given, doseq=True)
        route, match = self.router.find(method, f"/api/v1/{path}")
        return route, Request(
            method=method,
            path=path,
            match=match,
            query_text="" if method == "POST" else text,
            body=text.encode() if method == "POST" else b"",
            headers=FORM if method == "POST" else {},
        )

    async def ask(self, method, path, **given):
        route, request = self.request(method, path, **given)
        response = await route.handler(request)
        return response.status, json.loads(response.body) if response.body else None


@pytest.fixture
def server():
    return Server()


async def test_grafana_saves_its_data_source(server):
    """Save & test: a sum, then which version this is."""
    status, answer = await server.ask("POST", "query", query="1+1", time="4")

    assert (status, answer["data"]) == (200, {"resultType": "scalar", "result": [4, "2"]})
    status, answer = await server.ask("GET", "status/buildinfo")
    assert status == 200
    assert answer["data"]["version"] >= "2.24"
    assert "features" not in answer["data"]


async def test_grafana_fills_its_builder(server):
    """Metrics, labels and values of what is chosen, within the range of the dashboard."""
    span = {"start": "0", "end": "600"}
    status, answer = await server.ask("GET", "label/__name__/values", **span)
    assert answer == {"status": "success", "data": ["node_load1", "up"]}
    match = {"match[]": '{__name__="up"}'}
    status, answer = await server.ask("POST", "labels", **span, **match)
    assert answer["data"] == ["__name__", "instance", "job"]
    status, answer = await server.ask("GET", "label/instance/values", **span, **match)
    assert answer["data"] == ["a:1", "b:1"]
    status, answer = await server.ask("POST", "series", **span, **match)
    assert [each["instance"] for each in answer["data"]] == ["a:1", "b:1"]
    status, answer = await server.ask("GET", "metadata", limit="10")
    assert (status, answer["data"]["up"][0]["type"]) == (200, "gauge")


async def test_grafana_draws_a_panel(server):
    """A range, with start and end at multiples of the step, and exemplars beside it."""
    given = {"query": "sum(up) by (job)", "start": "0", "end": "600", "step": "300"}
    status, answer = await server.ask("POST", "query_range", **given)
    assert status == 200
    assert answer["data"]["result"] == [
        {"metric": {"job": "node"}, "values": [[0, "2"], [300, "2"], [600, "2"]]}
    ]
    status, answer = await server.ask("POST", "query_exemplars", **given)
    assert (status, answer["data"]) == (200, [])
    status, answer = await server.ask("POST", "query", query="up", time="600.123")
    assert answer["data"]["result"][0]["value"] == [600.123, "1"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_little_is_answered_at_once_as_it_would_be_later(server, method):
    span = {"query": "sum(up)", "start": "0", "end": "600", "step": "300"}
    for path, given in (("query", {"query": "up", "time": "600"}), ("query_range", span)):
        route, request = server.request(method, path, **given)
        response = route.at_once(request)

        assert response == await route.handler(request)


async def test_what_takes_longer_is_read_once_and_not_tried_again(server):
    server.answers.waits = True
    route, request = server.request("GET", "query", query="up", time="600")

    begun = route.at_once(request)
    response = await route.handler(msgspec.structs.replace(request, begun=begun.work))

    assert json.loads(response.body)["data"]["result"]
    assert server.answers.tried == [True]


async def test_what_is_long_to_write_out_is_not_made_again(server):
    long = 'label_replace(up, "a", "' + "b" * 1_900 + '", "", "")'
    route, asked = server.request("GET", "query", query=long, time="600")
    asked = msgspec.structs.replace(asked, headers={"accept-encoding": "gzip"})

    begun = route.at_once(asked)
    response = await route.handler(msgspec.structs.replace(asked, begun=begun.work))

    assert response.headers["Content-Encoding"] == "gzip"
    assert server.answers.asked == []


async def test_who_has_to_be_looked_up_and_long_queries_are_not_answered_at_once(server):
    route, request = server.request("GET", "query", query="up" + " " * 3_000, time="600")
    assert route.at_once(request) is None
    server.login = None
    route, request = server.request("GET", "query", query="up", time="600")
    assert route.at_once(request) is None


async def test_alerting_finds_no_rules(server):
    for path, wanted in (("rules", {"groups": []}), ("alerts", {"alerts": []})):
        assert (await server.ask("GET", path))[1]["data"] == wanted


async def test_a_sent_query_without_a_time_is_of_now(server):
    _, answer = await server.ask("GET", "query", query="up")

    assert answer["data"]["result"][0]["value"][0] == 600


async def test_errors_are_told_in_the_envelope(server):
    status, answer = await server.ask("GET", "query", query="up(")
    assert (status, answer["errorType"]) == (400, "bad_data")
    status, answer = await server.ask("GET", "query", query="up + on() up")
    assert (status, answer["errorType"]) == (422, "execution")
    status, answer = await server.ask("GET", "query", query="up", db="secret")
    assert (status, answer["errorType"]) == (403, "forbidden")
    status, answer = await server.ask("GET", "metadata", limit="x")
    assert status == 400


async def test_the_database_is_passed_on(server):
    await server.ask("POST", "query", query="up", db="telegraf", rp="week")

    (asked,) = server.answers.asked
    assert (asked.database, asked.policy, asked.text) == ("telegraf", "week", "up")


async def test_an_exemplar_question_about_nothing_has_no_answer(server):
    assert await server.ask("GET", "query_exemplars", query="1") == (204, None)
    assert (await server.ask("GET", "format_query", query="sum(up)by(job)"))[1] == {
        "status": "success",
        "data": "sum by (job) (up)",
    }


async def test_who_may_not_look_is_told_before_anything_is_read(server):
    def nobody(request):
        raise NotFound("no such space")

    face = PrometheusQueryFace(
        entrance=Entrance("/x", Public.CREDENTIALS, nobody),
        answers=server.answers,
        told=lambda asked: {},
        clock=ManualClock(),
    )
    for route in face.routes():
        answer = await route.handler(Request(method=route.method, path=route.path))
        assert answer.status == 404
    assert server.answers.asked == []

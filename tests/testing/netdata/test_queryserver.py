import json

import pytest

from muster.clock import ManualClock
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.queryserver import PARALLEL, QueryServer, parse_query
from muster.testing.netdata.quirks import V1_45, V2_10
from muster.testing.netdata.violation import Violation
from muster.testing.netdata.webapi import WebApi

INFO = "GET /api/v1/info HTTP/1.1"


def payload(request=INFO, headers=(), body=b"", **envelope):
    told = {"type": "http", "msg-id": "m", "callback-topic": "/t", "timeout": 1000, "version": 2}
    told |= {key.replace("_", "-"): value for key, value in envelope.items()}
    head = "\r\n".join((request, *headers, "", "")).encode()
    return json.dumps(told).encode() + b"\r\n\r\n" + head + body


class Desk:
    """A server whose timers are run by hand."""

    def __init__(self, quirks=V2_10, limit=None):
        self.clock = ManualClock()
        machine = make_machine("guid", "web", now_s=self.clock.now_ns() // 10**9)
        api = WebApi(machine, quirks, lambda: self.clock.now_ns() // 10**9)
        self.server = QueryServer(api, quirks, self.clock)
        self.server.begin(1_800_000_000_000_007)
        self.sent, self.due, self.limit = [], [], limit

    def ask(self, *args, **more):
        self.server.take(payload(*args, **more), self.later, self.publish)

    def later(self, after_s, call):
        self.due.append(call)
        return lambda: self.due.remove(call) if call in self.due else None

    def publish(self, topic, data):
        if self.limit and len(data) > self.limit:
            return 0
        self.sent.append((topic, data))
        return 1

    def replies(self):
        parts = (data.partition(b"\r\n\r\n") for _, data in self.sent)
        return [(json.loads(head), raw) for head, _, raw in parts]


def test_a_query_is_answered_on_its_topic_with_raw_http():
    desk = Desk()
    desk.ask(headers=["X-Transaction-ID: 7"])
    ((head, raw),) = desk.replies()

    assert desk.sent[0][0] == "/t"
    assert (head["msg-id"], head["http-code"], head["t-rx"]) == ("m", 200, 0)
    assert (head["connect"], head["connect-offset-usec"]) == (1_800_000_000, 7)
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-Transaction-ID: 7" in raw


def test_1_45_tells_when_it_received_the_query():
    desk = Desk(V1_45)
    desk.ask()

    assert desk.replies()[0][0]["t-rx"] == desk.clock.now_ns() // 1000


def test_a_reply_that_the_hub_does_not_take_becomes_an_error_without_http():
    desk = Desk(limit=300)
    desk.ask()
    ((head, raw),) = desk.replies()

    assert (head["http-code"], head["error-code"], raw) == (413, 4, b"")
    assert "t-exec" not in head


def test_a_cancelled_query_is_answered_at_once_and_once():
    desk = Desk()
    desk.server.slow_s["/info"] = 30
    desk.ask()
    assert desk.sent == []
    desk.server.cancel("m")
    desk.server.cancel("m")

    assert [head["msg-id"] for head, _ in desk.replies()] == ["m"]
    assert desk.due == []
    assert desk.server.cancelled == ["m", "m"]


def test_more_than_run_at_once_wait_and_are_refused_when_their_time_is_over():
    desk = Desk()
    desk.server.slow_s["/info"] = 30
    for number in range(PARALLEL + 2):
        desk.ask(msg_id=str(number), timeout=1000 if number < PARALLEL + 1 else 0)
    assert len(desk.due) == PARALLEL
    desk.clock.advance(2)
    desk.due.pop(0)()

    assert [(head["msg-id"], head["http-code"]) for head, _ in desk.replies()] == [
        ("0", 200),
        (str(PARALLEL), 503),
    ]
    assert len(desk.due) == PARALLEL


def test_a_mute_agent_takes_queries_and_says_nothing():
    desk = Desk()
    desk.server.is_mute = True
    desk.ask()

    assert desk.sent == []
    assert desk.server.seen[0].target == "/api/v1/info"


def test_headers_and_body_are_understood():
    query = parse_query(
        payload(
            "POST /api/v1/function?function=processes HTTP/1.1",
            ["X-Netdata-Role: observer", "Content-Length: 2"],
            b"{}",
        )
    )

    assert (query.method, query.body) == ("POST", b"{}")
    assert query.headers["x-netdata-role"] == "observer"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{}", "CR LF CR LF"),
        (b"{\r\n\r\n", "envelope"),
        (payload(type="other"), "type is"),
        (payload(version=1), "has no answer"),
        (payload(callback_topic="t"), "callback-topic"),
        (payload("HEAD / HTTP/1.1"), "method"),
        (payload("GET / HTTP/1.0"), "request:"),
        (payload("GET http://x/ HTTP/1.1"), "request:"),
        (payload(headers=["A:b"]), "header without"),
        (payload(body=b"{}"), "Content-Length"),
        (payload(headers=["Content-Length: 3"], body=b"{}"), "Content-Length"),
    ],
)
def test_what_the_agent_would_not_answer_is_a_violation(bad, said):
    with pytest.raises(Violation, match=said) as raised:
        parse_query(bad)

    assert raised.value.section == "7.1"

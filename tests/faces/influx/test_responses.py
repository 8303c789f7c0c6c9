"""What every answer has, and errors in InfluxDB's words."""

import json
from itertools import pairwise
from uuid import UUID

import pytest

from muster.errors import Conflict, InputError, LimitExceeded, NotFound, Unavailable
from muster.faces.influx.responses import VERSION, dressed, json_line, refusal_of, refuse, stamp_of
from muster.net.http import Response
from muster.net.routing import MethodNotAllowed
from muster.wire.influxwrite import Dialect


def test_every_answer_has_a_version_and_an_id():
    headers = dressed({}, Response()).headers

    assert headers["X-Influxdb-Version"] == VERSION
    assert headers["X-Influxdb-Build"] == "OSS"
    assert headers["Request-Id"] == headers["X-Request-Id"]
    assert headers["Request-Id"][14] == "1"


def test_ids_are_all_others_and_of_one_time_each():
    texts = [dressed({}, Response()).headers["Request-Id"] for _ in range(1000)]
    ids = [UUID(text) for text in texts]

    assert {(each.version, each.clock_seq, each.node) for each in ids} == {
        (1, ids[0].clock_seq, ids[0].node)
    }
    assert list(map(str, ids)) == texts
    assert {later.time - each.time for each, later in pairwise(ids)} == {1}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"x-request-id": "a", "request-id": "b"}, "a"),
        ({"request-id": "b"}, "b"),
        ({"request-id": "b" * 999}, "b" * 128),
    ],
)
def test_an_id_that_is_given_comes_back(given, told):
    assert dressed(given, Response()).headers["Request-Id"] == told


@pytest.mark.parametrize("headers", [{"x-request-id": "a b"}, {}, {"origin": "http://x.example"}])
def test_lines_of_many_answers_are_those_of_each(headers):
    stamp = stamp_of(headers)
    lines, later = [dict(row.split(": ", 1) for row in stamp().splitlines()) for _ in range(2)]
    whole = dressed(headers, Response()).headers
    ids = [each["Request-Id"] for each in (lines, later, whole)]

    assert lines.keys() == whole.keys()
    assert all(each["X-Request-Id"] == each["Request-Id"] for each in (lines, later))
    assert len(set(ids)) == (1 if "x-request-id" in headers else 3)
    assert {**lines, "Request-Id": "", "X-Request-Id": ""} == {
        **whole,
        "Request-Id": "",
        "X-Request-Id": "",
    }


def test_what_is_given_makes_no_lines():
    assert stamp_of({"origin": "a\tb"}) is None
    assert stamp_of({"request-id": "a\r\nX: 1"}) is None


def test_a_page_of_another_site_is_told_what_it_may():
    headers = dressed({"origin": "http://x.example"}, Response()).headers

    assert headers["Access-Control-Allow-Origin"] == "http://x.example"
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Origin" not in dressed({}, Response()).headers


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (NotFound("nothing at '/x'"), 404, b"404 page not found\n"),
        (MethodNotAllowed("PUT", "/write", ["POST"]), 405, b"Method Not Allowed\n"),
        (InputError("bad"), 400, b'{"error":"bad"}\n'),
        (Conflict("so"), 409, b'{"error":"so"}\n'),
        (
            LimitExceeded("over 5 bytes", too_large=True),
            413,
            b'{"error":"Request Entity Too Large"}\n',
        ),
        (Unavailable("the disk is full"), 503, b'{"error":"the disk is full"}\n'),
    ],
)
def test_errors_of_the_listener_have_the_shape_of_influxdb(error, status, body):
    answer = refuse({}, error)

    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["X-Influxdb-Version"] == VERSION


def test_errors_come_in_the_type_that_is_asked_for():
    csv = refuse({"accept": "application/csv"}, InputError("a, b"))
    packed = refuse({"accept": "application/x-msgpack"}, InputError("no"))
    pretty = refusal_of(InputError("no"))
    pretty.is_pretty = True

    assert (csv.body, csv.content_type) == (b'error\n"a, b"\n', "text/csv")
    assert packed.body == b"\x81\xa5error\xa2no"
    assert csv.headers["X-Influxdb-Error"] == "a, b"
    assert refuse({}, pretty).body == b'{\n    "error": "no"\n}\n'


def test_who_should_come_later_is_told_when():
    assert refuse({}, Unavailable("later", 3.0)).headers["Retry-After"] == "3"


def test_errors_of_2x_have_a_code():
    error = refusal_of(InputError("bad"), Dialect.V2)

    assert json.loads(refuse({}, error).body) == {"code": "invalid", "message": "bad"}
    assert refusal_of(error) is error


def test_another_status_may_be_given():
    assert refuse({}, refusal_of(InputError("bad"), status=500)).status == 500


def test_documents_end_with_a_line():
    assert json_line({"a": 1}).body == b'{"a":1}\n'

"""Answers as bytes."""

import pytest

from muster.net.http import Response
from muster.net.writtenanswers import header_lines, written


def test_what_every_answer_has_comes_first_and_its_body_last():
    (found,) = written(Response(body=b"x\r\n"), {"X-Id": "1"}, "X-More: 2\r\n")
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")

    assert (first, body) == ("HTTP/1.1 200 OK", b"x\r\n")
    assert lines[:-1] == [
        "Server: muster",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Content-Type: application/json",
        "X-Id: 1",
        "X-More: 2",
        "Content-Length: 3",
    ]
    assert lines[-1].startswith("Date: ")


def test_a_long_body_is_not_copied():
    body = bytes(5_000)
    head, rest = written(Response(body=body), {})

    assert rest is body
    assert head.endswith(b"\r\n\r\n")
    assert b"Content-Length: 5000\r\n" in head


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nSet-Cookie: b"},
        {"X": "a\n"},
        {"X": "\u00e4"},
        {"X\r\nY": "a"},
        {"X Y": "a"},
        {"X:": "a"},
        {"": "a"},
    ],
)
def test_what_would_make_other_lines_makes_none(headers):
    assert header_lines({"X-Id": "1", **headers}) is None
    assert written(Response(), headers) is None


def test_lines_are_as_they_are_given():
    assert header_lines({"X-Id": "1 %s", "Y": ""}) == "X-Id: 1 %s\r\nY: \r\n"
    assert header_lines({}) == ""


@pytest.mark.parametrize("name", ["Date", "Server", "Content-Length", "Content-Type"])
def test_a_header_that_every_answer_has_is_not_written_twice(name):
    assert written(Response(), {name: "a"}) is None


def test_an_answer_without_a_body_of_its_own_is_not_plain():
    assert written(Response(status=204), {}) is None
    assert written(Response(stream=object()), {}) is None

"""Requests and answers, as faces see them."""

from typing import Any

import msgspec
import pytest

from muster.errors import InputError, LimitExceeded, NotFound
from muster.net.http import (
    LISTS_BYTES,
    Public,
    Request,
    Response,
    error_response,
    json_response,
    small_route,
)


class Body(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    extra: dict[str, Any] = {}


def request(body):
    return Request(method="POST", path="/", body=body)


def test_a_body_is_read_into_its_type():
    assert request(b'{"name":"a"}').json(Body) == Body("a")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"name":1}',
        b'{"name":"a","nmae":"b"}',
        b'{"name":"\xff"}',
        b'{"name":"\\ud800"}',
        b'{"name":"a","extra":' + b'{"a":' * 50_000,
    ],
    ids=["nothing", "cut", "list", "type", "unknown", "utf8", "surrogate", "deep"],
)
def test_a_body_that_cannot_be_read_is_bad_input(body):
    with pytest.raises(InputError, match="request body"):
        request(body).json(Body)


def test_a_number_of_the_query_is_read_or_has_its_default():
    asked = Request(method="GET", path="/", query={"limit": "7", "before": ""})

    assert [asked.number(name, 5) for name in ("limit", "before", "other")] == [7, 5, 5]


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "²", "9" * 19])
def test_what_is_no_number_of_the_query_is_bad_input(text):
    with pytest.raises(InputError, match="limit must be a whole number"):
        Request(method="GET", path="/", query={"limit": text}).number("limit", 5)


def test_an_answer_names_its_headers_the_way_of_http():
    answer = json_response({"a": 1}, status=201, set_cookie="x=y")

    assert (answer.status, answer.body) == (201, b'{"a":1}')
    assert answer.headers == {"set-cookie": "x=y"}


def test_an_error_becomes_its_status_code_and_text():
    answer = error_response(NotFound("no such node"))

    assert answer.status == 404
    assert answer.body == b'{"error":{"code":"not_found","text":"no such node"}}'


@pytest.mark.parametrize(("wait_s", "header"), [(0.2, "1"), (59.6, "60")])
def test_an_error_that_says_how_long_to_wait_has_it_in_a_header(wait_s, header):
    answer = error_response(LimitExceeded("slow down", retry_after_s=wait_s))

    assert answer.headers == {"Retry-After": header}
    assert error_response(LimitExceeded("no")).headers == {}


def test_a_route_of_small_documents_reads_no_long_ones_unless_it_says_so():
    async def handler(request):
        return Response()

    words = ("POST", "/x", Public.SIGN_IN, handler, "sign in")
    assert small_route(*words).max_body_bytes == 16_384
    assert small_route(*words, max_body_bytes=LISTS_BYTES).max_body_bytes == 65_536

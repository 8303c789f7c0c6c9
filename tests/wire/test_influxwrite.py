import json
from base64 import b64decode
from pathlib import Path

import pytest

from muster.errors import InputError, LimitExceeded, MusterError
from muster.wire.influxwrite import (
    METHOD_NOT_ALLOWED,
    Dialect,
    WriteAnswer,
    WriteRefused,
    answer_of,
    answer_of_error,
    bucket_parts,
    check_consistency,
    check_length,
    database_not_found,
    header_text,
    is_unusable,
    policy_not_found,
    too_many_series,
    too_many_values,
    write_parameters,
    write_parameters_v2,
)
from muster.wire.lineprotocol import parse
from muster.wire.unpacking import too_large, unpack
from muster.wire.writesieve import Refusal, Sieve

GOLDEN = Path(__file__).parents[1] / "golden/influx/golden_writes.json"
LIMIT = 25_000_000
WRITES = [
    case
    for case in json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]
    if case["path"] == "/write" and not case["pre"]  # the others ask for points of before
]


def written(case) -> WriteAnswer:
    """A server that has the database `w` with its first policy and no points."""
    if case["method"] != "POST":
        return METHOD_NOT_ALLOWED
    try:
        return accepted(case)
    except MusterError as error:
        return answer_of_error(error)


def accepted(case) -> WriteAnswer:
    parameters = write_parameters(case["params"])
    if parameters.database != "w":
        raise database_not_found(parameters.database)
    body = b64decode(case["body_b64"]) if "body_b64" in case else case["body"].encode()
    if case["headers"].get("Content-Encoding") == "gzip":
        body = unpack(body, LIMIT)
    parsed = parse(body, parameters.precision_ns, case["sent_at_ns"])
    if is_unusable(parsed):
        return answer_of(parsed)
    check_consistency(parameters)
    if parameters.policy not in ("", "autogen"):
        raise policy_not_found(parameters.policy)
    return answer_of(parsed, Sieve(parsed).refusals(lambda time_ns: time_ns))


@pytest.mark.parametrize("case", WRITES, ids=[case["name"] for case in WRITES])
def test_a_recorded_write_is_answered_as_recorded(case):
    answer = written(case)
    expected = case["answer"]

    assert answer.status == expected["status"]
    if "json" in expected:
        assert json.loads(answer.body) == expected["json"]
    else:
        assert answer.body.decode() == expected.get("text", "")
    told = expected["headers"]
    assert answer.headers["Content-Type"] == told["content-type"]
    assert answer.headers.get("X-Influxdb-Error") == told.get("x-influxdb-error")


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("", 1),
        ("n", 1),
        ("ns", 1),
        ("u", 10**3),
        ("us", 10**3),
        ("ms", 10**6),
        ("s", 10**9),
        ("m", 60 * 10**9),
        ("h", 3600 * 10**9),
    ],
)
def test_every_precision_has_its_unit(word, unit):
    assert write_parameters({"db": "w", "precision": word}).precision_ns == unit


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ({}, 400, "database is required"),
        ({"db": ""}, 400, "database is required"),
        ({"precision": "x"}, 400, 'invalid precision "x" (use n, u, ms, s, m or h)'),
        ({"db": "w", "precision": "µ"}, 400, 'invalid precision "µ" (use n, u, ms, s, m or h)'),
    ],
)
def test_parameters_that_are_wrong_are_refused(url, status, text):
    with pytest.raises(WriteRefused) as refused:
        write_parameters(url)

    assert (refused.value.status, str(refused.value)) == (status, text)


@pytest.mark.parametrize("word", ["", "any", "one", "quorum", "all", "ALL"])
def test_a_consistency_that_is_known_has_no_effect(word):
    check_consistency(write_parameters({"db": "w", "consistency": word}))


def test_a_consistency_that_is_not_known_is_refused():
    with pytest.raises(WriteRefused, match="invalid consistency level"):
        check_consistency(write_parameters({"db": "w", "consistency": "most"}))


def test_a_bucket_is_a_database_and_a_policy():
    assert bucket_parts("w") == ("w", "")
    assert bucket_parts("w/rp/more") == ("w", "rp/more")
    parameters = write_parameters_v2({"bucket": "w/autogen", "precision": "us"}, Dialect.V1)
    assert (parameters.database, parameters.policy) == ("w", "autogen")
    assert parameters.precision_ns == 1_000


@pytest.mark.parametrize(
    ("url", "dialect", "status", "text"),
    [
        (
            {},
            Dialect.V1,
            404,
            'bucket name "" is missing a slash; not in "database/retention-policy" format',
        ),
        (
            {"bucket": "/rp"},
            Dialect.V1,
            404,
            'bucket name "/rp" is in db/rp form but has an empty database',
        ),
        (
            {"bucket": "w", "precision": "m"},
            Dialect.V1,
            400,
            'invalid precision "m" (use ns, us, ms or s)',
        ),
        (
            {"bucket": "w", "precision": "m"},
            Dialect.V2,
            400,
            "invalid precision; valid precision units are ns, us, ms, and s",
        ),
    ],
)
def test_parameters_of_2x_that_are_wrong_are_refused(url, dialect, status, text):
    with pytest.raises(WriteRefused) as refused:
        write_parameters_v2(url, dialect)

    assert (refused.value.status, str(refused.value)) == (status, text)


def test_the_earliest_shard_is_told_of_with_its_first_reason_and_its_count():
    parsed = parse(b"m v=1 1\nbad", 1, 0)
    refusals = [
        Refusal("beyond", 9, None, 0),
        Refusal("later shard", 4, 200, 1),
        Refusal("second", 2, 100, 7),
        Refusal("first", 1, 100, 3),
    ]

    assert answer_of(parsed, refusals).error == "partial write: first dropped=3"
    assert answer_of(parsed, refusals[:1]).error == "partial write: beyond dropped=9"


def test_answers_of_2x_have_a_code_and_a_message():
    partly = answer_of(parse(b"m v=1 1\nbad", 1, 0), (), Dialect.V2)

    assert partly.status == 422
    assert json.loads(partly.body) == {
        "code": "unprocessable entity",
        "message": "failure writing points to database: partial write:"
        " unable to parse 'bad': missing fields dropped=0",
    }
    assert partly.headers == {"Content-Type": "application/json"}
    assert answer_of(parse(b"bad", 1, 0), (), Dialect.V2).status == 400
    assert answer_of(parse(b"m v=1", 1, 0), (), Dialect.V2).status == 204


@pytest.mark.parametrize(
    ("error", "v1", "v2"),
    [
        (
            InputError("gzip: invalid header"),
            (400, {"error": "gzip: invalid header"}),
            {"code": "invalid", "message": "gzipped HTTP body contains an invalid header"},
        ),
        (
            too_large(5),
            (413, {"error": "Request Entity Too Large"}),
            {"code": "request too large", "message": "the body is over the limit of 5 bytes"},
        ),
        (
            WriteRefused(403, "the words of who refuses it"),
            (403, {"error": "the words of who refuses it"}),
            {"code": "forbidden", "message": "insufficient permissions for write"},
        ),
        (
            WriteRefused(401, "authorization failed"),
            (401, {"error": "authorization failed"}),
            {"code": "unauthorized", "message": "unauthorized access"},
        ),
        (
            LimitExceeded("too often"),
            (429, {"error": "too often"}),
            {"code": "too many requests", "message": "too often"},
        ),
    ],
)
def test_errors_are_told_in_the_words_of_either_dialect(error, v1, v2):
    answer = answer_of_error(error)

    assert (answer.status, json.loads(answer.body)) == v1
    assert json.loads(answer_of_error(error, Dialect.V2).body) == v2


def test_a_401_asks_for_credentials_and_has_no_error_header():
    headers = answer_of_error(WriteRefused(401, "username required")).headers

    assert headers["WWW-Authenticate"] == 'Basic realm="InfluxDB"'
    assert "X-Influxdb-Error" not in headers


def test_a_header_has_the_first_bytes_of_an_error_on_one_line():
    assert header_text("a\r\nb\0c") == "a  b c"
    assert header_text("é" * 600) == "é" * 512
    assert len(header_text("x" + "é" * 600).encode()) <= 1_024


def test_a_length_over_the_limit_is_enough_to_refuse():
    check_length(10, 10)
    with pytest.raises(WriteRefused) as refused:
        check_length(11, 10)
    assert answer_of_error(refused.value) == WriteAnswer(413, "Request Entity Too Large")


def test_reasons_of_limits_name_what_is_too_much():
    assert too_many_values("m", "t", "v", 100_001, 100_000) == (
        'max-values-per-tag limit exceeded (100001/100000): measurement="m" tag="t" value="v"'
    )
    assert too_many_series(9) == "max-series-per-database limit exceeded: (9)"

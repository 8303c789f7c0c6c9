import pytest

from muster.collectors.probes.http_response import CODES, Answered, point
from muster.model.probe import HttpProbe

URL = "https://example.org/"


def found(answered, **probe):
    return point(HttpProbe(url=URL, **probe), answered, 5)


def test_a_good_answer_has_everything_that_was_asked_for():
    answered = Answered(status=200, time_s=0.25, length=10, matches=True)
    point = found(answered, match="x", status=200)

    assert point.tags == {
        "server": URL,
        "method": "GET",
        "result": "success",
        "status_code": "200",
    }
    assert point.fields == {
        "response_time": 0.25,
        "http_response_code": 200,
        "content_length": 10,
        "response_string_match": 1,
        "response_status_code_match": 1,
        "result_code": 0,
        "result_type": "success",
    }


@pytest.mark.parametrize(
    ("answered", "result"),
    [
        (Answered(status=200, matches=False), "response_string_mismatch"),
        (Answered(status=500), "response_status_code_mismatch"),
        (Answered(status=500, matches=False), "response_status_code_mismatch"),
        (Answered(status=200, fault="body_read_error"), "body_read_error"),
        (Answered(fault="timeout"), "timeout"),
    ],
)
def test_each_way_to_fail_has_its_name_and_code(answered, result):
    point = found(answered, match="x", status=200)

    assert point.tags["result"] == point.fields["result_type"] == result
    assert point.fields["result_code"] == CODES[result]


def test_without_an_answer_there_is_neither_time_nor_status():
    point = found(Answered(fault="connection_failed"))

    assert point.tags == {"server": URL, "method": "GET", "result": "connection_failed"}
    assert point.fields == {"result_code": 3, "result_type": "connection_failed"}

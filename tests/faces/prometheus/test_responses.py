"""Envelopes and statuses."""

import gzip
import json

import pytest

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.influxql.queryregistry import QueryInterrupted
from muster.errors import Denied, LimitExceeded, MusterError, NotFound, Unauthenticated, Unavailable
from muster.faces.prometheus.responses import answered, refused
from muster.net.http import Request
from muster.promql.api import Data
from muster.promql.errors import ExecutionError, PromqlError, QueryTimeout


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (PromqlError("x"), 400, "bad_data"),
        (DatabaseNotFound("x"), 400, "bad_data"),
        (ExecutionError("x"), 422, "execution"),
        (LimitExceeded("x"), 422, "execution"),
        (QueryTimeout(), 503, "timeout"),
        (QueryInterrupted(), 503, "canceled"),
        (Unavailable("x"), 503, "unavailable"),
        (Unauthenticated("x"), 401, "unauthorized"),
        (Denied("x"), 403, "forbidden"),
        (NotFound("x"), 404, "not_found"),
        (MusterError("x"), 500, "internal"),
    ],
)
def test_each_error_has_its_kind(error, status, kind):
    answer = refused(error)

    assert answer.status == status
    assert json.loads(answer.body) == {"status": "error", "errorType": kind, "error": str(error)}


def test_who_is_to_come_again_is_told_when():
    error = Unavailable("x")
    error.retry_after_s = 2.6

    assert refused(error).headers == {"Retry-After": "3"}


def test_large_answers_are_packed_for_who_unpacks_them():
    request = Request(method="GET", path="/", headers={"accept-encoding": "gzip"})
    answer = answered(request, Data(json.dumps(["x" * 2_000]).encode()))

    assert json.loads(gzip.decompress(answer.body))["status"] == "success"
    assert answered(request, Data(b"[]")).headers == {}
    assert answered(request, Data(b"")).status == 204
    assert json.loads(answered(request, Data(b"[]", ("cut",))).body)["warnings"] == ["cut"]

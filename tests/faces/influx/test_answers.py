"""Answers in the form that was asked for."""

import gzip
import json
import zlib

import numpy as np
import pytest

from muster.faces.influx import answers
from muster.faces.influx.answers import form_of, rendered
from muster.influxql.answers.results import ResultSeries, StatementResult
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full
from muster.net.http import Request

ROWS = 20_000


@pytest.fixture
def results():
    times = np.arange(ROWS, dtype=np.int64)
    cells = (full(DataType.FLOAT, np.arange(ROWS) / 2),)
    return [StatementResult(0, (ResultSeries("m", (), ("time", "v"), times, cells),))]


def values_of(documents):
    return [
        row
        for document in documents
        for series in document["results"][0]["series"]
        for row in series["values"]
    ]


async def taken(response):
    return [part async for part in response.stream]


async def test_chunks_are_made_as_they_are_taken(results, monkeypatch):
    made = []
    chunks = answers.to_json_chunks

    def counted(*given):
        for document in chunks(*given):
            made.append(len(document))
            yield document

    monkeypatch.setattr(answers, "to_json_chunks", counted)
    response = rendered(
        results, form_of({"chunked": "true", "chunk_size": "100", "epoch": "ns"}, asked({}))
    )
    at_first = len(made)
    parts = await taken(response)

    assert at_first < 60 < len(made) == ROWS // 100
    documents = [json.loads(line) for line in b"".join(parts).splitlines()]
    assert values_of(documents) == [[at, at / 2] for at in range(ROWS)]
    assert [one["results"][0].get("partial") for one in documents] == [True] * 199 + [None]


def asked(headers, **query):
    return Request(method="GET", path="/query", headers=headers, query=query)


async def test_packed_chunks_can_be_read_as_they_come(results):
    headers = {"accept-encoding": "gzip"}
    response = rendered(
        results, form_of({"chunked": "true", "chunk_size": "100", "epoch": "ns"}, asked(headers))
    )
    unpacker = zlib.decompressobj(31)

    texts = [unpacker.decompress(part) for part in await taken(response)]

    assert all(text.endswith(b"\n") for text in texts if text)
    assert len(values_of(map(json.loads, b"".join(texts).splitlines()))) == ROWS
    assert unpacker.eof
    assert response.headers == {"Content-Encoding": "gzip"}


def test_a_few_chunks_come_at_once(results):
    few = [StatementResult(0, (results[0].series[0].part(0, 5),))]

    response = rendered(few, form_of({"chunked": "true", "chunk_size": "2"}, asked({})))

    assert response.stream is None
    assert len(response.body.splitlines()) == 3


def test_blanks_around_an_epoch_mean_nothing():
    assert form_of({"epoch": " s "}, asked({})).style.epoch == "s"


def test_only_the_url_makes_an_answer_pretty():
    assert form_of({}, asked({}, pretty="true")).style.pretty
    assert not form_of({"pretty": "true"}, asked({})).style.pretty


def test_chunks_may_be_messagepack(results):
    few = [StatementResult(0, (results[0].series[0].part(0, 5),))]
    accepts = asked({"accept": "application/x-msgpack"})

    found = rendered(few, form_of({"chunked": "true", "chunk_size": "2", "epoch": "ns"}, accepts))

    unpacked = found.body.split(b"\x81\xa7results")[1:]
    assert [b"partial" in part for part in unpacked] == [True, True, False]


@pytest.mark.parametrize(
    ("accepts", "kind"),
    [
        ("application/csv", "text/csv"),
        ("text/csv", "text/csv"),
        ("application/x-msgpack", "application/x-msgpack"),
        ("*/*", "application/json"),
        ("text/csv, */*", "application/json"),
    ],
)
def test_the_form_follows_what_is_accepted(results, accepts, kind):
    plain = rendered(results, form_of({}, asked({"accept": accepts})))
    packed = rendered(
        results, form_of({}, asked({"accept": accepts, "accept-encoding": "gzip, deflate"}))
    )

    assert plain.content_type == packed.content_type == kind
    assert gzip.decompress(packed.body) == plain.body

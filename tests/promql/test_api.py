"""Parameters to questions; what Prometheus answers is among the recorded answers."""

import json

import pytest

from muster.promql import api
from muster.promql.errors import ExecutionError, PromqlError
from muster.promql.limits import Limits
from muster.testing.prommemory import MemorySource, series_of

SOURCE = MemorySource(
    [series_of({"__name__": "up", "job": job}, [1_000], ["1"]) for job in ("a", "b")]
)


def answer(question):
    return json.loads(question.answer(SOURCE, Limits()).text)


def test_without_a_time_it_is_now():
    found = answer(api.query({"query": ["up"]}, 2_000))

    assert [each["value"] for each in found["result"]] == [[2, "1"]] * 2


def test_the_first_of_several_counts_and_a_timeout_is_read():
    question = api.query({"query": ["1", "2"], "timeout": ["1.5"]}, 0)

    assert question.timeout_ms == 1_500
    assert answer(question)["result"] == [0, "1"]
    assert api.query({"query": ["1"], "timeout": ["0"]}, 0).timeout_ms < 0


def test_lists_can_be_cut():
    given = {"match[]": ["up"], "limit": ["1"]}

    assert answer(api.series(given)) == [{"__name__": "up", "job": "a"}]
    assert answer(api.label_names(given)) == ["__name__"]
    assert answer(api.label_values("job", given)) == ["a"]
    assert answer(api.label_values("job", {})) == ["a", "b"]


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (lambda: api.query({"query": ["up("]}, 0), 'invalid parameter "query"'),
        (lambda: api.query({"time": ["x"]}, 0), "Invalid time value for 'time'"),
        (lambda: api.query_range({"start": ["0"], "end": ["9"], "step": ["0"]}, 5), "zero or neg"),
        (lambda: api.query_range({"start": ["0"], "end": ["9"], "step": ["1"]}, 5), "exceeded max"),
        (lambda: api.series({}), "no match[] parameter provided"),
        (lambda: api.series({"match[]": ["up"] * 101}), "at most 100 match[]"),
        (lambda: api.series({"match[]": ["up"], "limit": ["x"]}), "valid limit"),
        (lambda: api.label_values("9a", {}), 'invalid label name: "9a"'),
        (lambda: api.metric_limit_of({"limit": ["x"]}), "limit must be a number"),
    ],
)
def test_bad_parameters_are_told_before_anything_is_read(ask, refusal):
    with pytest.raises(PromqlError) as refused:
        ask()
    assert refusal in str(refused.value)


@pytest.mark.parametrize(("text", "most"), [("", None), ("-1", None), ("0", 0), ("+7", 7)])
def test_metrics_are_told_of_up_to_a_limit(text, most):
    assert api.metric_limit_of({"limit": [text]}) == most


@pytest.mark.parametrize(
    "question",
    [
        api.query({"query": ["up"], "limit": ["1"]}, 1_000),
        api.query({"query": ["up[5m]"], "limit": ["1"]}, 1_000),
        api.query_range({"query": ["up"], "start": ["1"], "end": ["1"], "step": ["1"],
                         "limit": ["1"]}, 5),
        api.series({"match[]": ["up"], "limit": ["1"]}),
    ],
)  # fmt: skip
def test_what_was_cut_is_told(question):
    data = question.answer(SOURCE, Limits())
    found = json.loads(data.text)

    assert len(found if isinstance(found, list) else found["result"]) == 1
    assert data.warnings == ("results truncated due to limit",)
    assert api.query({"query": ["up"], "limit": ["2"]}, 0).answer(SOURCE, Limits()).warnings == ()


def test_more_series_than_anybody_reads_are_not_listed():
    with pytest.raises(ExecutionError, match="2 series match, at most 1 are listed"):
        api.series({"match[]": ["up"]}).answer(SOURCE, Limits(series=1))


def test_exemplars_and_forms():
    assert api.exemplars({"query": ["1"]}).answer(SOURCE, Limits()).text == b""
    assert answer(api.exemplars({"query": ["up"]})) == []
    assert answer(api.format_query({"query": ["sum(up)by(job)"]})) == "sum by (job) (up)"

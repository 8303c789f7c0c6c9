import pytest

from muster.cli.main import build_parser
from muster.cli.query import _body, _function, _harmless, _moment, _names, _rows, _tags
from muster.errors import InputError


class FakeHub:
    def get(self, path, query=None):
        return [{"id": "n-1", "name": "web-01"}]


def parsed(*words):
    return build_parser("query").parse_args(["query", "--measurement", "cpu", *words])


def test_a_question_becomes_the_body_of_a_request():
    options = parsed("--field", "usage_idle", "--tag", "cpu=cpu-total", "--node", "web-01",
                     "--from", "2026-11-20T00:00:00", "--to", "2026-11-20T00:01:00",
                     "--every", "10s", "--fn", "mean")  # fmt: skip

    assert _body(options, FakeHub()) == {
        "select": {
            "measurement": "cpu",
            "fields": ["usage_idle"],
            "tags": {"cpu": ["cpu-total"]},
            "nodes": ["n-1"],
        },
        "start_ns": 1_763_596_800_000_000_000 + 31_536_000_000_000_000,
        "end_ns": 1_763_596_800_000_000_000 + 31_536_000_000_000_000 + 60_000_000_000,
        "function": "mean",
        "limit": 1000,
        "step_ns": 10_000_000_000,
    }


def test_a_bucket_without_a_function_means_the_mean():
    assert _body(parsed("--every", "10s"), FakeHub())["function"] == "mean"
    assert _body(parsed(), FakeHub())["function"] == "raw"


def test_percentiles_are_written_as_p95():
    assert _function("p99.9") == ("percentile", 99.9)
    with pytest.raises(InputError, match="unknown function 'median'"):
        _function("median")


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01"])
def test_a_time_of_another_shape_is_refused(text):
    with pytest.raises(InputError, match="not an ISO time"):
        _moment(text)


def test_values_of_one_tag_gather():
    assert _tags(["cpu=cpu0", "cpu=cpu1"]) == {"cpu": ["cpu0", "cpu1"]}
    with pytest.raises(InputError, match="KEY=VALUE"):
        _tags(["cpu"])


def test_a_range_that_ends_before_it_starts_is_refused():
    options = parsed("--from", "2026-11-20T00:00:00", "--to", "2026-11-19T00:00:00")
    with pytest.raises(InputError, match="empty"):
        _body(options, FakeHub())


def series(field, **tags):
    return {"field": field, "tags": sorted(tags.items())}


def test_columns_are_told_apart_by_the_tags_that_differ():
    names = _names([series("rx", host="a", node="1"), series("rx", host="b", node="2")])

    assert names == ["rx{host=a}", "rx{host=b}"]
    assert _names([series("rx", host="a"), series("tx", host="a")]) == ["rx", "tx"]


def test_rows_carry_time_first():
    frame = {"times": [1, 2], "values": [[5, None]], "series": [series("rx")]}

    assert _rows(frame) == (["time", "rx"], [[1, 5], [2, None]])


def test_text_that_a_spreadsheet_would_run_is_made_harmless():
    assert _harmless("=cmd()") == "'=cmd()"
    assert _harmless(-5) == -5

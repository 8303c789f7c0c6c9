"""Recorded answers, asked again."""

from muster.testing.promasking import alike, asked, document
from muster.testing.prommemory import MemorySource, series_of

SOURCE = MemorySource([series_of({"__name__": "up"}, [4_000], ["1"])])


def test_paths_are_asked_as_a_server_is():
    assert asked(SOURCE, "/query?query=1&time=4")[0] == 200
    assert asked(SOURCE, "/query?query=1(&time=4")[0] == 400
    assert asked(SOURCE, "/label/__name__/values")[1] == '{"status":"success","data":["up"]}'
    assert asked(SOURCE, "/query_exemplars?query=1") == (204, "")
    assert asked(SOURCE, "/rules?type=alert")[0] == 200


def test_only_the_last_digits_of_numbers_may_differ():
    assert alike({"a": ["1.0000000000000002"]}, {"a": ["1"]})
    assert not alike(["1.1"], ["1"])
    assert not alike(["a"], ["b"])
    assert not alike({"a": 1}, {"b": 1})
    assert not alike([1], [1, 2])
    assert document("") is None

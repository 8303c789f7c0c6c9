"""Questions as requests ask them, and how answers are compared."""

import pytest

from muster.testing.influxasking import NotOurs, ask, documents, equal, shape, tolerance_of
from muster.testing.influxmemory import MemorySource


def test_what_cannot_be_read_is_status_400():
    assert ask(MemorySource(), "SELECT", {})[0] == 400


def test_chunks_are_documents():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m v=1 1\nm v=2 2")

    _, body = ask(memory, "SELECT v FROM m", {"db": "d", "chunked": "true", "chunk_size": "1"})

    assert len(documents(body.decode())) == 2


def test_statements_of_others_are_told_apart():
    with pytest.raises(NotOurs):
        ask(MemorySource(), "SHOW USERS", {})


def test_numbers_may_differ_a_little_and_kinds_not_at_all():
    assert equal({"a": [1.0, "x"]}, {"a": [1.0 + 1e-15, "x"]})
    assert equal([1], [1.0])
    assert not equal([1.0], [1.1])
    assert not equal([True], [1])
    assert not equal({"a": 1}, {"a": 1, "b": 2})
    assert not equal([1], [1, 2])
    assert tolerance_of("SELECT holt_winters(…)") > tolerance_of("SELECT v")


def test_the_shape_is_without_values():
    assert shape({"a": [1, "x", None]}) == {"a": ["int", "str", "NoneType"]}

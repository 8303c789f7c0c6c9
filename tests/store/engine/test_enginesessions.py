"""The embedded engine's sessions; what goes through them is tested with store.engine.clickhouse."""

import pyarrow as pa
import pytest

from muster.errors import LimitExceeded, Unavailable
from muster.model.metric import Kind
from muster.store.engine import statements
from muster.store.engine.enginesessions import EmbeddedSessions, Limits, translated

LIMITS = Limits(readers=1, memory_bytes=1 << 30, answer_rows=1000, question_s=5.0)


@pytest.fixture
def sessions(tmp_path):
    made = EmbeddedSessions(tmp_path / "series", LIMITS)
    made.open(["create database if not exists muster"])
    yield made
    made.close()


def test_both_kinds_of_sessions_answer_and_say_what_is_wrong(sessions):
    assert sessions.ask("select 1 as one").to_pylist() == [{"one": 1}]
    assert sessions.asked("select 2 as two").to_pylist() == [{"two": 2}]
    assert sessions.lines("select 3") == ["3"]
    for call in (sessions.ask, sessions.asked, sessions.tell, sessions.lines):
        with pytest.raises(Unavailable, match="the engine refuses"):
            call("select nothing from nowhere")
    with pytest.raises(LimitExceeded, match="too large"):
        sessions.ask("select number from numbers(70000)")


def test_an_answer_that_failed_leaves_nothing_in_the_next_one(sessions):
    for call in (sessions.ask, sessions.asked):
        with pytest.raises((LimitExceeded, Unavailable)):
            call("select throwIf(number = 100000) from numbers(200000) settings max_threads = 1")
        assert call("select 1 as one").to_pylist() == [{"one": 1}]
    with pytest.raises(LimitExceeded, match="too large"):
        sessions.ask("select number from numbers(70000)")
    assert sessions.ask("select 1 as one").to_pylist() == [{"one": 1}]


def test_they_open_again_after_they_were_closed(sessions):
    sessions.close()
    with pytest.raises(Unavailable):
        sessions.ask("select 1")
    sessions.open([])

    assert sessions.ask("select 1 as one").num_rows == 1


def test_rows_that_go_in_pieces_are_one_part_once(sessions):
    """Also those that an earlier version sent at once: a segment may have been under way."""
    count = 1_200_000  # more than the engine would put into one part by itself
    for statement in statements.create():
        sessions.tell(statement)
    numbers = pa.array(range(count), pa.uint64())
    times = numbers.cast(pa.int64())
    columns = {"field": numbers, "tags": numbers, "ts": times, "v": times.cast(pa.float64())}
    rows, sink = pa.table(columns), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    statement = statements.insert(Kind.FLOAT, "once:0")
    with sessions._writer.send_insert(statement, "ArrowStream") as inserter:
        inserter.append(sink.getvalue().to_pybytes())
        inserter.finish()
    sessions.insert(statement, rows)

    parts = sessions.asked("select rows from system.parts where active and table = 'floats'")
    assert parts.to_pylist() == [{"rows": count}]


def test_the_words_of_an_engine_are_cut_short():
    error = translated(RuntimeError("no " * 1000))

    assert isinstance(error, Unavailable)
    assert len(str(error)) < 400
    assert "too long" in str(translated(RuntimeError("(TIMEOUT_EXCEEDED)")))

"""Statements as 18.16 takes them. That it does: tests/conformance/test_series_store.py."""

import numpy as np
import pyarrow as pa
import pytest

from muster.model.metric import Kind
from muster.ports.series import Parts
from muster.store.engine import erasure, questions, statements, usage
from muster.store.engine.arrow import numbers_to_arrow
from muster.store.engine.clusterdialect import Dialect, Place
from muster.store.engine.clusterold import OldDialect
from muster.store.engine.questions import Range

PLACE = Place((("a", 1), ("b", 1)), "values", "main", tls=True)
DIALECT = OldDialect(PLACE, shards=1)
ROWS = pa.table({name: numbers_to_arrow(np.array([7], np.uint64)) for name in ("field", "tags")})


def test_tables_have_no_codecs_and_those_of_rows_a_mark():
    made = DIALECT.create()

    assert len(made) == len(Dialect(PLACE).create())
    assert not any("codec" in each or "fsync" in each or " on cluster " in each for each in made)
    floats, whole = made[1:3]
    assert floats == (
        "create table if not exists values.floats_local (field UInt64, tags UInt64, ts Int64, "
        "v Float64, mark UInt64) engine = ReplicatedReplacingMergeTree("
        "'/clickhouse/tables/{shard}/values/floats_local', '{replica}') "
        "partition by intDiv(ts, toInt64(86400000000000)) order by (field, tags, ts) "
        "settings replicated_deduplication_window = 1000, "
        "replicated_deduplication_window_seconds = 31536000"
    )
    assert whole.endswith("Distributed('main', 'values', 'floats_local', cityHash64(field, tags))")
    sums = next(each for each in made if ".floats_minutes_local " in each)
    assert "mark" not in sums
    assert "settings" not in sums


def test_an_insert_s_token_is_on_its_rows():
    said = DIALECT.insert(statements.insert(Kind.FLOAT, "t:1"), ROWS)
    again = DIALECT.insert(statements.insert(Kind.FLOAT, "t:1"), ROWS)
    other = DIALECT.insert(statements.insert(Kind.FLOAT, "t:2"), ROWS)

    assert said.told.statement == "insert into values.floats (field, tags, ts, v, mark)"
    assert said.settings == {"insert_deduplicate": "1"}
    assert said.rows["mark"].to_pylist() == again.rows["mark"].to_pylist()
    assert said.rows["mark"].to_pylist() != other.rows["mark"].to_pylist()
    assert "table = 'floats_local'" in said.told.done
    assert "table = 'floats_local'" in said.told.may
    with pytest.raises(ValueError, match="without a token"):
        DIALECT.insert("insert into muster.floats (ts)", ROWS)


def test_rows_are_deleted_by_the_node_that_leads_and_each_is_asked():
    said = DIALECT.told(erasure.delete("floats", "field in (1)", 0, 9))

    assert said.statement.startswith(
        "alter table values.floats_local delete where field in (1) and ts >= 0 and ts < 9 and '"
    )
    name = said.statement.split("'")[1]
    assert f"position(command, '{name}')" in said.done
    assert said.lead.nodes == 1
    assert name not in DIALECT.told(erasure.delete("floats", "field in (1)", 0, 9)).statement


def test_a_day_is_dropped_by_the_node_that_leads():
    said = DIALECT.told(statements.drop("floats", 5))

    assert said.statement == "alter table values.floats_local drop partition 5"
    assert "is_leader as yes" in said.lead.question
    assert "active_replicas = total_replicas" in said.may


def test_marks_are_asked_after_until_every_replica_has_them():
    said = DIALECT.told(statements.mark_rewritten([5]))

    assert said.statement == "insert into values.rewritten values (5)"
    assert said.lead is None
    assert "table = 'rewritten_local'" in said.done


@pytest.mark.parametrize("few", [True, False])
def test_questions_have_no_settings_and_divide_signed(few):
    text = DIALECT.of(
        questions.aggregate([Range(Kind.FLOAT, [(1, 2)], -9, 9, True)], 60, Parts.ALL, few=few)
    )

    assert "settings" not in text
    assert "* except" not in text
    assert "intDiv(ts - (ts % toInt64(60) + 60) % toInt64(60), toInt64(60)) as bucket" in text


@pytest.mark.parametrize("statement", [statements.days(), erasure.unfinished(), usage.masked(9)])
def test_parts_are_counted_on_every_replica(statement):
    said = DIALECT.of(statement)

    assert "cluster('main', system." in said
    assert "settings max_parallel_replicas = 64, prefer_localhost_replica = 0" in said


def test_no_setting_is_one_that_it_does_not_know():
    new = {*Dialect.everywhere, *Dialect.writing, *Dialect.reading}
    old = {*DIALECT.everywhere, *DIALECT.writing, *DIALECT.reading}

    assert not old & {"apply_mutations_on_fly", "insert_quorum_parallel", "alter_sync"}
    assert "insert_quorum" in new - old

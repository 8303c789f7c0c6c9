"""Statements for a cluster. That an engine takes them: tests/conformance/test_series_store.py."""

import pytest

from muster.errors import SettingsError
from muster.model.metric import Kind
from muster.store.engine import erasure, questions, statements, usage
from muster.store.engine.clusterdialect import Dialect, Place, parse_place
from muster.store.engine.questions import Range

DIALECT = Dialect(Place((("a", 1),), "values", "main", tls=True))


def test_an_address_names_hosts_a_database_and_a_cluster():
    assert parse_place("clickhouse://a.example,b:9,[::1]:7/values?cluster=main") == Place(
        (("a.example", 8443), ("b", 9), ("::1", 7)), "values", "main", tls=True
    )
    assert parse_place("clickhouse://localhost?cluster=c-1&tls=off") == Place(
        (("localhost", 8123),), "muster", "c-1", tls=False
    )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://a/values?cluster=c", "does not start"),
        ("clickhouse://me:secret@a/values?cluster=c", "credentials_file"),
        ("clickhouse://a/values", "names no cluster"),
        ("clickhouse://a/va-lues?cluster=c", "names no database"),
        ("clickhouse://a/values?cluster=c'", "names no cluster"),
        ("clickhouse://a/values?cluster=c&tls=off", "TLS"),
        ("clickhouse://a/values?cluster=c&password=x", "unknown option"),
        ("clickhouse://a:0/values?cluster=c", "names no host"),
        ("clickhouse:///values?cluster=c", "names no host"),
        ("clickhouse://[a/values?cluster=c", "is not an address"),
        ("clickhouse://a/values?cluster", "is not an address"),
        (f"clickhouse://{','.join('a' * 17)}/values?cluster=c", "more than 16"),
    ],
)
def test_an_address_that_can_not_be_used_says_why(url, why):
    with pytest.raises(SettingsError, match=why) as caught:
        parse_place(url)
    assert "secret" not in str(caught.value)
    assert caught.value.key == "store.url"


def test_each_table_is_replicated_and_behind_one_that_is_distributed():
    made = DIALECT.create()

    assert made[0] == "create database if not exists values on cluster 'main'"
    assert len(made) == 1 + 2 * (len(statements.create()) - 1)
    floats, whole = made[1:3]
    assert floats.startswith("create table if not exists values.floats_local on cluster 'main' (")
    assert "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}'" in floats
    assert " replicated_deduplication_window = 1000" in floats
    assert whole == (
        "create table if not exists values.floats on cluster 'main' as values.floats_local engine "
        "= Distributed('main', 'values', 'floats_local', cityHash64(field, tags))"
    )
    assert any(", '{replica}', turn) order by hour" in each for each in made)
    assert any("'minutes_local', cityHash64(hour))" in each for each in made)


def test_questions_and_rows_go_through_the_distributed_table():
    wanted = Range(Kind.FLOAT, [(1, 2)], 0, 9, True)

    assert " from values.floats final where " in DIALECT.of(questions.select(wanted))
    assert DIALECT.of(statements.insert(Kind.FLOAT, "t:1")).startswith("insert into values.floats ")


def test_parts_are_changed_on_the_whole_cluster():
    assert DIALECT.of(statements.drop("floats", 5)) == (
        "alter table values.floats_local on cluster 'main' drop partition 5"
    )
    assert DIALECT.of(usage.unmask("floats", 5)).startswith(
        "alter table values.floats_local on cluster 'main' apply deleted mask"
    )
    assert DIALECT.of(erasure.delete("floats", "field in (1)", 0, 9)) == (
        "delete from values.floats_local on cluster 'main' where field in (1) and ts >= 0 "
        "and ts < 9 settings lightweight_deletes_sync = 2"
    )


@pytest.mark.parametrize("statement", [statements.days(), erasure.unfinished(), usage.masked(9)])
def test_parts_are_counted_on_every_replica(statement):
    said = DIALECT.of(statement)

    assert "clusterAllReplicas('main', system." in said
    assert "where database = 'values' and endsWith(table, '_local')" in said


def test_a_table_that_it_does_not_know_how_to_make_is_an_error(monkeypatch):
    monkeypatch.setattr(statements, "create", lambda: ["create table muster.x engine = Log"])

    with pytest.raises(ValueError, match="no form for a cluster"):
        DIALECT.create()

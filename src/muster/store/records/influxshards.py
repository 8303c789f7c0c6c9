"""Shards of InfluxDB's wire and the kinds of fields in them, in SQLite. Source: migrations/."""

import sqlite3
from collections.abc import Mapping, Sequence

from muster.model.access import AuditEvent
from muster.model.influx import FieldKind, Shard
from muster.model.metric import Kind
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_SHARDS = "SELECT number, database, policy, start_ns, end_ns FROM influx_shards"
_ONE = f"{_SHARDS} WHERE database = ? AND policy = ? AND start_ns = ?"


class SqliteInfluxShards:
    """See muster.ports.influx.ShardRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shards(self) -> list[Shard]:
        return [_shard(row) for row in self._database.all(f"{_SHARDS} ORDER BY start_ns, number")]

    def kinds(self, shard: int) -> list[FieldKind]:
        rows = self._database.all(
            "SELECT measurement, field, kind FROM influx_kinds WHERE shard = ?", (shard,)
        )
        return [FieldKind(_text(row[0]), _text(row[1]), Kind(row[2])) for row in rows]

    def add(
        self, shards: Sequence[Shard], kinds: Mapping[tuple[int, str, int], Sequence[FieldKind]]
    ) -> list[Shard]:
        with self._database.change() as writer:
            writer.executemany(
                "INSERT INTO influx_shards (database, policy, start_ns, end_ns)"
                " VALUES (?, ?, ?, ?) ON CONFLICT (database, policy, start_ns) DO NOTHING",
                [(each.database, each.policy, each.start_ns, each.end_ns) for each in shards],
            )
            for place, fresh in kinds.items():
                _add_kinds(writer, place, fresh)
            places = [(each.database, each.policy, each.start_ns) for each in shards]
            return [_shard(writer.execute(_ONE, place).fetchone()) for place in places]

    def forget_measurement(self, database: int, measurement: str) -> None:
        with self._database.change() as writer:
            writer.execute(
                "DELETE FROM influx_kinds WHERE measurement = ? AND shard IN"
                " (SELECT number FROM influx_shards WHERE database = ?)",
                (_bytes(measurement), database),
            )

    def forget_kinds(self, shards: Sequence[int], measurement: str) -> None:
        with self._database.change() as writer:
            writer.executemany(
                "DELETE FROM influx_kinds WHERE shard = ? AND measurement = ?",
                [(number, _bytes(measurement)) for number in shards],
            )

    def drop_shard(self, number: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if writer.execute("DELETE FROM influx_shards WHERE number = ?", (number,)).rowcount:
                write_event(writer, event)


def _add_kinds(
    writer: sqlite3.Connection, place: tuple[int, str, int], fresh: Sequence[FieldKind]
) -> None:
    found = writer.execute(_ONE, place).fetchone()
    number = found[0] if found else -1  # refused by the reference
    writer.executemany(
        "INSERT INTO influx_kinds VALUES (?, ?, ?, ?)"
        " ON CONFLICT (shard, measurement, field) DO NOTHING",
        [(number, _bytes(each.measurement), _bytes(each.field), each.kind) for each in fresh],
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _shard(row: Row) -> Shard:
    return Shard(number=row[0], database=row[1], policy=row[2], start_ns=row[3], end_ns=row[4])

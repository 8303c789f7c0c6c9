# ruff: noqa: S608 - only names that `Place` has checked enter a statement
"""The cluster's statements as ClickHouse 18.16 takes them, which is what Debian has.

Every difference between it and newer servers is in this file:

- No codecs of columns, and no settings that sync inserts: the server's own hold.
- No tokens of inserts. It leaves a block out that it has had, by what the block holds: a column
  `mark`, the hash of the token on each row, makes that the same thing.
- No quorum: it has one, but then leaves the newest part as it is until another comes, so that
  no deletion ends. An insert is asked after until every replica has fetched it.
- No `delete from` that holds at once: parts are written anew (`alter table … delete`), and that
  is asked after until every replica has done so.
- Nothing `on cluster`: where nodes start together, or race for a change, the worker that takes
  such statements ends for good. Each node is told to make its tables. Changes of parts are told
  to the node that leads the table, of each shard: another would pass them on as user `default`.
- No `clusterAllReplicas`: all replicas are asked as if they shared the work of one.
- No negative number divided by a large one: that is unsigned to it, and makes both so.
- No settings in inserts, and of those in questions none that is needed and that it knows.

Source: ClickHouse 18.16's sources; docs of 2018, "ALTER", "Mutations", "insert_quorum"
"""

import hashlib
import re
import secrets
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from muster.store.engine.arrow import numbers_to_arrow
from muster.store.engine.clusterdialect import TOKENS_S, Dialect, Insert, Lead, Place, Told
from muster.store.engine.statements import COLUMNS, DATABASE, DEDUPLICATION_WINDOW

_SETTINGS = re.compile(r" settings [^()]*$")
_CODEC = re.compile(r" codec\((?:[^()]|\([^()]*\))*\)")
_DIVIDED = re.compile(r"(\bintDiv\((?:[^()]|\([^()]*\))*, )(\d+)\)")
_MODULO = re.compile(r"% (\d+)\b")
_MADE = re.compile(r"create table if not exists \w+\.(\w+)_local ")
_TOKEN = re.compile(r"\binsert_deduplication_token = '([^']*)'")
_INSERT = re.compile(r"insert into \w+\.(\w+) ")
_CHANGE = re.compile(r"(alter table|delete from) \w+\.(\w+) on cluster '[^']*'(.*)", re.DOTALL)
_BLOCK = str(1 << 40)  # rows or bytes: an insert is one block, whoever passes it on
_ROWS = frozenset(column.table for column in COLUMNS.values())
_SEEN = {
    "parts": "partition, active, bytes_on_disk, toUInt8(0) as has_lightweight_delete",
    "mutations": "is_done",
}


class OldDialect(Dialect):
    """See Dialect."""

    everywhere: Mapping[str, str] = {
        name: Dialect.everywhere[name]
        for name in (
            "wait_end_of_query",
            "max_query_size",
            "max_ast_elements",
            "max_expanded_ast_elements",
            "skip_unavailable_shards",
        )
    }
    each_creates = True
    reading: Mapping[str, str] = {}
    writing: Mapping[str, str] = {
        "insert_distributed_sync": "1",
        "insert_deduplicate": "0",
        "max_insert_block_size": _BLOCK,
        "min_insert_block_size_rows": _BLOCK,
        "min_insert_block_size_bytes": _BLOCK,
        "replication_alter_partitions_sync": "2",
    }

    def __init__(self, place: Place, shards: int) -> None:
        super().__init__(place)
        self._shards = shards

    @staticmethod
    def shape(place: Place) -> str:
        """Asks how many shards there are, and how many replicas the least of them has."""
        return (
            "select max(shard_num), min(replicas) from (select shard_num, count() as replicas "
            f"from system.clusters where cluster = '{place.cluster}' group by shard_num)"
        )

    def create(self) -> list[str]:
        """See Dialect."""
        return [self._alone(self._made(statement)) for statement in super().create()]

    def _alone(self, statement: str) -> str:
        return statement.replace(f" on cluster {self._cluster}", "")

    def _made(self, statement: str) -> str:
        match = _MADE.match(statement)
        if match is None:
            return statement
        text = _signed(_SETTINGS.sub("", _CODEC.sub("", statement)))
        # It fills in what the node calls itself, but not where the table is.
        text = text.replace("{database}/{table}", f"{self._database}/{match[1]}_local")
        if match[1] not in _ROWS:
            return text
        return (
            text.replace(") engine = ", ", mark UInt64) engine = ", 1)
            + f" settings replicated_deduplication_window = {DEDUPLICATION_WINDOW}, "
            f"replicated_deduplication_window_seconds = {TOKENS_S}"
        )

    def of(self, statement: str) -> str:
        """See Dialect."""
        return super().of(_signed(_SETTINGS.sub("", statement)))

    def told(self, statement: str) -> Told:
        """See Dialect."""
        text = self.of(statement)
        if inserted := _INSERT.match(text):
            return Told(text, self._well(inserted[1]), self._fetched(inserted[1]))
        changed = _CHANGE.fullmatch(text)
        if changed is None:
            return Told(text)
        change, table, rest = changed[1], changed[2], changed[3]
        lead = Lead(self._of_table("is_leader as yes", table), self._shards)
        if change == "alter table":
            return Told(f"{change} {self._database}.{table}{rest}", self._well(table), lead=lead)
        # The server writes a statement down in its own form: this tells it from all others.
        name = secrets.token_hex(8)
        return Told(
            f"alter table {self._database}.{table} delete{rest} and '{name}' != ''",
            self._well(table),
            "select '' as shard, toUInt8(count() = 1 and min(is_done) = 1) as yes, 0 as has "
            f"from system.mutations where position(command, '{name}') > 0",
            lead,
        )

    def insert(self, statement: str, rows: pa.Table) -> Insert:
        """See Dialect."""
        text, token, into = self.of(statement), _TOKEN.search(statement), _INSERT.match(statement)
        if token is None or into is None:
            raise ValueError(f"an insert without a token: {statement[:80]!r}")
        if into[1] in _ROWS:
            mark = int.from_bytes(hashlib.blake2b(token[1].encode(), digest_size=8).digest())
            marks = numbers_to_arrow(np.full(len(rows), mark, np.uint64))
            rows = rows.append_column("mark", marks)
            text = text.replace(" ts, v)", " ts, v, mark)")
        return Insert(self.told(text), rows, {"insert_deduplicate": "1"})

    def _well(self, table: str) -> str:
        """Whether a node and all replicas that it knows of take part."""
        return self._of_table(
            "toUInt8(not is_readonly and not is_session_expired "
            "and active_replicas = total_replicas) as yes",
            table,
        )

    def _fetched(self, table: str) -> str:
        """Which blocks a node has: the highest number of each day, of which one follows another.

        That its queue is empty is not enough: an entry is on its way there for a moment.
        """
        blocks = (
            "(select sum(cityHash64(partition_id, top)) from (select partition_id, "
            f"max(max_block_number) as top from system.parts where database = '{self._database}' "
            f"and table = '{table}_local' and active group by partition_id))"
        )
        return self._of_table(
            "zookeeper_path as shard, toUInt8(inserts_in_queue = 0 and (log_pointer > "
            f"log_max_index or log_pointer + log_max_index = 0)) as yes, {blocks} as has",
            table,
        )

    def _of_table(self, what: str, table: str) -> str:
        local = f"{table.removesuffix('_local')}_local"
        return (
            f"select {what} from system.replicas "
            f"where database = '{self._database}' and table = '{local}'"
        )

    def _everywhere(self, table: str) -> str:
        return (
            f"(select '{DATABASE}' as database, replaceRegexpOne(table, '_local$', '') as table, "
            f"{_SEEN[table]} from (select * from cluster({self._cluster}, system.{table}) "
            f"where database = '{self._database}' and endsWith(table, '_local') "
            "settings max_parallel_replicas = 64, prefer_localhost_replica = 0))"
        )


def _signed(statement: str) -> str:
    return _MODULO.sub(r"% toInt64(\1)", _DIVIDED.sub(r"\1toInt64(\2))", statement))

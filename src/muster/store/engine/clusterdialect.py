# ruff: noqa: S608 - only names that `Place` has checked enter a statement
"""The engine's statements as a cluster takes them: replicated tables behind distributed ones.

Rows lie in `<table>_local` on every node, and `<table>` stands for those of all shards. What
asks or inserts names `<table>`; what changes parts goes to `<table>_local` of the whole cluster,
and what counts them asks every replica. Statements are translated as text, which is right
because nothing but integers and names of this project ever enters one (store/engine/statements.py).
What servers of 18.16 take otherwise: store/engine/clusterold.py. Format: docs/formats/engine.md

Source: ClickHouse documentation, "Distributed DDL", "Data replication", "Distributed"
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa

from muster.errors import SettingsError
from muster.store.engine import statements
from muster.store.engine.statements import DATABASE

_PORTS = {True: 8443, False: 8123}
_MOST_HOSTS = 16
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CLUSTER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOST = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:]+)\]|(?P<host>[A-Za-z0-9.-]+))(?::(?P<port>\d{1,5}))?"
)
_TABLE = re.compile(rf"\b{DATABASE}\.(\w+)")
_CHANGE = re.compile(rf"^(alter table|delete from) {DATABASE}\.(\w+)")
_SYSTEM = re.compile(r"\bfrom system\.(parts|mutations)\b")
_CREATE = re.compile(
    rf"create table if not exists {DATABASE}\.(?P<table>\w+) \((?P<key>\w+) (?P<columns>.*?)\) "
    r"engine = (?P<engine>(?:Replacing)?MergeTree)(?:\((?P<version>\w+)\))? (?P<rest>.*)"
)
_MADE = re.compile(r"create table if not exists \w+\.(\w+) ")
_PATH = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
TOKENS_S = 365 * 86_400  # a journal may wait long for a cluster that is away
WRITE_S = 300  # for an insert to reach its quorum, or all nodes to make a change


class Place(NamedTuple):
    """Where a cluster is: what `[store] url` says."""

    hosts: tuple[tuple[str, int], ...]
    database: str
    cluster: str
    tls: bool


def parse_place(url: str) -> Place:
    """`clickhouse://host[:port],host2/database?cluster=name`. Errors: SettingsError."""
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise _wrong("is not an address") from None
    if parts.scheme != "clickhouse":
        raise _wrong("does not start with clickhouse://")
    if "@" in parts.netloc:
        raise _wrong("holds a name or password: put them into store.credentials_file")
    if unknown := options.keys() - {"cluster", "tls"}:
        raise _wrong(f"has an unknown option {min(unknown)!r}: there are cluster and tls")
    tls = options.get("tls", "on") != "off"
    hosts = tuple(_host(text, _PORTS[tls]) for text in parts.netloc.split(","))
    if len(hosts) > _MOST_HOSTS:
        raise _wrong(f"names more than {_MOST_HOSTS} hosts")
    if not tls and any(host not in _LOOPBACK for host, _ in hosts):
        raise _wrong("turns TLS off, which is allowed for this machine's own addresses alone")
    database, cluster = parts.path.strip("/") or DATABASE, options.get("cluster", "")
    if not _NAME.fullmatch(database):
        raise _wrong(f"names no database: {database[:80]!r}")
    if not _CLUSTER.fullmatch(cluster):
        raise _wrong("names no cluster: add ?cluster=NAME, as system.clusters lists it")
    return Place(hosts, database, cluster, tls)


def _host(text: str, port: int) -> tuple[str, int]:
    match = _HOST.fullmatch(text)
    if match is None or not 0 < int(match["port"] or port) < 65_536:
        raise _wrong(f"names no host: {text[:80]!r}")
    return match["six"] or match["host"], int(match["port"] or port)


def _wrong(what: str) -> SettingsError:
    return SettingsError(what, "", "store.url")


class Lead(NamedTuple):
    """Whom a change is told: each node that answers `yes`, which must be so many."""

    question: str
    nodes: int


class Told(NamedTuple):
    """A change, and what is asked about it. Without the questions its end is that of all of it."""

    statement: str
    may: str = ""  # it is told if each node answers `yes`
    done: str = (
        ""  # asked until all nodes answer `yes`, and those of a `shard` alike, what each `has`
    )
    lead: Lead | None = None  # without, any one node is told


class Insert(NamedTuple):
    """Rows on their way, with what else the session is set to for them."""

    told: Told
    rows: pa.Table
    settings: Mapping[str, str]


class Dialect:
    """Statements for one cluster."""

    everywhere: Mapping[str, str] = {
        # An answer that fails half way must not look whole: it is sent when it is.
        "wait_end_of_query": "1",
        "apply_mutations_on_fly": "1",
        "max_query_size": "1073741824",
        "max_ast_elements": "100000000",
        "max_expanded_ast_elements": "100000000",
        "select_sequential_consistency": "1",
        "skip_unavailable_shards": "0",
    }
    """What every session is set to."""
    writing: Mapping[str, str] = {
        "insert_quorum": "auto",
        "insert_quorum_parallel": "0",  # else questions could not ask for what the quorum has
        "insert_quorum_timeout": str(WRITE_S * 1000),
        "distributed_foreground_insert": "1",
        "async_insert": "0",
        "insert_deduplicate": "0",  # sums made anew are alike; rows say otherwise: their token
        "alter_sync": "2",
        "mutations_sync": "2",
        "distributed_ddl_output_mode": "throw",
        "distributed_ddl_task_timeout": str(WRITE_S),
    }
    """And the one that writes."""
    reading: Mapping[str, str] = {"do_not_merge_across_partitions_select_final": "1"}
    """And those that ask."""

    each_creates = False
    """Whether each node is told what `create` says, not one for all."""

    def __init__(self, place: Place) -> None:
        self._database = place.database
        self._cluster = f"'{place.cluster}'"

    def create(self) -> list[str]:
        """Everything a new cluster needs; changes nothing in an old one."""
        database = f"create database if not exists {self._database} on cluster {self._cluster}"
        made = [database]
        for statement in statements.create():
            if statement.startswith("create table"):
                made += self._tables(statement)
        return made

    def _tables(self, statement: str) -> list[str]:
        match = _CREATE.fullmatch(statement)
        if match is None:
            raise ValueError(f"a statement that has no form for a cluster: {statement[:80]!r}")
        name, key = match["table"], match["key"]
        version = f", {match['version']}" if match["version"] else ""
        rest = match["rest"].replace(
            "non_replicated_deduplication_window",
            f"replicated_deduplication_window_seconds = {TOKENS_S}, "
            "replicated_deduplication_window",
        )
        local, whole = f"{self._database}.{name}_local", f"{self._database}.{name}"
        of = "field, tags" if key == "field" else key
        return [
            f"create table if not exists {local} on cluster {self._cluster} "
            f"({key} {match['columns']}) engine = Replicated{match['engine']}({_PATH}{version}) "
            f"{rest}",
            f"create table if not exists {whole} on cluster {self._cluster} as {local} engine = "
            f"Distributed({self._cluster}, '{self._database}', '{name}_local', cityHash64({of}))",
        ]

    def of(self, statement: str) -> str:
        """A statement of the embedded engine."""
        if change := _CHANGE.match(statement):
            rest = statement[change.end() :].replace(
                "lightweight_deletes_sync = 0", "lightweight_deletes_sync = 2"
            )
            table = f"{self._database}.{change[2]}_local"
            return f"{change[1]} {table} on cluster {self._cluster}{rest}"
        named = _TABLE.sub(rf"{self._database}.\1", statement)
        return _SYSTEM.sub(lambda match: f"from {self._everywhere(match[1])}", named)

    def told(self, statement: str) -> Told:
        """A statement that changes something."""
        return Told(self.of(statement))

    def insert(self, statement: str, rows: pa.Table) -> Insert:
        """One of statements.insert, and what it takes."""
        return Insert(self.told(statement), rows, {})

    @staticmethod
    def names(made: Sequence[str]) -> list[str]:
        """Of the tables that `create` makes."""
        return [found[1] for each in made if (found := _MADE.match(each))]

    def tables(self) -> str:
        """Which of the tables the node that is asked has."""
        return f"select name from system.tables where database = '{self._database}'"

    def _everywhere(self, table: str) -> str:
        """A table of the engine's own, of all replicas, named as the embedded engine names it."""
        return (
            f"(select * replace ('{DATABASE}' as database, "
            "replaceRegexpOne(table, '_local$', '') as table) from "
            f"(select * from clusterAllReplicas({self._cluster}, system.{table}) "
            f"where database = '{self._database}' and endsWith(table, '_local')))"
        )

"""Two real nodes of ClickHouse of which one is killed: nothing is missing, nothing twice."""

import logging
import threading
import time
from http.client import HTTPConnection

import numpy as np
import pytest
from processes import until

from muster.errors import Unavailable
from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine.clickhouse import Settings
from muster.store.engine.clickhousehttp import ClusterSessions
from muster.store.engine.clusterdialect import WRITE_S
from muster.testing.clusternodes import running_nodes, why_not

log = logging.getLogger(__name__)

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
DAY = 86_400_000_000_000
NOON = 20_000 * DAY + DAY // 2
REF = SeriesRef(1, 1, Series("m", (), "f", Kind.INTEGER))
EACH, COUNT = 50, 40
PATIENCE_S = 2.0 * WRITE_S + 60  # a change that hangs in a node is given up and said again


def rows(number):
    """Half of a segment's times are in another day: two blocks on each node."""
    at = np.arange(number * EACH, (number + 1) * EACH)
    hashes = np.full(EACH, 1, np.uint64)
    return {Kind.INTEGER: Rows(hashes, hashes, NOON + at + at % 2 * DAY, at, None)}


def ask(nodes, name, statement):
    """One node itself, past the store."""
    place = nodes.place()
    host, port = place.hosts[["one", "two"].index(name)]
    connection = HTTPConnection(host, port, timeout=60)
    connection.request("POST", "/", statement.encode(), nodes.access.headers())
    answer = connection.getresponse()
    text = answer.read().decode().strip()
    connection.close()
    assert answer.status == 200, text
    return text


class Writing:
    """A journal's thread: each segment is said until it is acknowledged."""

    def __init__(self, store):
        self.store = store
        self.acknowledged = 0
        self.refused = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for number in range(COUNT):
            while not self.append(number):
                time.sleep(0.1)
            self.acknowledged += 1

    def append(self, number):
        try:
            self.store.append(f"hub:{number}", rows(number))
        except Unavailable as error:
            log.warning("segment %d: %s", number, error)
            self.refused += 1
            return False
        return True

    def until_acknowledged(self, count):
        what = f"{count} segments are stored"
        until(what, lambda: self.acknowledged >= count, PATIENCE_S)


def counted(nodes, name):
    text = ask(nodes, name, "select count(), uniqExact(ts) from values.integers_local")
    return [int(each) for each in text.split("\t")]


def test_a_node_that_is_killed_while_values_are_written_loses_and_doubles_none(tmp_path):
    with running_nodes(tmp_path / "nodes") as nodes:
        store = nodes.store(tmp_path / "series", tls=True)
        for name in ("one", "two"):  # merges would take away what is there twice
            ask(nodes, name, "system stop merges")
        writing = Writing(store)
        for after, name in ((COUNT // 4, "two"), (COUNT // 2, "one")):
            writing.until_acknowledged(after)
            nodes.kill(name)
            more = writing.refused + 2
            until("one node alone takes none", lambda more=more: writing.refused >= more)
            there = store.select(Kind.INTEGER, [REF], 0, NOON + 2 * DAY)
            assert len(there.times) >= writing.acknowledged * EACH
            nodes.start()
            ask(nodes, name, "system stop merges")
        writing.until_acknowledged(COUNT)
        writing.thread.join()

        assert counted(nodes, "one") == counted(nodes, "two") == [COUNT * EACH] * 2
        found = store.aggregate(Kind.INTEGER, [REF], 0, NOON + 2 * DAY, 0)
        assert found.counts.tolist() == [COUNT * EACH]
        store.close()


def test_with_a_node_away_a_hub_starts_and_answers_and_deletes_nothing(tmp_path):
    with running_nodes(tmp_path / "nodes") as nodes:
        first = nodes.store(tmp_path / "first")
        first.append("hub:1", rows(1))
        first.close()
        half = nodes.place()._replace(hosts=nodes.place().hosts[:1])
        with pytest.raises(Unavailable, match=r"names 1 nodes of 2.*name them all"):
            ClusterSessions(half, nodes.access, Settings().limits).open([])
        nodes.kill("two")

        store = nodes.store(tmp_path / "second")
        span = 0, NOON + 2 * DAY
        assert len(store.select(Kind.INTEGER, [REF], *span).times) == EACH
        for change in (
            lambda: store.erase([REF], *span),
            lambda: store.drop(NOON + DAY),
            lambda: store.append("hub:2", rows(2)),
        ):
            with pytest.raises(Unavailable, match="a change needs every node"):
                change()
        nodes.start()
        until("both nodes take part again", lambda: erased(store, span))
        assert not len(store.select(Kind.INTEGER, [REF], *span).times)
        assert counted(nodes, "one") == counted(nodes, "two") == [0, 0]
        store.close()


def erased(store, span):
    try:
        store.erase([REF], *span)
    except Unavailable:
        return False
    return True

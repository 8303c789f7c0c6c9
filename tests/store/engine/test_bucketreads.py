"""Which buckets files of sums answer, and which a statement. What is asked is a fake."""

import numpy as np
import pyarrow as pa
import pytest

from muster.model.metric import Kind, Series
from muster.ports.series import Parts, SeriesRef
from muster.store.engine.answers import no_buckets
from muster.store.engine.bucketcache import Asked
from muster.store.engine.bucketreads import BucketReads
from muster.store.engine.questions import Range
from muster.store.engine.statements import HOUR_NS, MINUTE_NS

KEYS = [SeriesRef(2, 1, Series("cpu", (), "user", Kind.FLOAT))]


class Engine:
    """Sums of its first hours; hours of these are in files; remembers what it is asked."""

    def __init__(self, summed=(), filed=()):
        self.pieces = [(0, 4 * HOUR_NS, 0)] if not summed else list(summed)
        self.filed = frozenset(filed)
        self.from_files = []
        self.statements = []

    def spans(self, start_ns, end_ns, step_ns):
        return self.pieces

    def hours(self, kind, width_ns, parts):
        return self.filed if width_ns == MINUTE_NS else frozenset()

    def answer(self, keys, piece, step_ns, parts):
        self.from_files.append((piece.start_ns // HOUR_NS, piece.end_ns // HOUR_NS, piece.sums))
        return no_buckets(piece.kind)

    def ask(self, statement):
        self.statements.append(statement)
        names = ("bucket", "counts", "total")
        return pa.table({name: pa.array(np.array([0]), pa.int64()) for name in names})

    def read(self, kind=Kind.FLOAT, step_ns=HOUR_NS, keys=KEYS):
        def range_of(kind, keys, start_ns, end_ns):
            return Range(kind, [(ref.field, ref.tags) for ref in keys], start_ns, end_ns, False)

        reads = BucketReads(rollups=self, sums=self, range_of=range_of, ask=self.ask)
        return reads.read(Asked(kind, keys, step_ns, Parts.TOTAL), 0, 4 * HOUR_NS)


def test_where_there_are_no_sums_one_statement_reads_rows():
    engine = Engine()
    found = engine.read()

    assert found.counts.tolist() == [0]
    (statement,) = engine.statements
    assert " from muster.floats where " in statement
    assert engine.from_files == []


def test_hours_that_files_have_are_asked_of_no_engine():
    engine = Engine([(0, 4 * HOUR_NS, MINUTE_NS)], filed=range(4))
    engine.read()

    assert engine.from_files == [(0, 4, MINUTE_NS)]
    assert engine.statements == []


def test_what_files_lack_is_one_statement_with_the_rows():
    pieces = [(0, 3 * HOUR_NS, MINUTE_NS), (3 * HOUR_NS, 4 * HOUR_NS, 0)]
    engine = Engine(pieces, filed=[1, 2])
    engine.read()

    assert engine.from_files == [(1, 3, MINUTE_NS)]
    (statement,) = engine.statements
    assert "from muster.floats_minutes where" in statement
    assert "from muster.floats where" in statement


@pytest.mark.parametrize(("filed", "few"), [(range(4), True), (range(3), True), (range(4), False)])
def test_whole_hours_come_from_files_of_minutes_where_these_have_all_and_it_is_little(filed, few):
    engine = Engine([(0, 4 * HOUR_NS, HOUR_NS)], filed=filed)
    engine.read(keys=KEYS if few else KEYS * 1_000)

    if few and len(filed) == 4:
        assert engine.from_files == [(0, 4, MINUTE_NS)]
        assert engine.statements == []
    else:
        (statement,) = engine.statements
        assert "from muster.floats_hours where" in statement


def test_kinds_without_sums_are_read_as_rows():
    engine = Engine([(0, 4 * HOUR_NS, MINUTE_NS)], filed=range(4))
    engine.read(Kind.BOOLEAN)

    assert " from muster.booleans where " in engine.statements[0]

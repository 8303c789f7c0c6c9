"""Buckets with what rises in them say what the engine's own do."""

import math
import random

import numpy as np
import pytest

from muster.model.metric import Kind, Series, pattern_of
from muster.ports.series import Rows, SeriesRef
from muster.store.engine import questions, rowbuckets
from muster.store.engine.answers import buckets_of
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.questions import Range
from muster.store.engine.statements import MINUTE_NS
from muster.store.engine.sumfile import HOUR_NS

S = 1_000_000_000
T0 = 480_000 * HOUR_NS
VALUES = {
    Kind.FLOAT: lambda draw: draw.choice([math.nan, math.inf, -math.inf, 0.0, draw.gauss(0, 9)]),
    Kind.INTEGER: lambda draw: draw.choice([-(1 << 63), (1 << 63) - 1, draw.randrange(-9, 9)]),
    Kind.UNSIGNED: lambda draw: draw.choice([0, (1 << 64) - 1, draw.randrange(9)]),
}


def refs(kind):
    return [SeriesRef(tags, 7, Series("m", (), "f", kind)) for tags in (3, 1, 2)]


def write(store, kind, draw, number):
    """Some values of the first hours, in no order."""
    places = draw.sample([(tags, at) for tags in (1, 2, 3) for at in range(3 * 3600)], 900)
    patterns = [pattern_of(VALUES[kind](draw), kind) for _ in places]
    tags, ats = (np.array(column) for column in zip(*places, strict=True))
    fields = np.full(len(tags), 7, np.uint64)
    rows = Rows(tags.astype(np.uint64), fields, T0 + ats * S, np.array(patterns, np.int64))
    store.append(f"t:{number}", {kind: rows}, rewrites=True)


@pytest.mark.parametrize("kind", list(VALUES), ids=lambda kind: kind.name)
def test_rows_and_minutes_rise_as_in_the_engine(tmp_path, whole_hours, kind):
    draw = random.Random(int(kind))
    store = ClickHouse(path=tmp_path / "series", settings=Settings(cache_bytes=0))
    store.open()
    for number in (1, 2):
        write(store, kind, draw, number)
    while store.roll(T0 + 9 * HOUR_NS):
        pass
    keys = [(7, tags) for tags in (1, 2, 3)]
    rows = Range(kind, keys, T0, T0 + HOUR_NS, True)
    minutes = rows._replace(start_ns=T0 + HOUR_NS, end_ns=T0 + 2 * HOUR_NS, sums=MINUTE_NS)

    for pieces in ([rows], [rows, minutes], [minutes]):
        for step in (0, 60 * S, 300 * S) if minutes not in pieces[1:] else (60 * S, 300 * S):
            ours = store._ask(questions.rising(pieces))
            found = rowbuckets.row_buckets(kind, ours, refs(kind), T0, step)
            theirs = store._ask(questions.aggregate(pieces, step, rowbuckets.PARTS, few=True))
            wanted = buckets_of(kind, theirs, refs(kind), T0, step)
            same(found, wanted)
    store.close()


def same(found, wanted):
    orders = [np.lexsort((each.start, each.key)) for each in (found, wanted)]
    for name in found._fields[:-1]:
        one, other = (
            getattr(each, name)[order] for each, order in zip((found, wanted), orders, strict=True)
        )
        if name == "rise":
            assert one.tolist() == pytest.approx(other.tolist(), nan_ok=True, rel=1e-9)
        else:
            assert one.tolist() == other.tolist(), name

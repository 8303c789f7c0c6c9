"""Buckets that are not kept: which of them files of sums answer, which a statement.

A range is cut into pieces by the sums that there are (store/engine/rollups.py). What files have
(store/engine/sumfiles.py) is read from these; all else is one statement.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa

from muster.clock import SECOND_NS
from muster.model.metric import Kind
from muster.ports.series import Buckets, SeriesRef
from muster.store.engine import questions, rowbuckets
from muster.store.engine.answers import buckets_of
from muster.store.engine.bucketcache import Asked, joined
from muster.store.engine.questions import Range
from muster.store.engine.rollups import Rollups
from muster.store.engine.statements import HOUR_NS, MINUTE_NS, SUMMED
from muster.store.engine.sumfiles import SumFiles
from muster.store.engine.sumspans import cut_up, runs_of_steps

_FEW_MINUTES = 50_000  # out of files; of more the engine reads the hours sooner
_FEW_ROWS = 500_000  # estimated, at one a second; up to here more threads only cost

Ask = Callable[[str], pa.Table]
RangeOf = Callable[[Kind, Sequence[SeriesRef], int, int], Range]
"""The rows of some keys from a time to another."""


class BucketReads:
    """Used once the engine is open."""

    def __init__(self, *, rollups: Rollups, sums: SumFiles, range_of: RangeOf, ask: Ask) -> None:
        self._rollups = rollups
        self._sums = sums
        self._range_of = range_of
        self._ask = ask

    def read(self, asked: Asked, start_ns: int, end_ns: int) -> Buckets:
        """Buckets of [start, end). Errors: as asking the engine."""
        spans = [(start_ns, end_ns, 0)]
        if asked.kind in SUMMED:
            spans = self._rollups.spans(start_ns, end_ns, asked.step_ns)
        found: list[Buckets] = []
        left: list[Range] = []
        for first, end, sums in spans:
            piece = self._range_of(asked.kind, asked.keys, first, end)._replace(sums=sums)
            for one, is_filed in self._filed(asked, piece):
                ask = asked.keys, one, asked.step_ns, asked.parts
                known = self._sums.answer(*ask) if is_filed else None
                if known is None:
                    left.append(one)
                else:
                    found.append(known)
        if left:
            found.append(self._statement(asked, left, start_ns))
        return joined(found, asked.parts)

    def _filed(self, asked: Asked, piece: Range) -> list[tuple[Range, bool]]:
        """A piece as what files of sums answer, and what the engine does."""
        if not piece.sums:
            return [(piece, False)]
        if piece.sums == HOUR_NS:
            return [self._filed_minutes(asked, piece)]
        hours = self._sums.hours(asked.kind, piece.sums, asked.parts)
        runs = runs_of_steps(hours, piece.start_ns, piece.end_ns, asked.step_ns)
        return [
            (piece._replace(start_ns=first, end_ns=end), is_filed)
            for first, end, is_filed in cut_up(runs, piece.start_ns, piece.end_ns)
        ]

    def _filed_minutes(self, asked: Asked, piece: Range) -> tuple[Range, bool]:
        """Whole hours by the files of their minutes, where these have all and it is not much.

        There are no files of hours: of a year they would be thousands.
        """
        minutes = piece._replace(sums=MINUTE_NS)
        if len(asked.keys) * (piece.end_ns - piece.start_ns) > _FEW_MINUTES * MINUTE_NS:
            return piece, False
        hours = self._sums.hours(asked.kind, MINUTE_NS, asked.parts)
        wanted = range(piece.start_ns // HOUR_NS, piece.end_ns // HOUR_NS)
        return (minutes, True) if hours.issuperset(wanted) else (piece, False)

    def _statement(self, asked: Asked, pieces: list[Range], start_ns: int) -> Buckets:
        each = [(one.end_ns - one.start_ns) // (one.sums or SECOND_NS) for one in pieces]
        few = len(asked.keys) * sum(each) <= _FEW_ROWS
        if few and asked.kind in SUMMED and asked.parts == rowbuckets.PARTS:
            table = self._ask(questions.rising(pieces))
            return rowbuckets.row_buckets(asked.kind, table, asked.keys, start_ns, asked.step_ns)
        table = self._ask(questions.aggregate(pieces, asked.step_ns, asked.parts, few=few))
        return buckets_of(asked.kind, table, asked.keys, start_ns, asked.step_ns)

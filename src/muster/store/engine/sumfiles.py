"""The newest hours' sums as files: what they can answer, a question need not ask the engine.

A statement of the engine takes milliseconds however little it reads; a mapped array does not.
They are copies of its tables of sums (store/engine/rollups.py), made by the writer's thread as an
hour is summed up, kept as long as the hour's marks are good and all of them fit into a bound. Where
an hour has no file, the engine answers.
"""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from muster.errors import InputError
from muster.files import make_folder
from muster.model.metric import Kind
from muster.ports.series import Buckets, Parts, SeriesRef
from muster.store.engine import questions, rowbuckets
from muster.store.engine.answers import no_buckets, patterns_of
from muster.store.engine.arrow import numbers_from_arrow
from muster.store.engine.questions import Range
from muster.store.engine.statements import MINUTE_NS, SUMMED, TEN_NS
from muster.store.engine.sumfile import HOUR_NS, Dense, SumFile, dense, write

log = logging.getLogger(__name__)

_SHARE = 8  # one hour may have this part of all bytes
_NAME = re.compile(r"(\d{1,9})-(\d{1,3})-(\d{1,3})\.sums")
_COLUMNS = {
    TEN_NS: ("s",),
    MINUTE_NS: ("s", "lo", "hi", "f", "ft", "l", "lt", "up", "took"),
}
_ANSWERED = {TEN_NS: Parts.TOTAL, MINUTE_NS: Parts.ALL}
"""What can be asked of each width's files."""
_NEEDED = {
    Parts.TOTAL: ("s",),
    Parts.LOW: ("lo",),
    Parts.HIGH: ("hi",),
    Parts.FIRST: ("f", "ft"),
    Parts.LAST: ("l", "lt"),
    Parts.RISE: ("f", "ft", "l", "lt", "up", "took"),
}

Ask = Callable[[str], pa.Table]


class _Name(NamedTuple):
    """What a file holds."""

    hour: int
    kind: Kind
    width_ns: int

    @property
    def text(self) -> str:
        return f"{self.hour}-{int(self.kind)}-{self.width_ns // TEN_NS}.sums"


class SumFiles:
    """All calls but `answer` are the writer's. `most_bytes` 0 keeps none."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._files: dict[_Name, SumFile] = {}  # replaced, never changed
        self._making: dict[tuple[Kind, int], list[Dense]] = {}
        self._made_bytes = 0

    def load(self, good: frozenset[int], fine: frozenset[int]) -> None:
        """Open what is there of hours that are whole; the rest is deleted. Errors: OSError."""
        make_folder(self._folder)
        found: dict[_Name, SumFile] = {}
        for path in self._folder.iterdir():
            name = _name_of(path.name)
            hours = frozenset[int]() if name is None else fine if name.width_ns == TEN_NS else good
            file = _opened(path, name) if name and name.hour in hours else None
            if name is None or file is None:
                path.unlink()
            else:
                found[name] = file
        self._files = found
        self._make_room(0, newest=max((name.hour for name in found), default=0))

    def begin(self) -> None:
        """Another hour is being summed up."""
        self._making, self._made_bytes = {}, 0

    def add(self, source: Range, width_ns: int, ask: Ask) -> None:
        """Sums of some of the hour's series have been made in the engine."""
        if self._made_bytes > self._most_bytes // _SHARE or not self._most_bytes:
            return
        names = _COLUMNS[width_ns]
        table = ask(questions.sums(source, width_ns, names))
        keys = {name: numbers_from_arrow(table[name]) for name in ("field", "tags", "ts", "n")}
        rows = keys | {name: patterns_of(table[name]) for name in names}
        part = dense(rows, names, source.start_ns // HOUR_NS, width_ns)
        self._making.setdefault((source.kind, width_ns), []).append(part)
        self._made_bytes += part.bytes

    def keep(self, hour: int) -> None:
        """The hour is whole: write what was made of it, if there is room. Called before it counts.

        Without a file the engine answers, so that a full disk only costs time.
        """
        making, wanted = self._making, self._made_bytes
        self.begin()
        if wanted > self._most_bytes // _SHARE or not self._make_room(wanted, newest=hour):
            return
        for (kind, width_ns), parts in making.items():
            name = _Name(hour, kind, width_ns)
            path = self._folder / name.text
            try:
                if write(path, parts, _COLUMNS[width_ns]):
                    self._files = self._files | {name: _open(path, name)}
            except (OSError, InputError) as error:
                log.warning("sums were not kept as a file", extra={"error": str(error)})
                with suppress(OSError):  # such a disk may not even take a name away
                    path.with_suffix(".new").unlink()

    def drop(self, hours: Iterable[int], width_ns: int = 0) -> None:
        """Hours that are whole no more; of one width, or of all."""
        gone = frozenset(hours)
        self._remove(
            [name for name in self._files if name.hour in gone and width_ns in (0, name.width_ns)]
        )

    def hours(self, kind: Kind, width_ns: int, parts: Parts) -> frozenset[int]:
        """Those that `answer` can be asked for."""
        if width_ns not in _ANSWERED or parts not in _ANSWERED[width_ns]:
            return frozenset()
        return frozenset(
            name.hour for name in self._files if name.kind is kind and name.width_ns == width_ns
        )

    def answer(
        self,
        keys: Sequence[SeriesRef],
        wanted: Range,
        step_ns: int,
        parts: Parts,
    ) -> Buckets | None:
        """Buckets of a range of whole steps within such hours; None where one has gone since.

        `wanted.sums` is the width; its own keys are not looked at.
        """
        kind, width_ns, files = wanted.kind, wanted.sums, self._files
        hours = range(wanted.start_ns // HOUR_NS, -(-wanted.end_ns // HOUR_NS))
        names = [_Name(hour, kind, width_ns) for hour in hours]
        if any(name not in files for name in names):
            return None
        asked = [each for part, needs in _NEEDED.items() if part in parts for each in needs]
        cells = _cells([files[name] for name in names], keys, ["n", *dict.fromkeys(asked)])
        first = (wanted.start_ns - hours[0] * HOUR_NS) // width_ns
        last = (wanted.end_ns - hours[0] * HOUR_NS) // width_ns
        n = cells["n"][:, first:last]
        key, cell = np.nonzero(n)
        if not len(key):
            return no_buckets(kind)
        found = {name: column[:, first:last][key, cell] for name, column in cells.items()}
        starts = wanted.start_ns + cell * width_ns
        return rowbuckets.grouped(kind, key, starts // step_ns, found, step_ns)

    def _make_room(self, wanted: int, newest: int) -> bool:
        """Whether there is room for so much, once hours that are older than one are given up."""
        held = sum(file.bytes for file in self._files.values())
        gone: list[_Name] = []
        for name in sorted(self._files):
            if held + wanted <= self._most_bytes or name.hour >= newest:
                break
            gone.append(name)
            held -= self._files[name].bytes
        self._remove(gone)
        return held + wanted <= self._most_bytes

    def _remove(self, names: Sequence[_Name]) -> None:
        if not names:
            return
        self._files = {name: file for name, file in self._files.items() if name not in names}
        for name in names:
            (self._folder / name.text).unlink(missing_ok=True)


def _cells(
    files: Sequence[SumFile], keys: Sequence[SeriesRef], names: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Columns of some series over all hours, [keys, hours * cells]."""
    fields = np.array([ref.field for ref in keys], np.uint64)
    tags = np.array([ref.tags for ref in keys], np.uint64)
    held = [file.places(fields, tags) for file in files]
    found: dict[str, NDArray[Any]] = {}
    for name in names:
        parts = []
        for file, (mine, rows) in zip(files, held, strict=True):
            part = file.column(name, rows)
            if len(mine) < len(keys):
                whole = np.zeros((len(keys), part.shape[1]), part.dtype)
                whole[mine] = part
                part = whole
            parts.append(part)
        found[name] = np.concatenate(parts, axis=1)
    return found


def _name_of(text: str) -> _Name | None:
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    hour, kind, tens = map(int, match.groups())
    if kind not in map(int, SUMMED) or tens * TEN_NS not in _COLUMNS:
        return None
    return _Name(hour, Kind(kind), tens * TEN_NS)


def _open(path: Path, name: _Name) -> SumFile:
    return SumFile(path, _COLUMNS[name.width_ns], HOUR_NS // name.width_ns)


def _opened(path: Path, name: _Name) -> SumFile | None:
    try:
        return _open(path, name)
    except (InputError, OSError) as error:
        log.warning("a file of sums is left out", extra={"error": str(error)})
        return None

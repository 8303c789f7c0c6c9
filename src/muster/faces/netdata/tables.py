"""An agent's table of values turned from rows into columns, as text.

Values go on as the agent wrote them: of an hour of one chart there are thirty thousand, and to
make an object of each, twice, costs several times what the agent took for the whole answer. That
they are JSON is known before (msgspec reads over them); that they are rows of numbers is seen by
what is left of them without their digits. The compiled twin reads them where they stand.

Source: docs/faces/netdata.md, "Charts"
"""

from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from muster.faces.netdata.calls import decode
from muster.faces.netdata.queries import BadAnswer

_SPACE = b" \t\n\r"
_CELL = b"0123456789+-.eEnul"  # of a number, or of null
_MILLISECONDS = 100_000_000_000  # a time beyond it is no time in seconds
_RESULT, _DATA, _ROWS = b'"result":', b'"data":[', b"],"  # the last ends a row of labels
_EMPTY, _CLOSED_TWICE = b'"result":[]', b'"result":[]]'  # so 1.45 ends a table of nothing
_CUT = b'"these rows were read already"'  # stands for them


class Columns(NamedTuple):
    """Seconds, oldest first, and for each label a JSON array of what stands beside them."""

    times: list[int]
    values: list[msgspec.Raw]


class Named(msgspec.Struct, frozen=True):
    """A table with names beside it. A row is a time and values, each perhaps a list's first."""

    labels: list[str] = []
    data: msgspec.Raw = msgspec.Raw(b"[]")


class Told(Protocol):
    """An answer that has a table: with names beside it, or in its first row."""

    @property
    def result(self) -> Named | list[msgspec.Raw]: ...


T = TypeVar("T", bound=Told)


class Found(NamedTuple, Generic[T]):
    """An answer, and its table by columns; `labels` are those of values."""

    told: T
    labels: list[str]
    columns: Columns


def read_table(body: bytes, kind: type[T]) -> Found[T]:
    """An answer with its table; rows are looked at once where that can be.

    Errors: BadAnswer for another shape.
    """
    return _read_quickly(body, kind) or _read(body.replace(_CLOSED_TWICE, _EMPTY, 1), kind)


def _read_quickly(body: bytes, kind: type[T]) -> Found[T] | None:
    """Rows are cut out as text, so that the rest alone is read as JSON."""
    start = body.find(_RESULT)
    before = _ROWS if body.startswith(b"[", start + len(_RESULT)) else _DATA
    start = body.find(before, start) + len(before)
    if (found := cut_rows(body, start)) is None:
        return None
    end, times, values = found
    try:
        told = decode(body[:start] + _CUT + body[end:], kind)
        labels, rows = _parted(told.result)
        is_all = bytes(rows).strip(_SPACE + b"[]") == _CUT
    except BadAnswer:  # is worded where all of it is read
        return None
    if not is_all or len(labels) != len(values):  # then what was cut out was not the table
        return None
    return Found(told, labels, Columns(times, list(map(msgspec.Raw, values))))


def _read(body: bytes, kind: type[T]) -> Found[T]:
    told = decode(body, kind)
    labels, rows = _parted(told.result)
    return Found(told, labels, columns_of(rows, len(labels)))


def _parted(result: Named | list[msgspec.Raw]) -> tuple[list[str], bytes]:
    """Labels of values, and a JSON array of rows. Errors: BadAnswer."""
    if isinstance(result, Named):
        return result.labels[1:], bytes(result.data)
    if not result:
        return [], b"[]"
    return decode(result[0], list[str])[1:], b"[%b]" % b",".join(map(bytes, result[1:]))


def columns_of(data: bytes, labels: int) -> Columns:
    """Columns of `[[time, value, …], …]`, or of the same with a list whose first is the value.

    Shapes: `data` is valid JSON; `labels` are those of values, without the time's.
    Errors: BadAnswer for rows that are of another shape.
    """
    shape = data.translate(None, _SPACE + _CELL)
    if shape == b"[]":
        if data.strip(_SPACE + b"[]"):
            raise BadAnswer("the agent's table holds something else than rows")
        return Columns([], [msgspec.Raw(b"[]")] * labels)
    parts = _parts_of(shape, labels)
    flat = data.translate(None, _SPACE + b"[]")
    if b",," in flat or flat.endswith(b","):
        raise BadAnswer("the agent's table has a value that is an empty list")
    cells = flat.split(b",")
    width = 1 + labels * parts
    times = _times(cells[::width])
    order = sorted(times)
    if order == times:
        columns = [cells[at::width] for at in range(1, width, parts)]
    elif order == times[::-1]:
        last = len(cells) - width
        columns = [cells[last + at :: -width] for at in range(1, width, parts)]
    else:
        places = sorted(range(len(times)), key=times.__getitem__)
        columns = [[cells[row * width + at] for row in places] for at in range(1, width, parts)]
    return Columns(order, [msgspec.Raw(b"[%b]" % b",".join(each)) for each in columns])


def _parts_of(shape: bytes, labels: int) -> int:
    """How many cells a value takes: 1 for a number, or as many as its list has.

    Errors: BadAnswer unless all rows are alike.
    """
    parts, value = 1, b","
    if shape.startswith(b"[[,["):
        parts = shape.count(b",", 4, shape.find(b"]")) + 1
        value = b",[%b]" % (b"," * (parts - 1))
    row = b"[%b]" % (value * labels)
    rows = (len(shape) - 1) // (len(row) + 1)
    if shape != b"[%b]" % b",".join([row] * rows):
        raise BadAnswer(f"the agent's table has rows that do not fit its {labels} labels of values")
    return parts


def _times(cells: list[bytes]) -> list[int]:
    """Errors: BadAnswer for a row without a time."""
    try:
        times = list(map(int, cells))
    except ValueError:
        try:
            times = [int(float(cell)) for cell in cells]
        except (ValueError, OverflowError) as error:
            raise BadAnswer("the agent's table has a row without a time") from error
    if max(times) > _MILLISECONDS:
        return [at // 1_000 if at > _MILLISECONDS else at for at in times]
    return times


def pure_cut_rows(data: bytes, start: int) -> tuple[int, list[int], list[bytes]] | None:
    """None: all of it has to be read as JSON first."""
    return None


cut_rows: Callable[[bytes, int], tuple[int, list[int], list[bytes]] | None]
"""Where rows from a place on end, their times, oldest first, and each column as a JSON array.

None where there are no rows of numbers and null, or they are in no order of time.
"""
try:
    from muster.faces.netdata import _tables  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    cut_rows = pure_cut_rows
    COMPILED = False
else:
    cut_rows = _tables.cut_rows
    COMPILED = True

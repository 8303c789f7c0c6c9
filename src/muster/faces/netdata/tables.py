"""An agent's table of values turned from rows into columns, as text.

Values go on as the agent wrote them: of an hour of one chart there are thirty thousand, and to
make an object of each, twice, costs several times what the agent took for the whole answer. That
they are JSON is known before (msgspec reads over them); that they are rows of numbers is seen by
what is left of them without their digits.

Source: docs/faces/netdata.md, "Charts"
"""

from typing import NamedTuple

import msgspec

from muster.faces.netdata.queries import BadAnswer

_SPACE = b" \t\n\r"
_CELL = b"0123456789+-.eEnul"  # of a number, or of null
_MILLISECONDS = 100_000_000_000  # a time beyond it is no time in seconds


class Columns(NamedTuple):
    """Seconds, oldest first, and for each label a JSON array of what stands beside them."""

    times: list[int]
    values: list[msgspec.Raw]


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

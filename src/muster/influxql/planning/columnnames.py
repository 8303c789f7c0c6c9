"""What the columns of an answer are called.

Source: InfluxQL: aliases stay as they are, all other names are told apart by numbers.
"""

from collections.abc import Sequence

from muster.influxql.syntax.ast import Field, VarRef
from muster.influxql.values.rewriting import extra_arguments, field_name


def column_fields(fields: Sequence[Field]) -> list[Field]:
    """One field for each column; those that top() and bottom() add follow theirs."""
    columns = []
    for field in fields:
        columns.append(field)
        columns.extend(Field(argument) for argument in extra_arguments(field.expr))
    return columns


def extra_columns(fields: Sequence[Field]) -> dict[int, VarRef]:
    """Those of `column_fields` that top() and bottom() add, by their place."""
    extras: dict[int, VarRef] = {}
    place = 0
    for field in fields:
        for argument in extra_arguments(field.expr):
            place += 1
            extras[place] = argument
        place += 1
    return extras


def column_names(fields: Sequence[Field]) -> list[str]:
    """A name for each of `column_fields`; `time` is not among them."""
    counts = {field.alias: 1 for field in fields if field.alias}
    return [field.alias or _told_apart(field_name(field), counts) for field in fields]


def _told_apart(name: str, counts: dict[str, int]) -> str:
    found = name
    count = counts.get(name)
    if count is not None:
        while (found := f"{name}_{count}") in counts:
            count += 1
        counts[name] = count + 1
    counts[found] = counts.get(found, 0) + 1
    return found

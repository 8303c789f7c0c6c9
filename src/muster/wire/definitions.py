"""How series are named on the wire: groups of fields that share measurement and tags.

    group := measurement:text tags:count {key:text value:text} fields:count {kind:byte field:text}

A stream names a group once; from then on its series go by number, and a layout is a list of
numbers, written as runs.

Source: docs/formats/link.md ("Definitions").
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby

from muster.errors import InputError, ProtocolError
from muster.model.metric import Kind, Series, Tags
from muster.wire.limits import Limits
from muster.wire.varint import Reader, put_text, put_varint, unzigzag, zigzag

_KINDS = tuple(Kind)


def _place(series: Series) -> tuple[str, Tags]:
    return series.measurement, series.tags


def format_groups(series: Iterable[Series], limits: Limits) -> Iterator[bytes]:
    """The groups that define some series, in their order.

    Errors: InputError when a name is empty, too long, not encodable, or tags are out of order.
    """
    for (measurement, tags), members in groupby(series, _place):
        out = bytearray()
        put_text(out, _name(measurement, limits))
        _check_tags(tags, limits)
        put_varint(out, len(tags))
        for key, value in tags:
            put_text(out, _name(key, limits))
            put_text(out, _name(value, limits))
        fields = [(member.kind, _name(member.field, limits)) for member in members]
        put_varint(out, len(fields))
        for kind, field in fields:
            out.append(kind)
            put_text(out, field)
        yield bytes(out)


def parse_group(data: bytes, limits: Limits) -> tuple[Series, ...]:
    """The series that a group defines. Errors: ProtocolError, offset inside the group."""
    reader = Reader(data)
    measurement = _read_name(reader, "bytes in a measurement's name", limits)
    tags = tuple(
        (
            _read_name(reader, "bytes in a tag's key", limits),
            _read_name(reader, "bytes in a tag's value", limits),
        )
        for _ in range(reader.count("tags", limits.tags))
    )
    if not _is_sorted(tags):
        raise ProtocolError(f"tags of {measurement!r} are not sorted by key")
    series = tuple(
        _read_field(reader, measurement, tags, limits)
        for _ in range(reader.count("fields", limits.columns))
    )
    reader.end()
    return series


def put_runs(out: bytearray, index: array[int]) -> None:
    """Series numbers as runs: where each starts (against the end of the last) and its length."""
    expected = start = 0
    while start < len(index):
        end = start + 1
        while end < len(index) and index[end] == index[end - 1] + 1:
            end += 1
        put_varint(out, zigzag(index[start] - expected))
        put_varint(out, end - start)
        expected, start = index[end - 1] + 1, end


def read_runs(reader: Reader, columns: int, series: int) -> array[int]:
    index: array[int] = array("I")
    expected = 0
    while len(index) < columns:
        at = reader.at
        first = expected + unzigzag(reader.varint())
        length = reader.varint()
        expected = first + length
        if first < 0 or not 0 < length <= columns - len(index) or expected > series:
            raise ProtocolError(f"{length} columns from series {first} of {series}", at)
        index.extend(range(first, expected))
    return index


def _read_field(reader: Reader, measurement: str, tags: Tags, limits: Limits) -> Series:
    at = reader.at
    kind = reader.varint()
    if kind >= len(_KINDS):
        raise ProtocolError(f"unknown kind {kind}", at)
    field = _read_name(reader, "bytes in a field's name", limits)
    return Series(measurement, tags, field, _KINDS[kind])


def _read_name(reader: Reader, what: str, limits: Limits) -> str:
    at = reader.at
    name = reader.text(what, limits.name_bytes)
    if not name:
        raise ProtocolError(f"no {what}", at)
    return name


def _name(text: str, limits: Limits) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"a name that is not Unicode text: {text!r}") from error
    if not 0 < len(data) <= limits.name_bytes:
        raise InputError(f"a name of {len(data)} bytes (1 to {limits.name_bytes}): {text[:80]!r}")
    return data


def _check_tags(tags: Tags, limits: Limits) -> None:
    if len(tags) > limits.tags:
        raise InputError(f"{len(tags)} tags where at most {limits.tags} are allowed")
    if not _is_sorted(tags):
        raise InputError(f"tags are not sorted by key: {tags!r}")


def _is_sorted(tags: Tags) -> bool:
    return all(tags[i][0] < tags[i + 1][0] for i in range(len(tags) - 1))

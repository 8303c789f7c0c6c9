"""Protocol Buffers 3 by tables: a message is a Struct whose fields say their number.

    hops: Annotated[Int32, 6] = 0

Text, bytes, bool, float, enums, other messages (`| None`), lists of them (`tuple[M, ...]`) and
maps of text are known by their Python type; whole numbers say their width. A table is made of a
Struct when it is first used. As the format demands, what is not known is passed over, what is
absent is its default, what comes twice counts as it came last (messages are merged). Text that
is no UTF-8 is mended and not refused: machines have such names, and one of them must not hide
all the others. A value of an enum that this side does not know counts as its first, 0.

Source: protobuf.dev, "Encoding" and "Language Guide (proto 3)"
"""

from functools import cache
from typing import TypeVar, get_type_hints

import msgspec

from muster.errors import ProtocolError
from muster.wire.netdata.protofields import (
    DOUBLE_BYTES,
    Field,
    Limits,
    ProtobufError,
    Wire,
    field_of,
)
from muster.wire.varint import put_varint, varint_at

M = TypeVar("M", bound=msgspec.Struct)
Raw = int | bytes | list[bytes]

LIMITS = Limits()
_MAX_TAG = (1 << 32) - 1
_MAX_GROUPS = 16  # groups within each other: none of ours has one, all are passed over


def encode(message: msgspec.Struct) -> bytes:
    """Write a message. Errors: ProtobufError when a value does not fit its field."""
    out = bytearray()
    for field in _table_of(type(message)).values():
        value = getattr(message, field.name)
        try:
            data = field.write(value, encode)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise ProtobufError(
                f"{type(message).__name__}.{field.name} cannot be written: {error}"
            ) from error
        for each in data:
            put_varint(out, field.tag)
            if field.wire is Wire.LENGTH:
                put_varint(out, len(each))
            out += each
    return bytes(out)


def decode(kind: type[M], data: bytes, limits: Limits = LIMITS) -> M:
    """Read a message. Errors: ProtobufError that names the message and the byte."""
    if len(data) > limits.message_bytes:
        raise ProtobufError(f"{kind.__name__} is longer than {limits.message_bytes} bytes")
    return _Reader(limits).message(kind, data)


class _Reader:
    """Reads one message with all that is in it; what its limits leave is for all together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.fields

    def message(self, kind: type[M], data: bytes) -> M:
        table = _table_of(kind)
        try:
            found = self._read(table, data)
        except ProtobufError:
            raise
        except ProtocolError as error:
            raise ProtobufError(f"{kind.__name__}: {error}") from error
        return kind(
            **{table[tag].name: table[tag].value(raw, self.message) for tag, raw in found.items()}
        )

    def _read(self, table: dict[int, Field], data: bytes) -> dict[int, Raw]:
        """What came of each field: the last of it, or all where all counts.

        A known number with a form of value that is not its own is another tag, so not known.
        """
        found: dict[int, Raw] = {}
        at, end, left = 0, len(data), self._left
        while at < end:
            start, tag = at, data[at]
            if tag < 0x80:
                at += 1
            else:
                tag, at = varint_at(data, at)
            field = table.get(tag)
            if field is None:
                at = _pass_over(data, at, tag, start)
            elif field.wire is Wire.VARINT:
                found[tag], at = varint_at(data, at)
            else:
                size, at = varint_at(data, at) if field.wire is Wire.LENGTH else (DOUBLE_BYTES, at)
                raw, at = data[at : at + size], at + size
                if at > end:
                    raise ProtocolError(f"the data ends inside {field.name}", start)
                self._keep(found, field, raw, start)
            left -= 1
            if left < 0:
                raise ProtocolError(f"more than {self._limits.fields} fields", start)
        self._left = left
        return found

    def _keep(self, found: dict[int, Raw], field: Field, raw: bytes, start: int) -> None:
        limits = self._limits
        if not field.keeps_all:
            if len(raw) > limits.text_bytes:
                raise ProtocolError(f"{field.name} is longer than {limits.text_bytes} bytes", start)
            found[field.tag] = raw
            return
        entries = found.setdefault(field.tag, [])
        if isinstance(entries, list):
            entries.append(raw)
            if len(entries) > limits.repeated:
                raise ProtocolError(f"more than {limits.repeated} entries of {field.name}", start)


def _pass_over(data: bytes, at: int, tag: int, start: int) -> int:
    """The offset behind a value that is not known."""
    open_groups: list[int] = []
    while True:
        number, wire = tag >> 3, tag & 7
        if not number or tag > _MAX_TAG:
            raise ProtocolError(f"no number of a field: {number}", start)
        if wire == Wire.GROUP:
            open_groups.append(number)
        elif wire == Wire.GROUP_END:
            if not open_groups or open_groups.pop() != number:
                raise ProtocolError("the end of a group that did not begin", start)
        else:
            at = _behind(data, at, wire)
        if not open_groups:
            return at
        if len(open_groups) > _MAX_GROUPS:
            raise ProtocolError(f"more than {_MAX_GROUPS} groups within each other", start)
        start = at
        tag, at = varint_at(data, at)


def _behind(data: bytes, at: int, wire: int) -> int:
    if wire == Wire.VARINT:
        return varint_at(data, at)[1]
    if wire == Wire.LENGTH:
        size, at = varint_at(data, at)
    elif wire == Wire.FIXED64:
        size = 8
    elif wire == Wire.FIXED32:
        size = 4
    else:
        raise ProtocolError(f"no form of a value: {wire}", at)
    if at + size > len(data):
        raise ProtocolError("the data ends inside a field", at)
    return at + size


@cache
def _table_of(kind: type[msgspec.Struct]) -> dict[int, Field]:
    hints = get_type_hints(kind, include_extras=True)
    fields = [field_of(name, hints[name]) for name in kind.__struct_fields__]
    table = {field.tag: field for field in fields}
    if len(table) != len(fields):
        raise TypeError(f"{kind.__name__} gives a number twice")
    return table

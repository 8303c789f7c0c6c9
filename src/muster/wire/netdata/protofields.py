"""Fields of Protocol Buffers messages: how each type of value is written and read.

A field is known by its annotation in a Struct (see protobuf.py). `write` gives the value's
bytes as often as they stand in the message: never for the default, several times for a list.
`value` is made of what came.

Source: protobuf.dev, "Encoding"
"""

import struct
import types
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, IntEnum
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from muster.errors import ProtocolError
from muster.wire.varint import MASK, put_varint, signed

DOUBLE_BYTES = 8
_DOUBLE = struct.Struct("<d")

Encode = Callable[[msgspec.Struct], bytes]
Decode = Callable[[type[msgspec.Struct], bytes], msgspec.Struct]


class ProtobufError(ProtocolError):
    """Bytes that are no such message, or a message that has no bytes."""

    code = "protobuf_error"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one message may hold."""

    message_bytes: int = 4 << 20
    text_bytes: int = 65_536  # one text or bytes field
    repeated: int = 16_384  # entries of one list or map
    fields: int = 262_144  # in all, with those of messages within: bounds the time of reading


class Wire(IntEnum):
    """Forms of values on the wire."""

    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    GROUP = 3
    GROUP_END = 4
    FIXED32 = 5


class Whole(Enum):
    """Kinds of whole numbers: their bits, and whether they have a sign."""

    INT32 = (32, True)
    INT64 = (64, True)
    UINT32 = (32, False)
    UINT64 = (64, False)


Int32 = Annotated[int, Whole.INT32]
Int64 = Annotated[int, Whole.INT64]
UInt32 = Annotated[int, Whole.UINT32]
UInt64 = Annotated[int, Whole.UINT64]


# `Any` is what a field's annotation says, which mypy holds its users to, and its raw form.
Write = Callable[[Any, Encode], Iterable[bytes]]
Value = Callable[[Any, Decode], Any]


class Field(msgspec.Struct, frozen=True):
    """One row of a table."""

    name: str
    tag: int
    wire: Wire
    write: Write
    value: Value
    keeps_all: bool = False  # of what comes several times, all counts: `value` takes a list


def field_of(name: str, hint: object) -> Field:
    """The row of one annotation. Errors: TypeError for one that this codec has no row for."""
    type_, *notes = get_args(hint)
    number = next(note for note in notes if isinstance(note, int))
    whole = next((note for note in notes if isinstance(note, Whole)), None)

    def field(wire: Wire, write: Write, value: Value, **flags: bool) -> Field:
        return Field(name, number << 3 | wire, wire, write, value, **flags)

    if whole is not None:
        return field(Wire.VARINT, *_whole(whole))
    if type_ is bool:
        return field(Wire.VARINT, _write_bool, _bool)
    if type_ is float:
        return field(Wire.FIXED64, _write_double, _double)
    if type_ is str:
        return field(Wire.LENGTH, _write_text, _text)
    if type_ is bytes:
        return field(Wire.LENGTH, _write_bytes, _bytes)
    if isinstance(type_, type) and issubclass(type_, IntEnum):
        return field(Wire.VARINT, *_enum(type_))
    return field(Wire.LENGTH, *_composite(type_), keeps_all=True)


def _composite(type_: object) -> tuple[Write, Value]:
    origin, inner = get_origin(type_), get_args(type_)
    if origin is tuple and inner[1:] == (...,):
        return _list(inner[0])
    if origin is dict and inner == (str, str):
        return _write_map, _map
    if origin in (types.UnionType, Union) and inner[1:] == (types.NoneType,):
        return _message(inner[0])
    raise TypeError(f"no row of a message: {type_!r}")


def _whole(whole: Whole) -> tuple[Write, Value]:
    bits, has_sign = whole.value
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if has_sign else (0, (1 << bits) - 1)

    def write(number: int, _: Encode) -> Iterable[bytes]:
        if not least <= number <= most:
            raise ValueError(f"{number} is no {whole.name.lower()}")
        return (_varint(number & MASK),) if number else ()

    def value(raw: int, _: Decode) -> int:
        number = raw & ((1 << bits) - 1)
        return signed(number << 64 - bits) >> 64 - bits if has_sign else number

    return write, value


def _enum(kind: type[IntEnum]) -> tuple[Write, Value]:
    def write(member: IntEnum, _: Encode) -> Iterable[bytes]:
        return (_varint(kind(member)),) if member else ()

    def value(raw: int, _: Decode) -> IntEnum:
        try:
            return kind(raw)
        except ValueError:
            return kind(0)

    return write, value


def _list(kind: type[msgspec.Struct]) -> tuple[Write, Value]:
    def write(members: Sequence[msgspec.Struct], encode: Encode) -> Iterable[bytes]:
        return map(encode, members)

    def value(came: Sequence[bytes], decode: Decode) -> tuple[msgspec.Struct, ...]:
        return tuple([decode(kind, chunk) for chunk in came])

    return write, value


def _message(kind: type[msgspec.Struct]) -> tuple[Write, Value]:
    def write(message: msgspec.Struct | None, encode: Encode) -> Iterable[bytes]:
        return () if message is None else (encode(message),)

    def value(came: Sequence[bytes], decode: Decode) -> msgspec.Struct:
        return decode(kind, b"".join(came))  # what stands behind each other is merged

    return write, value


class _Entry(msgspec.Struct, frozen=True):
    """One pair of a map."""

    key: Annotated[str, 1] = ""
    text: Annotated[str, 2] = ""


def _write_map(pairs: dict[str, str], encode: Encode) -> Iterable[bytes]:
    return (encode(_Entry(key, text)) for key, text in pairs.items())


def _map(came: Sequence[bytes], decode: Decode) -> dict[str, str]:
    entries = [decode(_Entry, chunk) for chunk in came]
    return {entry.key: entry.text for entry in entries if isinstance(entry, _Entry)}


def _write_bool(value: bool, _: Encode) -> Iterable[bytes]:
    return (b"\1",) if value else ()


def _bool(raw: int, _: Decode) -> bool:
    return raw != 0


def _write_double(value: float, _: Encode) -> Iterable[bytes]:
    try:
        data = _DOUBLE.pack(value)
    except struct.error as error:
        raise ValueError(error) from error
    return (data,) if any(data) else ()  # -0.0 is no default


def _double(raw: bytes, _: Decode) -> float:
    (number,) = _DOUBLE.unpack(raw)
    return float(number)


def _write_text(value: str, _: Encode) -> Iterable[bytes]:
    return (value.encode(),) if value else ()


def _text(raw: bytes, _: Decode) -> str:
    return raw.decode(errors="replace")


def _write_bytes(value: bytes, _: Encode) -> Iterable[bytes]:
    return (value,) if value else ()


def _bytes(raw: bytes, _: Decode) -> bytes:
    return raw


def _varint(natural: int) -> bytes:
    out = bytearray()
    put_varint(out, natural)
    return bytes(out)

"""A place in a message of Protocol Buffers that moves forward; every step is checked.

For decoders that make columns of messages and no objects; the tables of wire/netdata/protobuf.py
make an object of each. Faults are told as prometheus.hpp tells them, with their offset.

Source: protobuf.dev, "Encoding"
"""

from enum import IntEnum

from muster.wire.prometheusparts import End

_MASK = (1 << 64) - 1
_MAX_TAG = (1 << 32) - 1
_SIGN = 1 << 63


class Wire(IntEnum):
    """Forms of values on the wire; groups are not read."""

    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    FIXED32 = 5


_FORMS = frozenset(Wire)
_FIXED = {Wire.FIXED64: 8, Wire.FIXED32: 4}


class Malformed(Exception):
    """The message is none: why, and where."""

    def __init__(self, end: End, offset: int) -> None:
        super().__init__(end, offset)
        self.end = end
        self.offset = offset


class ProtoReader:
    """Reads [at, end) of some bytes. Errors: Malformed."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    @property
    def is_open(self) -> bool:
        return self.at < self.end

    def varint(self) -> int:
        start, number = self.at, 0
        for shift in range(0, 70, 7):
            if self.at == self.end:
                raise Malformed(End.CUT, start)
            byte = self.data[self.at]
            self.at += 1
            number |= (byte & 0x7F) << shift
            if number > _MASK:
                break
            if byte < 0x80:
                return number
        raise Malformed(End.WIDE, start)

    def signed(self) -> int:
        """A varint as int64."""
        number = self.varint()
        return number - (1 << 64) if number >= _SIGN else number

    def tag(self) -> tuple[int, int]:
        """Number and form of the next field."""
        start = self.at
        number = self.varint()
        if number > _MAX_TAG or not number >> 3 or number & 7 not in _FORMS:
            raise Malformed(End.TAG, start)
        return number >> 3, number & 7

    def inner(self) -> "ProtoReader":
        """What has its length before it."""
        size = self.varint()
        if size > self.end - self.at:
            raise Malformed(End.CUT, self.at)
        start, self.at = self.at, self.at + size
        return ProtoReader(self.data, start, self.at)

    def text(self) -> bytes:
        inside = self.inner()
        return self.data[inside.at : inside.end]

    def fixed(self, wire: int) -> bytes:
        size = _FIXED[Wire(wire)]
        if self.end - self.at < size:
            raise Malformed(End.CUT, self.at)
        start, self.at = self.at, self.at + size
        return self.data[start : self.at]

    def skip(self, wire: int) -> None:
        if wire == Wire.VARINT:
            self.varint()
        elif wire == Wire.LENGTH:
            self.inner()
        else:
            self.fixed(wire)

    def fields(self, forms: dict[int, int]) -> "Fields":
        """The fields of a message that have a form in `forms`; others are passed over."""
        return Fields(self, forms)


class Fields:
    """Numbers of known fields, each with the reader before its value.

    A known field in another form than its own is a fault.
    """

    def __init__(self, reader: ProtoReader, forms: dict[int, int]) -> None:
        self._reader = reader
        self._forms = forms

    def __iter__(self) -> "Fields":
        return self

    def __next__(self) -> int:
        reader = self._reader
        while reader.is_open:
            start = reader.at
            field, wire = reader.tag()
            form = self._forms.get(field)
            if form is None:
                reader.skip(wire)
            elif form != wire:
                raise Malformed(End.TAG, start)
            else:
                return field
        raise StopIteration

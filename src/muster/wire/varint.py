"""Numbers and texts of our own formats: LEB128 varints, zigzag, length-prefixed UTF-8.

A varint carries 64 bits, seven a byte, lowest first, in at most ten bytes; bits above the
64th are an error. Signed numbers are zigzag coded modulo 2^64, so any difference of two
int64 patterns survives.

Source: docs/formats/link.md ("Primitives").
"""

from muster.errors import ProtocolError

MASK = (1 << 64) - 1
_SIGN = 1 << 63
VARINT_BYTES = 10


def signed(bits: int) -> int:
    """The int64 whose two's complement is the low 64 bits of a number."""
    return ((bits + _SIGN) & MASK) - _SIGN


def zigzag(number: int) -> int:
    """Small magnitudes to small naturals; wraps modulo 2^64."""
    number = signed(number)
    return ((number << 1) ^ (number >> 63)) & MASK


def unzigzag(natural: int) -> int:
    return (natural >> 1) ^ -(natural & 1)


def put_varint(out: bytearray, natural: int) -> None:
    while natural > 0x7F:
        out.append(natural & 0x7F | 0x80)
        natural >>= 7
    out.append(natural)


def put_text(out: bytearray, text: bytes) -> None:
    put_varint(out, len(text))
    out += text


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """A varint and the offset behind it. Errors: ProtocolError when cut or above 64 bits."""
    start, shift, number = at, 0, 0
    while at < len(data):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if number > MASK:
                break
            return number, at
        shift += 7
        if shift == 7 * VARINT_BYTES:
            break
    else:
        raise ProtocolError("the data ends inside a number", start)
    raise ProtocolError("a number has more than 64 bits", start)


class Reader:
    """A place in some bytes that moves forward; every step is checked."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def varint(self) -> int:
        at = self.at
        if at < len(self.data) and self.data[at] < 0x80:
            self.at = at + 1
            return self.data[at]
        number, self.at = varint_at(self.data, at)
        return number

    def count(self, what: str, limit: int) -> int:
        """A varint that may not pass a limit."""
        at = self.at
        number = self.varint()
        if number > limit:
            raise ProtocolError(f"{number} {what} where at most {limit} are allowed", at)
        return number

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        at, end = self.at, self.at + size
        if end > len(self.data):
            raise ProtocolError(f"the data ends inside {size} bytes", at)
        self.at = end
        return self.data[at:end]

    def text(self, what: str, limit: int) -> str:
        """A length-prefixed UTF-8 text of at most `limit` bytes."""
        at = self.at
        try:
            return self.take(self.count(what, limit)).decode()
        except UnicodeDecodeError as error:
            raise ProtocolError(f"{what}: not UTF-8", at) from error

    def end(self) -> None:
        """Errors: ProtocolError unless everything was read."""
        if self.at != len(self.data):
            raise ProtocolError(f"{len(self.data) - self.at} bytes too many", self.at)

"""Strings as Go writes and reads them: `%q` and what stands between quotes in a query."""

import re

_NAMED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 92: "\\"}
_CHARS = {letter: chr(code) for code, letter in _NAMED.items()}
_ESCAPE = re.compile(
    r"\\(?:([abtnvfr\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))"
)
_WIDE = 0x10000
_NO_TEXT = "\ufffd"  # stands for bytes that are no text; a query cannot have it as it is


def quote(text: str) -> str:
    """A string in double quotes, as `%q`."""
    return '"' + "".join(_escaped(char, '"') for char in text) + '"'


def quote_char(char: str) -> str:
    """A character in single quotes, as `%q`; the end of the text is none, nor is `_NO_TEXT`."""
    return "'" + (_NO_TEXT if char in ("", _NO_TEXT) else _escaped(char, "'")) + "'"


def char_name(char: str) -> str:
    """A character with its number, as `%#U`."""
    if not char:
        return "U+FFFFFFFFFFFFFFFF"
    return f"U+{ord(char):04X} '{char}'" if char.isprintable() else f"U+{ord(char):04X}"


def unquote(text: str) -> str:
    """What stands between quotes; a lexer has checked that its escapes are known."""
    if text[0] == "`":
        return text[1:-1]
    body = text[1:-1]
    if "\\" not in body:
        return body
    parts: list[bytes] = []
    at = 0
    for found in _ESCAPE.finditer(body):
        parts += [body[at : found.start()].encode(), _value(found)]
        at = found.end()
    parts.append(body[at:].encode())
    return b"".join(parts).decode(errors="replace")


def _value(found: re.Match[str]) -> bytes:
    named, octal, byte, short, wide = found.groups()
    if named is not None:
        return _CHARS.get(named, named).encode()
    if octal is not None:
        return bytes((int(octal, 8),))
    if byte is not None:
        return bytes((int(byte, 16),))
    return chr(int(short or wide, 16)).encode()


def _escaped(char: str, mark: str) -> str:
    code = ord(char)
    if char == mark:
        return "\\" + char
    if code in _NAMED:
        return "\\" + _NAMED[code]
    if char.isprintable() and char != _NO_TEXT:
        return char
    if code < 128:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WIDE else f"\\U{code:08x}"

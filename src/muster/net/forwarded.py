"""What trusted proxies say of a request: whose it is, at which host, by which scheme. Pure.

A proxy appends what it saw to the right of what it was told, so a list is believed from its
right end as far as it names trusted proxies. The first address that is none is the client's;
whatever stands left of it the client may have made up. A client may also send the kind of
header that its proxy does not know and passes on, therefore both kinds must agree.

Source: RFC 7239 (Forwarded); X-Forwarded-For, -Host and -Proto as nginx and Caddy write them.
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from muster.errors import InputError
from muster.model.address import Networks, literal_of

MAX_HOPS = 32  # of one request; what is further away is not looked at

Lines = Callable[[str], Sequence[str]]  # all lines of a header, by its name

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word for it
_PAIR = re.compile(rf'({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")')
_BREAK = re.compile(r"[ \t]*([;,])[ \t]*")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What proxies tell; host and scheme are empty when they say nothing of them."""

    address: str
    host: str = ""
    scheme: str = ""


def tell(peer: str, lines: Lines, trusted: Networks) -> Told:
    """What is to be believed of a request that a trusted peer passed on.

    Errors: InputError for a `Forwarded` that breaks its grammar, and where the two kinds of
            header name different clients.
    """
    elements = parse_forwarded(lines("forwarded"))
    listed = _listed(lines("x-forwarded-for"))
    named = [element.get("for", "") for element in elements]
    address, depth = client_of(peer, listed or named, trusted)
    if listed and elements and client_of(peer, named, trusted)[0] != address:
        raise InputError(
            "the proxy's X-Forwarded-For and Forwarded name different clients; let it send one"
            " of them and drop the other"
        )
    element = elements[-depth] if 0 < depth <= len(elements) else {}
    host = _at(_listed(lines("x-forwarded-host")), depth) or element.get("host", "")
    scheme = _at(_listed(lines("x-forwarded-proto")), depth) or element.get("proto", "")
    return Told(address=address, host=host, scheme=scheme.lower())


def client_of(peer: str, hops: Sequence[str], trusted: Networks) -> tuple[str, int]:
    """The right-most address that is not trusted, and how many hops from the right it stands.

    A hop that is no address ("unknown", a name) hides its client: then the proxy that wrote it
    stands for all it passes on.
    """
    address, depth = peer, 0
    for hop in list(reversed(hops))[:MAX_HOPS]:
        found = literal_of(hop)
        if not found:
            break
        address, depth = found, depth + 1
        if found not in trusted:
            break
    return address, depth


def parse_forwarded(lines: Sequence[str]) -> list[dict[str, str]]:
    """The elements of `Forwarded`, names in lower case. Errors: InputError."""
    elements: list[dict[str, str]] = []
    for line in lines:
        elements += _elements(line.strip(" \t"))
    return elements


def _elements(line: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{}]
    at = 0
    while at < len(line):
        pair = _PAIR.match(line, at)
        if pair is None or pair[1].lower() in found[-1]:
            raise InputError(f"malformed Forwarded header at character {at}: {line[:100]!r}")
        quoted = re.sub(r"\\(.)", r"\1", pair[3] or "")
        found[-1][pair[1].lower()] = pair[2] or quoted
        at = pair.end()
        if at < len(line):
            stop = _BREAK.match(line, at)
            if stop is None or stop.end() == len(line):
                raise InputError(f"malformed Forwarded header at character {at}: {line[:100]!r}")
            if stop[1] == ",":
                found.append({})
            at = stop.end()
    return found if found != [{}] else []


def _listed(lines: Sequence[str]) -> list[str]:
    return [part.strip() for line in lines for part in line.split(",") if part.strip()]


def _at(values: Sequence[str], depth: int) -> str:
    """The value that the proxy wrote which saw the client; a shorter list has it at its left."""
    if not values:
        return ""
    return values[-min(max(depth, 1), len(values))]

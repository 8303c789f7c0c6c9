"""One question at a time to a peer, for the doctor: the name, then the server and its clock."""

import asyncio
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from muster.clock import SECOND_NS
from muster.errors import Unavailable
from muster.net.client import Target, refusal_of, request


class NameUnknown(Unavailable):
    code = "name_unknown"


async def resolve(host: str, timeout_s: float) -> list[str]:
    """Addresses of a name. Errors: NameUnknown."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise NameUnknown(f"no answer for the name {host!r} within {timeout_s:g} s") from error
    except (OSError, UnicodeError) as error:
        cause = getattr(error, "strerror", None) or "not a name"
        raise NameUnknown(f"the name {host!r} does not resolve: {cause}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said: `time_ns` to the second, 0 unless it told; code and text of an error."""

    status: int
    time_ns: int
    code: str = ""
    text: str = ""


async def ask(target: Target, path: str, timeout_s: float) -> Told:
    """Ask for a path. Errors: ConnectFailed, TlsRefused, ProtocolError."""
    answer = await request(target, "GET", path, timeout_s=timeout_s)
    code, text = refusal_of(answer)
    time_ns = date_ns(answer.headers.get("date", ""))
    return Told(status=answer.status, time_ns=time_ns, code=code, text=text)


def date_ns(text: str) -> int:
    """An HTTP date as ns; 0 when there is none. Source: RFC 9110 section 5.6.7."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND_NS

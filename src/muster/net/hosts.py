"""Which hosts a listener for browsers may be asked as.

A page of another site can have its own name resolve to this machine (DNS rebinding) and would
then share an origin with the hub; but it cannot make a browser send another `Host`. So names
must be known. Addresses need not be: a page that was loaded from an address cannot rebind it.

Source: RFC 9110 section 7.2 (Host), 15.5.20 (421); RFC 6761 section 6.3 (localhost).
"""

import re
from collections.abc import Collection

from muster.errors import InputError, MusterError
from muster.model.address import literal_of

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::\d{1,5})?")


class UnknownHost(MusterError):
    """The request is for a name that this hub does not go by."""

    code = "unknown_host"
    status = 421

    def __init__(self, name: str) -> None:
        super().__init__(
            f"this hub does not go by the name {name!r}. If it should, add the name to"
            f' listen.names in its settings (hub.toml: [listen] names = ["{name}"]) and restart'
            " it; or open the hub by one of its addresses"
        )


def name_of(host: str) -> str:
    """The name or address of a `Host` header, lower case and without a port.

    Errors: InputError.
    """
    if not _HOST.fullmatch(host):
        raise InputError(f"malformed Host header: {host[:100]!r}")
    name = host if host.endswith("]") else re.sub(r":\d+$", "", host)
    return name.strip("[]").lower().removesuffix(".")


def require_known(host: str, known: Collection[str]) -> None:
    """Refuse a `Host` of a name that is not known. `*.` in front of one stands for one label.

    Errors: UnknownHost; InputError for what is no host.
    """
    name = name_of(host)
    if literal_of(name) or name == "localhost" or name.endswith(".localhost"):
        return
    wild = "*." + name.partition(".")[2]
    if name not in known and wild not in known:
        raise UnknownHost(name)

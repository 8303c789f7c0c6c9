"""Names of servers as certificates hold them: host names and addresses, and nothing else."""

import ipaddress
import re
from collections.abc import Sequence

from cryptography import x509

from muster.errors import InputError

MAX_NAMES = 100  # names and addresses of one certificate

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


def general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """Host names and addresses as a certificate holds them. Errors: InputError."""
    if not 0 < len(names) <= MAX_NAMES:
        raise InputError(f"a server certificate takes 1 to {MAX_NAMES} names, not {len(names)}")
    return [_general_name(name) for name in dict.fromkeys(map(str.lower, names))]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not _HOST_NAME.fullmatch(name):
        raise InputError(f"neither a host name nor an IP address: {name!r}")
    return x509.DNSName(name)

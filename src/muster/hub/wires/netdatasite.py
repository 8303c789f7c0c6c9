"""By which addresses Netdata agents claim to this hub, and what they have to trust first."""

import hashlib

from muster.core.connecting.netdataconnect import HubRoot, NetdataSite
from muster.core.enrolment.tokens import Addresses
from muster.model.address import join_address
from muster.pki.trust import Trust


def netdata_site(
    *,
    addresses: Addresses,
    web_port: int,
    own_port: int,
    given: str,
    trust: Trust,
    is_own: bool,
) -> NetdataSite:
    """Address and root.

    `own_port` is that of a listener for them alone, 0 for none; `given` an address that the
    settings name. `is_own`: the certificate is of the hub's own CA, which nobody knows yet.
    """
    found = [join_address(host, own_port or web_port) for host in addresses.hosts]
    root = HubRoot(
        port=web_port,
        file_sha256=hashlib.sha256(trust.anchors.encode("ascii")).hexdigest(),
        sha256=trust.roots()[0].sha256,
    )
    urls = tuple(f"https://{address}" for address in dict.fromkeys((given, *found)) if address)
    return NetdataSite(urls=urls, root=root if is_own else None)

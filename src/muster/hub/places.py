"""Where things lie in the hub's data folder, and where the hub is reached."""

import asyncio
import ipaddress
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from muster.core.enrolment.tokens import Addresses
from muster.faces.influx.callers import Way
from muster.hub.settings import ListenSettings
from muster.hub.wires.influx import LOOPBACK, InfluxSettings
from muster.model.address import is_own_machine, join_address
from muster.net.addresses import machine_addresses, outward_addresses

_LOOK_S = 60.0
_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


class Places:
    """Paths in one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ca = data / "ca"
        self.certificate = data / "tls" / "server.pem"
        self.acme = data / "acme"
        self.records = data / "records.sqlite"
        self.catalogue = data / "catalogue.sqlite"
        self.journal = data / "journal"
        self.series = data / "series"
        self.password = data / "admin-password"
        self.socket = data / "hub.sock"
        self.tidied = data / "housekeeping.json"
        self.audit_anchor = data / "audit-anchor.json"
        self.forward = data / "forward"
        self.agent = data / "agent"
        self.install = data / "install"
        self.dashboards = data / "dashboards"
        self.backups = data / "backups"

    def used_percent(self) -> float:
        """How full their disk is; a disk that is gone shows in the journal's refusal."""
        try:
            usage = shutil.disk_usage(self.data)
        except OSError:
            return 0.0
        return 100.0 * usage.used / usage.total if usage.total else 0.0


class ReadyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub says of itself when it is ready. `password_file` only after a first start."""

    web: str
    agents: str
    enrol: str
    data: str
    password_file: str = ""
    netdata: str = ""  # host:port of a listener for Netdata agents alone
    influx: str = ""  # URL for clients of InfluxDB, where they have a listener


class LocalNode:
    """Which node is the agent beside the hub; told by the agent's own folder."""

    def __init__(self, agent: Path) -> None:
        self._file = agent / "identity" / "node.json"
        self._node = ""
        self._changed = (0, 0)

    def __call__(self) -> str:
        """Its id, empty without one. Reads the file again only when it was replaced."""
        with suppress(OSError, msgspec.MsgspecError):
            found = self._file.stat()
            changed = (found.st_mtime_ns, found.st_ino)
            if changed != self._changed:
                self._node = msgspec.json.decode(self._file.read_bytes(), type=_NodeFile).node
                self._changed = changed
        return self._node


class _NodeFile(msgspec.Struct):
    """The part of the agent's node.json that says who it is."""

    node: str


def addresses_of(listen: ListenSettings) -> Addresses:
    """Where nodes reach the hub, the best first: names that were configured, then addresses.

    Of the addresses the one with the default route comes first: a bridge to this machine's own
    containers is none for others. Loopback comes last.
    """
    hosts = list(listen.names)
    if any(address in _ANY for address in listen.addresses):
        outward = outward_addresses()
        found = [each for each in machine_addresses() if _fits(each, listen.addresses)]
        hosts += sorted(found, key=lambda each: each not in outward)  # stable
        hosts.append("localhost")
    hosts += [address for address in listen.addresses if address not in _ANY]
    known = sorted(dict.fromkeys(hosts), key=_is_loopback)  # stable: the order within stays
    return Addresses(
        hosts=tuple(known), enrol_port=listen.port_base + 2, agents_port=listen.port_base + 1
    )


class OwnAddresses:
    """The hub's addresses of now, for tokens and claims. `run` keeps up with the machine's."""

    def __init__(self, listen: ListenSettings) -> None:
        self._listen = listen
        self._now = addresses_of(listen)

    def __call__(self) -> Addresses:
        return self._now

    def for_others(self) -> Addresses:
        return for_others(self._now)

    def for_this_machine(self) -> Addresses:
        return for_this_machine(self._now)

    def web(self) -> str:
        """Where others open the hub, as far as it knows: by its best name or address.

        A hub that is reached on its own machine alone is `localhost`: passkeys want a name.
        """
        best = self.for_others().hosts[0]
        host = "localhost" if is_own_machine(best) else best
        return f"https://{join_address(host, self._listen.port_base)}"

    @property
    def web_port(self) -> int:
        return self._listen.port_base

    def look(self) -> None:
        """Read them anew."""
        self._now = addresses_of(self._listen)

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self.look()


def for_others(addresses: Addresses) -> Addresses:
    """Without loopback, unless there is nothing else: for tokens that leave this machine."""
    hosts = tuple(host for host in addresses.hosts if not _is_loopback(host))
    return msgspec.structs.replace(addresses, hosts=hosts or addresses.hosts)


def for_this_machine(addresses: Addresses) -> Addresses:
    """Loopback where the hub listens there: it stays when the machine's addresses change."""
    hosts = tuple(host for host in reversed(addresses.hosts) if _is_loopback(host))
    return msgspec.structs.replace(addresses, hosts=hosts or addresses.hosts)


def ready_info(
    data: Path,
    listen: ListenSettings,
    password_file: str,
    *,
    netdata_port: int = 0,
    influx: InfluxSettings | None = None,
) -> ReadyInfo:
    """People on this machine open localhost, unless the hub has a name or listens elsewhere."""
    addresses = for_others(addresses_of(listen))
    anywhere = any(address in _ANY for address in listen.addresses)
    web = "localhost" if anywhere and not listen.names else addresses.hosts[0]
    return ReadyInfo(
        web=f"https://{join_address(web, listen.port_base)}",
        agents=addresses.agents(),
        enrol=addresses.enrol()[0],
        data=str(data),
        password_file=password_file,
        netdata=join_address(addresses.hosts[0], netdata_port) if netdata_port else "",
        influx=influx_url(influx, addresses.hosts[0]) if influx is not None else "",
    )


def influx_url(settings: InfluxSettings, host: str) -> str:
    """Where clients of InfluxDB reach the hub; empty without a listener for them."""
    if not settings.port:
        return ""
    if settings.auth is Way.OFF:
        return f"http://{join_address((settings.addresses or LOOPBACK)[0], settings.port)}"
    own = [each for each in settings.addresses if each not in _ANY]
    return f"https://{join_address(own[0] if own else host, settings.port)}"


def _fits(address: str, listening: tuple[str, ...]) -> bool:
    wanted = "::" if ":" in address else "0.0.0.0"  # noqa: S104 - compared with, not bound to
    return wanted in listening


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

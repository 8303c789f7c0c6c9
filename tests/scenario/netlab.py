"""Three namespaces: a hub, a proxy beside it, and a machine that reaches the proxy alone.

    machine 10.93.2.2 -- 10.93.2.1 proxy 10.93.1.1 -- 10.93.1.2 hub

Nothing is forwarded, so there is no direct way from the machine to the hub.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

HUB, PROXY_INSIDE, PROXY, MACHINE = "10.93.1.2", "10.93.1.1", "10.93.2.1", "10.93.2.2"


def why_not(*programs: str) -> str:
    """Why there can be no such net here; empty when there can. Without programs: with proxies."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    wanted = programs or ("ip", "tinyproxy", "microsocks")
    if missing := [name for name in wanted if not shutil.which(name)]:
        return f"not installed: {', '.join(missing)} (Debian: iproute2, tinyproxy-bin, microsocks)"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if probe.returncode == 0 else "no network namespace may be made here"


class Net:
    """The three of them, by name."""

    def __init__(self, mark: str) -> None:
        self.hub, self.proxy, self.machine = (f"{mark}-{name}" for name in ("hub", "prx", "mac"))
        self._mark = mark

    def set_up(self) -> None:
        for name in (self.hub, self.proxy, self.machine):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        self._join(self.proxy, f"{PROXY_INSIDE}/24", self.hub, f"{HUB}/24", "a")
        self._join(self.proxy, f"{PROXY}/24", self.machine, f"{MACHINE}/24", "b")
        # The machine asks the proxy's side for the way; nobody forwards there.
        _ip("-n", self.machine, "route", "add", "default", "via", PROXY)

    def _join(self, one: str, address: str, other: str, its: str, letter: str) -> None:
        first, second = f"{self._mark}{letter}0", f"{self._mark}{letter}1"
        _ip("link", "add", first, "netns", one, "type", "veth", "peer", "name", second,
            "netns", other)  # fmt: skip
        for name, link, where in ((one, first, address), (other, second, its)):
            _ip("-n", name, "address", "add", where, "dev", link)
            _ip("-n", name, "link", "set", link, "up")

    def take_down(self) -> None:
        for name in (self.hub, self.proxy, self.machine):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)

    def inside(self, name: str) -> tuple[str, ...]:
        """What to put before a command to run it there."""
        return ("ip", "netns", "exec", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def net() -> Iterator[Net]:
    """Set up, and taken down whatever happens."""
    made = Net(f"m{os.getpid() % 100_000}")
    try:
        made.set_up()
        yield made
    finally:
        made.take_down()


@contextmanager
def proxies(net: Net, *, user: str, password: str) -> Iterator[dict[str, str]]:
    """A tinyproxy and a microsocks, each open and each with credentials: name to URL."""
    folder = Path(tempfile.mkdtemp(prefix="muster-proxies-"))
    folder.chmod(0o755)
    who = f"{user}:{password}@"
    urls = {
        "http": f"http://{PROXY}:3128",
        "http with password": f"http://{who}{PROXY}:3129",
        "socks5": f"socks5://{PROXY}:1080",
        "socks5 with password": f"socks5h://{who}{PROXY}:1081",
    }
    signed = ("-u", user, "-P", password)
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        for port, line in ((3128, ""), (3129, f"BasicAuth {user} {password}\n")):
            config = folder / f"{port}.conf"
            config.write_text(
                f"Port {port}\nListen {PROXY}\nTimeout 60\nMaxClients 20\n{line}"
                f'LogFile "{folder}/{port}.log"\nLogLevel Connect\n'
            )
            _start(running, net, "tinyproxy", "-d", "-c", str(config))
        for port, more in ((1080, ()), (1081, signed)):
            _start(running, net, "microsocks", "-i", PROXY, "-p", str(port), *more)
        yield urls


def _start(running: ExitStack, net: Net, *words: str) -> None:
    process: subprocess.Popen[Any] = subprocess.Popen(
        [*net.inside(net.proxy), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    running.callback(process.wait, 60)
    running.callback(process.terminate)

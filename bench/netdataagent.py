"""A real Netdata agent at a hub, for bench/netdata.py --agent: what a question costs, and whom.

The same question goes through the hub and to the agent's own port, in turns, with and without TLS,
as programs ask (JSON, packed) and word for word as the hub does, on connections that stay open.
Where the time through the hub goes is seen at the loopback device: when the question left the hub
for the agent, and when the agent's answer left the agent. What lies between is the agent's own
share, which no hub can make smaller. Needs root.
"""

import argparse
import bisect
import contextlib
import json
import multiprocessing
import os
import re
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fleet
import ingest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/scenario"))

SPANS_S = (60, 600, 3_600)
# Questions one way before it is another's turn: one by one, the agent's own port would have been
# asked four times the same just before, the hub nothing.
_BLOCK = 20
_SO_TIMESTAMPNS = 35
_SAME = ("Connection: keep-alive",)  # an agent on this machine is not asked to pack
_DIRECT = ("Accept-Encoding: gzip", *_SAME)
_URGENT = -18


class Refused(Exception):
    """Another answer than 200."""


class Client:
    """HTTP/1.1 on a connection that stays open, as little of it as there can be."""

    def __init__(self, opened: socket.socket, *headers: str) -> None:
        self._socket, self._headers, self._rest = opened, headers, b""

    def get(self, path: str) -> bytes:
        """The body, as it came."""
        lines = (f"GET {path} HTTP/1.1", "Host: localhost", *self._headers, "", "")
        self._socket.sendall("\r\n".join(lines).encode())
        head = self._until(b"\r\n\r\n").lower()
        if b"transfer-encoding: chunked" in head:
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self._take(int(re.search(rb"content-length: (\d+)", head)[1]))
        if head[9:12] != b"200":
            raise Refused(f"{path}: {head[:80]!r} {body[:200]!r}")
        return body

    def _chunk(self) -> bytes:
        return self._take(int(self._until(b"\r\n"), 16) + 2)[:-2]

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._read()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._read()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _read(self) -> None:
        data = self._socket.recv(1 << 18)
        if not data:
            raise SystemExit("the connection was closed")
        self._rest += data


def _tcp(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _tls(port: int) -> socket.socket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(_tcp(port), server_hostname="localhost")


def _watch(port: int, ended: multiprocessing.Event, told: multiprocessing.Queue) -> None:
    """(time, from the agent, bytes) of each packet with data to or from a port."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    raw.bind(("lo", 0))
    raw.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    raw.settimeout(0.2)
    seen = []
    while not ended.is_set():
        try:
            data, told_beside, _, where = raw.recvmsg(128, 128)
        except TimeoutError:
            continue
        at = 14 + (data[14] & 15) * 4
        if where[2] == socket.PACKET_OUTGOING or data[23] != socket.IPPROTO_TCP:
            continue  # each packet is seen twice here
        source, target = struct.unpack(">HH", data[at : at + 4])
        size = struct.unpack(">H", data[16:18])[0] - (at - 14) - (data[at + 12] >> 4) * 4
        if size and port in (source, target):
            seconds, ns = struct.unpack("qq", told_beside[0][2])
            seen.append((seconds * 10**9 + ns, source == port, size))
    told.put(sorted(seen))


class Lab:
    """A hub, and an agent that is claimed and online there."""

    def __init__(self, options: argparse.Namespace) -> None:
        program = options.agent.resolve()
        os.environ["MUSTER_TEST_NETDATA"] = str(program)
        os.environ["MUSTER_TEST_NETDATACLI"] = str(program.with_name("netdatacli"))
        os.environ["MUSTER_TEST_NETDATA_CLAIM"] = str(program.with_name("netdata-claim.sh"))
        from netdatareal import Netdata, version  # it asks for these variables

        self.hub = ingest.Hub(options.work, options.port_base)
        root = (self.hub.data / "ca/root.pem").read_text()
        self.agent = Netdata(options.work / "agent", "real", root)
        self.version = version()
        self._open_tls(options.work)
        self.agent.start()

    def _open_tls(self, work: Path) -> None:
        """Let the agent's own port speak TLS as well."""
        key, certificate = work / "agent.key", work / "agent.pem"
        words = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
        names = ("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate))
        subprocess.run([*words, *names], check=True, capture_output=True)
        place = f"bind to = 127.0.0.1:{self.agent.port}"
        rights = "=dashboard|management|netdata.conf^SSL=optional"
        text = self.agent.settings.read_text()
        files = f"\n  ssl key = {key}\n  ssl certificate = {certificate}"
        self.agent.settings.write_text(text.replace(place, place + rights + files))

    def join(self) -> str:
        """Claim, and wait until it is live; its node."""
        words = ("token", "create", "--dialect", "netdata", "--json")
        token = json.loads(self.hub.muster(*words))["token"]
        url = self.hub.ready["web"]
        self.agent.claim(url, token)
        self.agent.until_online()
        return self.agent.node_id()

    def be_urgent(self) -> None:
        """Beside other work, which counts by groups of processes too."""
        for pid in (self.hub.process.pid, self.agent.process.pid, os.getpid()):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.setpriority(os.PRIO_PROCESS, int(thread.name), _URGENT)
            if (group := Path(f"/proc/{pid}/autogroup")).exists():
                group.write_text(str(_URGENT))

    def hub_cpu_ns(self) -> int:
        threads = Path(f"/proc/{self.hub.process.pid}/task").iterdir()
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads)

    def link_port(self) -> int:
        """The agent's end of its link."""
        web = self.hub.ready["web"].rsplit(":", 1)[1]
        listed = subprocess.run(
            ["ss", "-tnpH", "dport", "=", f":{web}"], check=True, capture_output=True, text=True
        ).stdout
        own = [line for line in listed.splitlines() if f"pid={self.agent.process.pid}," in line]
        return int(own[0].split()[3].rsplit(":", 1)[1])

    def stop(self) -> None:
        self.agent.stop()
        self.hub.stop()


def _ms(seconds: list[float]) -> dict:
    ordered = sorted(seconds)
    at = {"p50_ms": 0.5, "p99_ms": 0.99}
    return {name: round(ordered[int(len(ordered) * part)] * 1e3, 3) for name, part in at.items()}


def _shares(asked: list[tuple[int, int]], packets: list) -> dict:
    """Medians in ms: until the question left the hub, the agent's own, until the asker had it."""
    times = [each[0] for each in packets]
    parts = []
    for began, ended in asked:
        inside = packets[bisect.bisect_left(times, began) : bisect.bisect_right(times, ended)]
        sent = [at for at, from_agent, _ in inside if not from_agent]
        answered = [at for at, from_agent, _ in inside if from_agent]
        if sent and answered:
            parts.append((sent[0] - began, answered[-1] - sent[0], ended - answered[-1]))
    if len(parts) < len(asked) // 2:
        raise SystemExit("the packets of the link were not seen")
    names = ("hub_in_ms", "agent_share_ms", "hub_out_ms")
    medians = (statistics.median(each) / 1e6 for each in zip(*parts, strict=True))
    return {name: round(each, 3) for name, each in zip(names, medians, strict=True)}


class Asked:
    """Questions about one context, of one length."""

    def __init__(self, lab: Lab, node: str, machine: str, context: str, span: int) -> None:
        self._lab, self._node, self._machine = lab, node, machine
        self._context, self._span = context, span
        self._last = int(fleet.now_s()) - 3

    def _window(self, number: int) -> str:
        """The same seconds each time, and a question that was not asked before."""
        points = self._span + number  # more than there are make no difference
        return f"after={self._last - self._span}&before={self._last}&points={points}"

    def through(self, number: int) -> str:
        path = f"/api/v1/nodes/{self._node}/netdata/data"
        return f"{path}?context={self._context}&{self._window(number)}"

    def direct(self, number: int) -> str:
        """The same values in the agent's JSON, as programs ask for them."""
        return self._of_agent(number, "json", "jsonwrap%2Cminify")

    def same(self, number: int) -> str:
        """Word for word what the hub asks of a context of one instance (chartwords.py)."""
        rest = f"context={self._context}&group=average&format=csvjsonarray&options=seconds"
        return f"/node/{self._node}/api/v1/data?{self._window(number)}&{rest}"

    def _of_agent(self, number: int, form: str, options: str) -> str:
        return (
            f"/api/v2/data?{self._window(number)}"
            f"&scope_nodes={self._machine}&scope_contexts={self._context}&group_by=dimension"
            f"&aggregation=sum&time_group=average&format={form}&options={options}"
        )

    def measure(self, hub: Client, direct: dict[str, Client], count: int) -> dict:
        ways: tuple[tuple[str, Client, Callable[[int], str]], ...] = (
            ("through_hub", hub, self.through),
            *(
                (name, client, self.same if "same" in name else self.direct)
                for name, client in direct.items()
            ),
        )
        took: dict[str, list[float]] = {name: [] for name, _, _ in ways}
        body = b""
        for first in range(0, count, _BLOCK):
            for name, client, path in ways:
                for number in range(first, min(first + _BLOCK, count)):
                    began = time.perf_counter()
                    answer = client.get(path(number))
                    took[name].append(time.perf_counter() - began)
                    body = answer if name == "through_hub" else body
        told = json.loads(body)
        found: dict = {name: _ms(each) for name, each in took.items()}
        for name in direct:
            ratio = found["through_hub"]["p50_ms"] / found[name]["p50_ms"]
            found[f"ratio_to_{name}"] = round(ratio, 2)
        return found | {"values": len(told["times"]) * len(told["labels"])}

    def watched(self, hub: Client, count: int) -> dict:
        """Where the time goes, and the hub's CPU for each."""
        ended, told = multiprocessing.Event(), multiprocessing.Queue()
        watcher = multiprocessing.Process(target=_watch, args=(self._lab.link_port(), ended, told))
        watcher.start()
        time.sleep(0.5)
        asked = []
        used_ns = self._lab.hub_cpu_ns()
        for number in range(count):
            began = time.time_ns()
            hub.get(self.through(count + number))
            asked.append((began, time.time_ns()))
        used_ns = self._lab.hub_cpu_ns() - used_ns
        time.sleep(0.3)
        ended.set()
        packets = told.get(timeout=60)
        watcher.join()
        return _shares(asked, packets) | {"hub_cpu_ms": round(used_ns / 1e6 / count, 2)}


def _page(hub: Client, plain: Client, node: str, contexts: list[str], asked: Asked) -> dict:
    """A minute of all charts of the node, one after the other."""
    known, took = [], []
    for context in contexts:
        asked._context = context
        with contextlib.suppress(Refused):  # what is not collected any more
            plain.get(asked.direct(0))
            known.append(context)
    for client, path in ((hub, asked.through), (plain, asked.direct)):
        began = time.perf_counter()
        for context in known:
            asked._context = context
            client.get(path(0))
        took.append(round((time.perf_counter() - began) * 1e3, 1))
    return {"charts": len(known), "through_hub_ms": took[0], "direct_ms": took[1]}


def measure(options: argparse.Namespace) -> dict:
    """All of it; the agent's past is as long as `--settle`."""
    lab = Lab(options)
    try:
        node = lab.join()
        time.sleep(options.settle)
        lab.be_urgent()
        local = socket.socket(socket.AF_UNIX)
        local.connect(str(lab.hub.data / "hub.sock"))
        hub, port = Client(local), lab.agent.port
        without, with_tls = _tcp(port), _tls(port)  # 1.45 shakes no second hand meanwhile
        plain = Client(without, *_DIRECT)
        direct = {"direct": plain, "direct_tls": Client(with_tls, *_DIRECT)}
        direct |= {
            "direct_same": Client(without, *_SAME),
            "direct_same_tls": Client(with_tls, *_SAME),
        }
        info = json.loads(hub.get(f"/api/v1/nodes/{node}/netdata/info"))
        path = f"/api/v1/nodes/{node}/netdata/contexts"
        contexts = [each["id"] for each in json.loads(hub.get(path))["contexts"]]
        result: dict = {"agent": ".".join(map(str, lab.version)), "load": os.getloadavg()[0]}
        for span in SPANS_S:
            asked = Asked(lab, node, info["machine"], "system.cpu", span)
            result[f"{span} s"] = asked.measure(hub, direct, options.questions)
            result[f"{span} s"] |= asked.watched(hub, options.questions)
            fleet.say(f"{span} s: {result[f'{span} s']}")
        asked = Asked(lab, node, info["machine"], "", SPANS_S[0])
        result["all charts, 60 s"] = _page(hub, plain, node, contexts, asked)
        listed: dict[str, list[float]] = {"through_hub": [], "direct": []}
        for _ in range(options.questions):
            for name, client, target in (
                ("through_hub", hub, path),
                ("direct", plain, "/api/v2/contexts"),
            ):
                began = time.perf_counter()
                client.get(target)
                listed[name].append(time.perf_counter() - began)
        return result | {"contexts": {name: _ms(each) for name, each in listed.items()}}
    finally:
        lab.stop()

"""Every port of a hub, as another machine finds it: only TLS answers."""

import json
import os
import signal
import subprocess
import sys

import pytest
from netlab import HUB, net, why_not
from processes import DEADLINE_S, ENVIRONMENT, MUSTER

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(bool(why_not("ip")), reason=why_not("ip")),
]

BASE = 7443
INFLUX, NETDATA = 8086, 19_998
INSIDE = {
    "MUSTER_PROXY_PLAIN_LISTEN": "127.0.0.1:7480",
    "MUSTER_PROXY_TRUSTED": "127.0.0.1",
    "MUSTER_NETDATA_API_PORT": "19999",
}
OPENED = {
    "MUSTER_LISTEN_ADDRESSES": "0.0.0.0,::",  # the default; other tests keep to loopback
    "MUSTER_INFLUX_PORT": str(INFLUX),
    "MUSTER_NETDATA_PORT": str(NETDATA),
}
DATAGRAMS = {"MUSTER_INFLUX_UDP_PORT": "8089"}  # by their default on loopback
TLS_RECORDS = (21, 22)  # an alert, a handshake
PATIENCE_S = 300

# Says which ports take a connection, and the first byte that each answers to a greeting of TLS.
SCAN = """
import errno, json, selectors, socket, ssl, sys
host, found, waiting, ports = sys.argv[1], [], 0, iter(range(1, 65536))
ready = selectors.DefaultSelector()
while True:
    while waiting < 200 and (port := next(ports, None)) is not None:
        each = socket.socket()
        each.setblocking(False)
        each.connect_ex((host, port))
        ready.register(each, selectors.EVENT_WRITE, port)
        waiting += 1
    if not waiting:
        break
    for key, _ in ready.select(60):
        ready.unregister(key.fileobj)
        waiting -= 1
        code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        key.fileobj.close()
        if code == 0:
            found.append(key.data)
        elif code != errno.ECONNREFUSED:
            sys.exit(f"port {key.data}: {errno.errorcode[code]}")
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
said = {}
for port in found:
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(into, out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    with socket.create_connection((host, port), 60) as opened:
        opened.sendall(out.read())
        said[port] = (opened.recv(1) or b"\\0")[0]
print(json.dumps(said))
"""


def ports_seen(made):
    """Port to the first byte that it answers, from a machine beside the hub's."""
    words = [*made.inside(made.proxy), sys.executable, "-c", SCAN, HUB]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    assert done.returncode == 0, done.stderr
    return {int(port): byte for port, byte in json.loads(done.stdout).items()}


def datagrams_taken(made):
    """Addresses off loopback, as the kernel writes them, that take datagrams in the hub's net."""
    words = [*made.inside(made.hub), "cat", "/proc/net/udp", "/proc/net/udp6"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in text.splitlines()]
    bound = [row[1] for row in rows if row[1] != "local_address"]
    return [each for each in bound if not each.startswith("0100007F:")], bound


def test_from_another_machine_nothing_but_tls_answers(tmp_path):
    environment = os.environ | ENVIRONMENT | INSIDE | OPENED | DATAGRAMS
    with net() as made:
        words = [*MUSTER, "up", "--data", str(tmp_path / "hub"), "--port-base", str(BASE)]
        process = subprocess.Popen(
            [*made.inside(made.hub), *words, "--json"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
            env=environment | {"MUSTER_INSTALL_STANDALONE": "false"},
        )  # fmt: skip
        try:
            assert json.loads(process.stdout.readline())["ready"] is True
            seen = ports_seen(made)
            outside, bound = datagrams_taken(made)

            assert sorted(seen) == sorted([BASE, BASE + 1, BASE + 2, INFLUX, NETDATA])
            assert set(seen.values()) <= set(TLS_RECORDS), seen
            assert bound and outside == [], "datagrams are taken on loopback alone"
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.close()
            assert process.wait(DEADLINE_S) == 0

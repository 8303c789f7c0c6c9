"""What was acknowledged before a kill is never missing from an answer after it."""

import asyncio
import contextlib
import http.client
import json
import signal
import socket
import time
import uuid
from array import array
from pathlib import Path

import pytest
from processes import DEADLINE_S, Hub, claim, free_port_base

from muster.agent.joining.identity import load_identity
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series
from muster.net.client import Target
from muster.net.tls import client_context
from muster.net.websocket import connect
from muster.wire.columns import ColumnEncoder
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import PROTOCOL_VERSION, Ack, Hello, Push

pytestmark = pytest.mark.scenario

SECOND_NS = 10**9
SERIES, ROWS, BATCHES = 40, 100, 40
LAYOUT = Layout(tuple(Series("kept", (), f"f{at}", Kind.INTEGER) for at in range(SERIES)))


async def pushed(folder: Path, *, end_ns: int) -> int:
    """Send rows of the seconds before a time as fast as they are taken; how many were acked."""
    identity = load_identity(folder)
    host, _, port = identity.node.agents.rpartition(":")
    context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
    link, codec, encoder = None, LinkCodec(Role.AGENT), ColumnEncoder()
    link = await connect(Target(host=host.strip("[]"), port=int(port), context=context), "/v1/link")
    epoch, now = str(uuid.uuid4()), time.time_ns()
    hello = Hello(versions=(PROTOCOL_VERSION,), epoch=epoch, first=1, last=BATCHES, time_ns=now,
                  facts=Facts(hostname="kept"))  # fmt: skip
    await link.send(codec.send(hello))
    messages = link.messages()
    codec.receive(await anext(messages))
    start_ns = end_ns - ROWS * BATCHES * SECOND_NS
    for number in range(BATCHES):
        first = start_ns + number * ROWS * SECOND_NS
        times = array("q", range(first, first + ROWS * SECOND_NS, SECOND_NS))
        block = Block(LAYOUT, times, array("q", range(ROWS * SERIES)))
        body = encoder.encode([block], key=number == 0)
        await link.send(codec.send(Push(sequence=number + 1, key=number == 0, body=body)))
    acked = 0
    while acked < BATCHES:
        for message in codec.receive(await anext(messages)):
            acked = message.sequence if isinstance(message, Ack) else acked
    await link.close()
    return acked * ROWS


def counted(path: Path, query: dict) -> int | None:
    """Rows of each series that the hub finds; None when it says that it cannot answer yet."""
    connection = http.client.HTTPConnection("hub", timeout=60)
    with contextlib.closing(connection):
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.connect(str(path))
        except OSError:
            return None  # no hub yet
        connection.request("POST", "/api/v1/query", json.dumps(query))
        answer = connection.getresponse()
        said = json.loads(answer.read())
    if answer.status == 503:
        assert said["error"]["code"] == "starting", said
        assert answer.headers["Retry-After"]
        return None
    assert answer.status == 200, said
    return min((column[0] or 0 for column in said["values"]), default=0)


@pytest.fixture
def hubs(tmp_path):
    """Starts the same hub again and again."""
    base, started = free_port_base(), []

    def start() -> Hub:
        started.append(Hub(tmp_path / "hub", base, command="hub"))
        return started[-1]

    yield start
    for hub in started:
        hub.stop()


@pytest.mark.parametrize("ahead_s", [0, 300], ids=["on time", "ahead of the hub"])
def test_after_a_kill_no_answer_lacks_what_was_acknowledged(hubs, tmp_path, ahead_s):
    hub = hubs()
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(tmp_path / "agent", token).returncode == 0
    end_ns = (time.time_ns() // SECOND_NS + ahead_s) * SECOND_NS
    acked = asyncio.run(pushed(tmp_path / "agent", end_ns=end_ns))
    query = {
        "select": {"measurement": "kept"},
        "start_ns": end_ns - 2 * ROWS * BATCHES * SECOND_NS,
        "end_ns": end_ns + 600 * SECOND_NS,
        "function": "count",
    }
    path = tmp_path / "hub" / "hub.sock"
    assert counted(path, query) == acked
    for _ in range(2):
        hub.stop(signal.SIGKILL)
        hub = hubs()
        deadline = time.monotonic() + DEADLINE_S
        found = []
        while time.monotonic() < deadline and found[-20:] != [acked] * 20:
            count = counted(path, query)
            if count is not None:
                found.append(count)

        assert found
        assert set(found) == {acked}

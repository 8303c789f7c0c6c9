"""What a real hub writes by itself, and that readers who take nothing cost little."""

import json
import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlencode

import pytest
from processes import free_port_base, until
from test_influx_write import FORM, Client, hub_of
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario

ROWS = 400_000
READERS = 20


@pytest.fixture
def place(tmp_path):
    return tmp_path, free_port_base(), free_port()


def ask(client, query, **params):
    """The one result."""
    status, text = client.ask("POST", "/query", urlencode({**params, "q": query}), FORM)
    assert status == 200, text
    (result,) = json.loads(text)["results"]
    assert "error" not in result, text
    return result


def rows_of(client, query, **params):
    return [
        row
        for series in ask(client, query, **params).get("series", ())
        for row in series.get("values", ())
    ]


def test_a_continuous_query_writes_by_itself_and_goes_on_after_a_restart(place):
    folder, base, port = place
    hub = hub_of(folder, base, port, "off")
    client = Client(port)
    try:
        client.create("d")
        made = (
            "CREATE CONTINUOUS QUERY q ON d RESAMPLE EVERY 1s FOR 5m BEGIN"
            " SELECT count(v) INTO n FROM m GROUP BY time(1s), * END"
        )
        ask(client, made)
        assert client.ask("POST", "/write", "m,t=a v=1\nm,t=b v=1", db="d")[0] == 204
        until("windows are written", lambda: len(rows_of(client, "SELECT * FROM n", db="d")) == 2)

        def told():
            (counts,) = ask(client, "SHOW STATS FOR 'cq'")["series"]
            return dict(zip(counts["columns"], counts["values"][0], strict=True))

        until("it is counted", lambda: told()["queryOk"] >= 1)
        assert told()["queryFail"] == 0
    finally:
        client.close()
        assert hub.stop() == 0, hub.said()

    hub = hub_of(folder, base, port, "off")
    client = Client(port)
    try:
        assert client.ask("POST", "/write", "m,t=c v=1", db="d")[0] == 204
        until(
            "a window is written after the restart",
            lambda: rows_of(client, "SELECT count FROM n WHERE t = 'c'", db="d"),
        )
    finally:
        client.close()
        assert hub.stop() == 0, hub.said()


def test_what_select_into_told_as_written_outlives_a_kill(place):
    folder, base, port = place
    hub = hub_of(folder, base, port, "off")
    client = Client(port)
    try:
        client.create("d")
        lines = "\n".join(f"m,t={at % 7} v={at} {10**18 + at * 10**9}" for at in range(5_000))
        assert client.ask("POST", "/write", lines, db="d")[0] == 204
        (told,) = rows_of(client, "SELECT v INTO n FROM m GROUP BY *", db="d")
        os.kill(hub.process.pid, signal.SIGKILL)
        hub.process.wait()
    finally:
        client.close()

    hub = hub_of(folder, base, port, "off")
    client = Client(port)
    try:
        (counted,) = until(
            "the points are there", lambda: rows_of(client, "SELECT count(v) FROM n", db="d")
        )
    finally:
        client.close()
        assert hub.stop() == 0, hub.said()

    assert told[1] == counted[1] == 5_000


def test_readers_that_take_nothing_cost_little_and_keep_nobody_waiting(place):
    folder, base, port = place
    hub = hub_of(folder, base, port, "off")
    client = Client(port)
    readers = []
    try:
        client.create("d")
        for start in range(0, ROWS, 100_000):
            lines = "\n".join(
                f"m v={at} {10**18 + at * 10**6}" for at in range(start, start + 100_000)
            )
            assert client.ask("POST", "/write", lines, db="d")[0] == 204
        before = resident_bytes(hub)
        query = urlencode({"q": "SELECT v FROM m", "db": "d", "chunked": "true"})
        for _ in range(READERS):
            reader = socket.create_connection(("127.0.0.1", port))
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            reader.sendall(f"GET /query?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            readers.append(reader)
        for reader in readers:
            assert reader.recv(1_024)
        grown = resident_bytes(hub) - before
        # Who waits longer than the client's minute has failed.
        client.close()  # it was idle for as long as the readers took: this asks on a new one
        assert rows_of(client, "SELECT count(v) FROM m", db="d")[0][1] == ROWS
        assert grown < 400 << 20
    finally:
        for reader in readers:
            reader.close()
        client.close()
        assert hub.stop() == 0, hub.said()


def resident_bytes(hub):
    text = Path(f"/proc/{hub.process.pid}/statm").read_text()
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

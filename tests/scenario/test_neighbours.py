"""Points sent on by a real hub, while it and its neighbours are killed."""

import json
import signal
import socket
import ssl
import time
from unittest.mock import ANY
from urllib.parse import urlencode

import pytest
from neighbours import Datagrams, InfluxDB, Neighbour, VictoriaMetrics
from processes import Agent, Hub, claim, free_port_base, until
from test_influx_write import FORM, clients, hub_of  # noqa: F401 - a fixture
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario

SECOND_NS = 10**9


def ordered(client, text):
    status, told = client.ask("POST", "/query", urlencode({"q": text}), FORM)
    assert status == 200, told
    (result,) = json.loads(told)["results"]
    assert "error" not in result, result
    return result


def subscribe(client, mode, *urls):
    ordered(client, "CREATE DATABASE d")
    destinations = ", ".join(f"'{url}'" for url in urls)
    ordered(client, f"CREATE SUBSCRIPTION s ON d.autogen DESTINATIONS {mode} {destinations}")


def write(client, times, measurement="m"):
    lines = [f'{measurement},host=h{each % 3} v=2.50,s="a b" {each}' for each in times]
    assert client.flush(lines, db="d") == (204, "")


def waits(hub, count):
    """Whether so many points wait at least, for somebody who was tried and is away."""
    (state,) = hub.muster("forward", "list", "--json")
    return state["queue"]["waiting_points"] >= count and state["destinations"][0]["failing"]


def test_nothing_is_lost_while_hub_and_destination_are_killed(tmp_path, clients):  # noqa: F811
    base, port, there = free_port_base(), free_port(), free_port()
    neighbour = Neighbour(there)
    hub = hub_of(tmp_path, base, port, "off")
    try:
        client = clients(port)
        subscribe(client, "ALL", f"http://127.0.0.1:{there}")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        sent = set()
        for turn in range(6):
            times = [start - (turn * 50 + number) * SECOND_NS for number in range(50)]
            write(client, times)
            sent.update(times)
            if turn == 1:
                neighbour.stop()
            if turn == 3:
                client.close()
                hub.stop(signal.SIGKILL)
                hub = hub_of(tmp_path, base, port, "off")
                client = clients(port)
            if turn == 4:
                until("points wait", lambda hub=hub: waits(hub, 150))
                neighbour.start()
        until("all points came", lambda: neighbour.times == sent)
        (state,) = hub.muster("forward", "list", "--json")
        assert state["queue"]["dropped_points"] == state["queue"]["refused_points"] == 0
        assert not neighbour.faults
        assert f'm,host=h0 s="a b",v=2.5 {next(iter(t for t in sent if t % 3 == 0))}' in (
            neighbour.lines
        )
    finally:
        neighbour.stop()
        assert hub.stop() == 0, hub.said()


def test_any_takes_turns_and_one_that_is_away_is_passed_over(tmp_path, clients):  # noqa: F811
    base, port, ports = free_port_base(), free_port(), (free_port(), free_port())
    one, two = (Neighbour(each) for each in ports)
    hub = hub_of(tmp_path, base, port, "off")
    try:
        client = clients(port)
        subscribe(client, "ANY", *(f"http://user:pass@127.0.0.1:{each}" for each in ports))
        start = time.time_ns() // SECOND_NS * SECOND_NS
        sent = [start - number * SECOND_NS for number in range(8)]
        for each in sent[:4]:
            write(client, [each])
            until("it came", lambda each=each: each in one.times | two.times)
        assert one.lines and two.lines
        two.stop()
        for each in sent[4:]:
            write(client, [each])
            until("it came", lambda each=each: each in one.times)
        assert one.times | two.times == set(sent)
        assert not one.faults and not two.faults
        assert one.requests[0][2]["Authorization"].startswith("Basic ")
        listed = hub.muster("forward", "list")
        assert "failing" in listed and "pass" not in listed
    finally:
        one.stop()
        assert hub.stop() == 0, hub.said()


def test_datagrams_go_out_and_come_in(tmp_path, clients):  # noqa: F811
    base, port, far, near = free_port_base(), free_port(), free_port(), free_port()
    there = Datagrams(far)
    hub = hub_of(tmp_path, base, port, "off", env={"MUSTER_INFLUX_UDP_PORT": str(near)})
    try:
        client = clients(port)
        ordered(client, "CREATE DATABASE udp")
        ordered(
            client, f"CREATE SUBSCRIPTION s ON udp.autogen DESTINATIONS ALL 'udp://127.0.0.1:{far}'"
        )
        start = time.time_ns() // SECOND_NS * SECOND_NS
        lines = [f"m v={number}i {start - number}" for number in range(3)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for line in lines:
                out.sendto(line.encode(), ("127.0.0.1", near))
        assert sorted(there.take(3)) == sorted(line.encode() for line in lines)
        findings = {each["step"]: each for each in hub.muster("doctor", "--json")}
        assert findings["sent on"]["ok"] is True
        assert "3 came, 3 points were written" in findings["datagrams"]["text"]
    finally:
        there.close()
        assert hub.stop() == 0, hub.said()


def test_what_agents_send_reaches_a_real_influxdb_that_is_killed_meanwhile(tmp_path, clients):  # noqa: F811
    influx = InfluxDB(tmp_path / "influxdb", free_port(), free_port())
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(
        f'[forward.real]\nurl = "http://127.0.0.1:{influx.port}"\ndatabase = "there"\n'
        f'[forward.load]\nurl = "http://127.0.0.1:{influx.port}/write"\ndatabase = "load"\n'
        'measurements = ["system*"]\ndatabases = ["muster"]\n'
    )
    influx.query("CREATE DATABASE there")
    influx.query("CREATE DATABASE load")
    port = free_port()
    hub = Hub(data, free_port_base(), "--influx-port", str(port), "--influx-auth", "off")
    try:
        count = "SELECT count(*) FROM /.*/"
        until("values of the agent came", lambda: influx.query(count, db="there"))
        influx.stop()
        client = clients(port)
        ordered(client, "CREATE DATABASE d")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        times = [start - number * SECOND_NS for number in range(1_000)]
        write(client, times)
        influx.start()

        def found():
            series = influx.query("SELECT count(v) FROM m", db="there")
            return series and series[0]["values"][0][1] == 1_000

        until("all points came", found)
        (series,) = influx.query("SELECT host, s, v FROM m ORDER BY time LIMIT 1", db="there")
        assert series["values"] == [[times[-1], f"h{times[-1] % 3}", "a b", 2.5]]
        kinds = influx.query("SHOW FIELD KEYS FROM m", db="there")[0]["values"]
        assert kinds == [["s", "string"], ["v", "float"]]
        names = {each[0] for each in influx.query("SHOW MEASUREMENTS", db="load")[0]["values"]}
        assert names and all(name.startswith("system") for name in names)
        assert all(
            not lane["queue"]["refused_points"] for lane in hub.muster("forward", "list", "--json")
        )
    finally:
        influx.stop()
        assert hub.stop() == 0, hub.said()


def test_a_real_victoriametrics_gets_lines_and_samples(tmp_path, clients):  # noqa: F811
    victoria = VictoriaMetrics(tmp_path / "victoria", free_port())
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(
        f'[forward.lines]\nurl = "http://127.0.0.1:{victoria.port}/write"\n'
        'measurements = ["lined"]\n'
        f'[forward.samples]\nurl = "http://127.0.0.1:{victoria.port}"\nformat = "prometheus"\n'
        'measurements = ["sampled"]\n'
    )
    port = free_port()
    hub = hub_of(tmp_path, free_port_base(), port, "off")
    try:
        client = clients(port)
        ordered(client, "CREATE DATABASE d")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        victoria.stop()
        for name in ("lined", "sampled"):
            write(client, [start - number * SECOND_NS for number in range(300)], name)
        victoria.start()
        wanted = {(2.5, start // 10**6 - number * 1_000) for number in range(300)}
        until("lines came", lambda: victoria.samples('lined_v{db="d"}') == wanted)
        until("samples came", lambda: victoria.samples('sampled_v{host=~"h."}') == wanted)
    finally:
        victoria.stop()
        assert hub.stop() == 0, hub.said()


def test_of_what_an_agent_sends_nothing_is_missing_after_the_hub_is_killed(tmp_path, clients):  # noqa: F811
    base, port, there = free_port_base(), free_port(), free_port()
    neighbour = Neighbour(there)
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(
        f'[forward.sim]\nurl = "http://127.0.0.1:{there}"\nnodes = ["*"]\n'
        'measurements = ["system"]\ndatabases = ["muster"]\npolicy = "autogen"\n'
    )
    hub = hub_of(tmp_path, base, port, "off")
    agent = None
    try:
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "agent", token).returncode == 0
        agent = Agent(tmp_path / "agent")
        for _ in range(3):
            before = len(neighbour.times)
            until(
                "the agent's values came", lambda before=before: len(neighbour.times) > before + 1
            )
            neighbour.stop()
            hub.stop(signal.SIGKILL)
            hub = hub_of(tmp_path, base, port, "off")
            neighbour.start()
        agent.stop()
        client = clients(port)
        text = client.ask("GET", "/query", q="SELECT * FROM system", db="muster", epoch="ns")[1]
        (series,) = json.loads(text)["results"][0]["series"]
        kept = {row[0] for row in series["values"]}
        until("all that the hub has came", lambda: kept <= neighbour.times)
        name, tags = neighbour.lines[0].split(" ")[0].split(",", 1)
        assert name == "system"
        assert [pair.split("=")[0] for pair in tags.split(",")] == ["host", "node"]
        assert not neighbour.faults
    finally:
        if agent is not None:
            agent.stop()
        neighbour.stop()
        assert hub.stop() == 0, hub.said()


def test_one_hub_sends_to_another_by_tls_with_a_token_lines_and_samples(tmp_path, clients):  # noqa: F811
    far_base, far = free_port_base(), free_port()
    other = hub_of(tmp_path / "other", far_base, far, "password")
    token = other.muster("user", "token", "create", "--json")["token"]
    (tmp_path / "token").write_text(f"Token {token}\n")
    (tmp_path / "token").chmod(0o600)
    shared = f'ca_file = "{other.data}/ca/root.pem"\ncredentials_file = "{tmp_path}/token"\n'
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(
        f'[forward.lines]\nurl = "https://127.0.0.1:{far}"\ndatabase = "sent"\n{shared}'
        f'[forward.samples]\nurl = "https://127.0.0.1:{far}"\nformat = "prometheus"\n{shared}'
    )
    port = free_port()
    hub = hub_of(tmp_path, free_port_base(), port, "off")
    try:
        context = ssl.create_default_context(cafile=f"{other.data}/ca/root.pem")
        there, client = clients(far, context), clients(port)
        signed = {"Authorization": f"Token {token}"}

        def asked(query, **more):
            status, text = there.ask("POST", "/query", None, signed, q=query, **more)
            assert status == 200, text
            return json.loads(text)["results"][0].get("series", [])

        asked("CREATE DATABASE sent")
        ordered(client, "CREATE DATABASE d")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        write(client, [start - number * SECOND_NS for number in range(100)])
        count = [{"name": "m", "columns": ["time", "count"], "values": [[ANY, 100]]}]
        until("lines came", lambda: asked("SELECT count(v) FROM m", db="sent") == count)
        samples = [{**count[0], "name": "m_v"}]
        find = "SELECT count(value) FROM m_v"
        until("samples came", lambda: asked(find, db="prometheus") == samples)
        lanes = hub.muster("forward", "list", "--json")
        assert token not in json.dumps(lanes) + hub.said()
        assert [lane["queue"]["refused_points"] for lane in lanes] == [0, 0]
    finally:
        assert hub.stop() == 0, hub.said()
        assert other.stop() == 0, other.said()

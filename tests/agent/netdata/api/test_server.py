"""The local API over a real socket: paths, keys, and what it does not answer."""

import asyncio
import contextlib
import json

import pytest
from feeding import Feed, cpu, disk, load

from muster.agent.netdata.api.server import LocalApi, make_api
from muster.agent.netdata.keeper import Keeper
from muster.agent.settings import NetdataApiSettings
from muster.clock import ManualClock
from muster.model.inventory import Facts
from muster.net.client import Target, request
from muster.net.proxy import ProxySetting


class NoHubs:
    def hasten(self):
        pass

    async def leave(self, name):
        pass

    def main_link(self):
        return None


@pytest.fixture
def port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
async def api(tmp_path, port):
    clock = ManualClock()
    keeper = Keeper(
        data=tmp_path,
        environment={},
        proxy=ProxySetting("none"),
        hubs=NoHubs(),
        clock=clock,
        hostname=lambda: "web-1",
    )
    facts = Facts(hostname="web-1", os="Debian", kernel="6.1", cores=2, memory_bytes=4096)
    api = make_api(
        settings=NetdataApiSettings(port=port),
        keeper=keeper,
        facts=facts,
        collectors=list,
        clock=clock,
    )
    feed = Feed(api._ring)
    for second in range(1, 4):
        feed(second, cpu(10.0 * second), load(1.0), disk("vda", second * 1024, 0))
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(api.run())
        await asyncio.sleep(0)
        await until_up(port)
        api.keeper = keeper
        yield api
        job.cancel()


async def until_up(port):
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.01)


@pytest.fixture
def get(api, port):
    async def get(path, method="GET", **headers):
        target = Target(host="127.0.0.1", port=port)
        return await request(target, method, path, headers=headers)

    return get


async def test_the_four_booleans_and_the_machine_are_in_info(get, api):
    told = (await get("/api/v1/info")).json()

    assert told["cloud-enabled"] is told["cloud-available"] is True
    assert told["agent-claimed"] is told["aclk-available"] is False
    assert told["uid"] == api.keeper.cloud.guid.read_text()
    assert told["mirrored_hosts_status"][0]["hostname"] == "web-1"
    assert (told["cores_total"], told["ram_total"]) == ("2", "4096")
    assert told["charts-count"] > 3


async def test_charts_and_one_chart_are_told_in_netdatas_keys(get):
    charts = (await get("/api/v1/charts")).json()
    one = (await get("/api/v1/chart?chart=system.cpu")).json()

    assert charts["charts"]["system.cpu"] == one
    assert charts["charts_count"] == len(charts["charts"])
    assert one["dimensions"]["user"] == {"name": "user"}
    assert one["title"] == "Total CPU utilization (system.cpu)"
    assert one["last_entry"] - one["first_entry"] == 2
    assert set(one) >= {"id", "name", "type", "family", "context", "units", "update_every"}
    assert next(iter(charts["charts"])) == "system.cpu"  # by priority


async def test_data_contexts_and_metrics(get):
    data = (await get("/api/v1/data?chart=system.cpu&after=-2&dimensions=user")).json()
    by_context = (await get("/api/v1/data?context=disk.io&after=-1")).json()
    contexts = (await get("/api/v1/contexts")).json()
    shell = (await get("/api/v1/allmetrics")).body.decode()
    prometheus = (await get("/api/v1/allmetrics?format=prometheus&types=yes")).body.decode()
    metrics = (await get("/api/v1/allmetrics?format=json")).json()

    assert [row[1] for row in data["data"]] == [30, 20]
    assert by_context["data"][0][1:] == [1, 0]
    assert contexts["contexts"]["system.cpu"]["collected"] is True
    assert (await get("/api/v1/context?context=system.cpu")).json()["units"] == "percentage"
    assert 'NETDATA_SYSTEM_CPU_USER="30"      # percentage\n' in shell
    assert "# TYPE netdata_system_cpu_percentage_average gauge\n" in prometheus
    assert metrics["system.cpu"]["dimensions"]["user"]["value"] == 30


async def test_there_are_no_alarms_here_and_the_link_is_told(get):
    assert (await get("/api/v1/alarms?all")).json()["alarms"] == {}
    assert (await get("/api/v1/aclk")).json()["online"] is False
    agents = (await get("/api/v3/info")).json()["agents"]
    assert agents[0]["cloud"]["status"] == "available"


async def test_this_machine_may_be_named_in_the_path_and_no_other(get):
    assert (await get("/host/web-1/api/v1/info")).status == 200
    assert (await get("/host/other/api/v1/info")).status == 404
    assert (await get("/api")).status == 404


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/api/v1/data", 400, "No chart or context is given."),
        ("/api/v1/data?chart=nope", 404, "No metrics where matched to query."),
        ("/api/v1/data?chart=system.cpu&after=x", 400, "after is no number: 'x'"),
        ("/api/v1/data?chart=system.cpu&format=html", 400, "format 'html' is not one of"),
        ("/api/v1/chart?chart=nope", 404, "Chart is not found: nope"),
        ("/api/v1/chart", 400, "No chart id"),
        ("/api/v1/context?context=nope", 404, "Context is not found: nope"),
        ("/api/v1/nothing", 404, "Unsupported v1 API command: nothing"),
        ("/api/v1/allmetrics?format=x", 400, "Which format?"),
        ("/api/v1/data?" + "a=1&" * 100, 400, "too many parameters"),
        ("/etc/passwd", 404, "File does not exist"),
        ("/api/v1/../../etc", 404, "Unsupported"),
    ],
)
async def test_what_is_not_there_is_told_as_the_original_tells_it(get, path, status, text):
    answer = await get(path)

    assert answer.status == status
    assert text in answer.body.decode()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_page_of_somebody_else_reads_nothing(get, port):
    for host in ("evil.example", "evil.example:80", f"127.0.0.1.evil.example:{port}", "["):
        answer = await get("/api/v1/info", Host=host)
        assert answer.status in (421, 400)
    for host in (f"localhost:{port}", "[::1]", "127.0.0.1"):
        assert (await get("/api/v1/info", Host=host)).status == 200
    assert "access-control-allow-origin" not in (await get("/api/v1/info")).headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_it_is_only_read(get, method):
    assert (await get("/api/v1/info", method)).status == 405


async def test_a_head_has_no_body(port, api):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"HEAD /api/v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n")
    said = await reader.read()
    writer.close()

    assert said.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_and_the_next_one_is_answered(get, port, sent):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(sent)
        await writer.drain()
        said = await reader.read()
        assert said[:12] in (b"HTTP/1.1 400", b"")
    writer.close()

    assert (await get("/api/v1/info")).status == 200


async def test_a_port_that_is_taken_does_not_end_the_agent(api, port, caplog):
    second = LocalApi(port, api._ring, api._pages, api._ownership)
    await second.run()

    assert "the local API cannot listen" in caplog.text


async def test_the_ring_has_the_history_that_is_set_within_bounds(api):
    from datetime import timedelta

    for history, seconds in ((timedelta(minutes=2), 120), (timedelta(seconds=1), 60)):
        made = make_api(
            settings=NetdataApiSettings(port=1, history=history),
            keeper=api.keeper,
            facts=Facts(),
            collectors=list,
            clock=ManualClock(),
        )
        assert made._ring.history_s == seconds


async def test_every_answer_is_json_that_a_strict_reader_takes(get):
    for path in ("info", "charts", "contexts", "alarms", "aclk", "data?chart=system.io&points=7"):
        json.loads((await get(f"/api/v1/{path}")).body, parse_constant=lambda name: 1 / 0)

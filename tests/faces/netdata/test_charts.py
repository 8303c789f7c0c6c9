"""Values of contexts: how they are asked for, read in both forms, and shared."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from agentdesk import MACHINE, NODE, Desk, FakeReach

from muster.clock import SECOND_NS
from muster.errors import NotFound, Unavailable
from muster.faces.netdata.charts import Charts, ask_chart, ask_numbers
from muster.faces.netdata.chartwords import ChartData, Wanted
from muster.faces.netdata.queries import BadAnswer
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.quirks import V2_10
from muster.testing.netdata.webapi import WebApi
from muster.wire.netdata.messages import ContextUpdated

CPU = Wanted(context="system.cpu", after=-3, points=3)
JSON2 = {
    "api": 2,
    "result": {
        "labels": ["time", "user", "system"],
        "point": {"value": 0, "arp": 1, "pa": 2},
        "data": [
            [103, [3, 0, 0], [None, 0, 1]],
            [102, [2.5, 0, 0], [1, 0, 0]],
            [101, [1, 0, 0], [0, 0, 0]],
        ],
    },
    "view": {"update_every": 1, "title": "CPU"},
}
WRAPPED = {
    "view_update_every": 2,
    "result": {
        "labels": ["time", "in", "out", "in"],
        "data": [[104, 1.0, 5, 3.0], [102, None, None, 2]],
    },
}


async def test_an_agent_that_folds_instances_is_asked_for_one_node_and_context():
    desk = Desk()
    desk.answers = JSON2
    data = await ask_numbers(FakeReach(desk), CPU)

    asked = urlsplit(desk.asked[0].target)
    wanted = {name: text for name, (text,) in parse_qs(asked.query).items()}
    assert asked.path == "/api/v2/data"
    assert wanted == {
        "scope_nodes": MACHINE,
        "scope_contexts": "system.cpu",
        "after": "-3",
        "before": "0",
        "points": "3",
        "group_by": "dimension",
        "aggregation": "sum",
        "time_group": "average",
        "format": "csvjsonarray",
        "options": "jsonwrap,minify,minimal-stats,seconds",
    }
    assert dict(desk.asked[0].headers)["x-netdata-role"] == "observer"
    assert data == ChartData(
        labels=["user", "system"],
        times=[101, 102, 103],
        values=[[1, 2.5, 3], [0, 1, None]],
        update_every_s=1,
    )


async def test_the_labels_of_a_table_may_be_its_first_row():
    desk = Desk()
    rows = [["time", "user", "system"], [103, 3, None], [102, 2.5, 1]]
    desk.answers = {"result": rows, "view": {"update_every": 2}}

    assert await ask_numbers(FakeReach(desk), CPU) == ChartData(
        labels=["user", "system"], times=[102, 103], values=[[2.5, 3], [1, None]], update_every_s=2
    )


async def test_shares_are_averaged_and_instances_kept_apart_where_that_is_wanted():
    desk = Desk()
    desk.answers = JSON2
    wanted = Wanted(
        context="cpu.cpu",
        after=100,
        before=200,
        points=10,
        dimensions=("user", "a b"),
        is_share=True,
        by_instance=True,
    )
    await ask_numbers(FakeReach(desk), wanted)

    query = parse_qs(urlsplit(desk.asked[0].target).query)
    assert query["aggregation"] == ["avg"]
    assert query["group_by"] == ["dimension,instance"]
    assert query["dimensions"] == ["user|a b"]
    assert query["format"] == ["json2"]  # in the other, labels of instances are not the machine's


async def test_an_older_agents_dimensions_of_the_same_name_are_added_up():
    desk = Desk()
    desk.answers = WRAPPED
    data = await ask_numbers(FakeReach(desk, capabilities={"ctx": 1}), CPU)

    assert desk.asked[0].target.startswith(f"/node/{NODE}/api/v1/data?")
    assert data == ChartData(
        labels=["in", "out"],
        times=[102, 104],
        values=[[2, 4], [None, 5]],
        update_every_s=2,
    )


async def test_or_averaged_where_they_are_shares():
    desk = Desk()
    desk.answers = WRAPPED
    wanted = Wanted(context="c", after=-3, points=3, is_share=True)
    data = await ask_numbers(FakeReach(desk, capabilities={}), wanted)

    assert data.values[0] == [2, 2]


async def test_an_instances_label_does_not_repeat_the_machine():
    desk = Desk()
    table = {"labels": ["time", f"reads,disk.sda@{MACHINE}"], "data": [[1, [2, 0, 0]]]}
    desk.answers = {"result": table}

    assert (await ask_numbers(FakeReach(desk), CPU)).labels == ["reads,disk.sda"]


async def test_milliseconds_are_told_from_seconds():
    desk = Desk()
    desk.answers = {"result": {"labels": ["time", "a"], "data": [[1_800_000_000_000, [1]]]}}

    assert (await ask_numbers(FakeReach(desk), CPU)).times == [1_800_000_000]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"result": {"labels": ["time", "a"], "data": [[1]]}},
        {"result": {"labels": ["time"], "data": [[None]]}},
        {"result": {"labels": ["time", "a"], "data": [[[1], [1]]]}},
        {"result": {"labels": ["time", "a"], "data": [[1, 1e999]]}},
        {"result": {"labels": ["time", "a"], "data": [[1, []]]}},
        {"result": {"labels": ["time", "a"], "data": [[1, "x"]]}},
        b"not JSON",
    ],
)
async def test_a_table_that_is_none_is_a_bad_answer(body):
    desk = Desk()
    desk.answers = body
    with pytest.raises(BadAnswer):
        await ask_numbers(FakeReach(desk), CPU)


async def test_values_go_on_as_the_agent_wrote_them():
    desk = Desk()
    desk.answers = b'{"result":{"labels":["time","a"],"data":[[2,1.50],\n [1,null]]},"view":{}}'
    chart = await ask_chart(FakeReach(desk), CPU)

    assert msgspec.json.encode(chart) == (
        b'{"labels":["a"],"times":[1,2],"values":[[null,1.50]],"update_every_s":1}'
    )


async def test_a_table_without_anything_in_it_is_an_empty_one():
    desk = Desk()
    desk.answers = {"result": {"labels": [], "data": []}}

    assert (await ask_numbers(FakeReach(desk), CPU)).labels == []


async def test_what_the_agent_does_not_know_is_not_found():
    desk = Desk()
    desk.answers = (404, b"No metrics where matched to query.")
    with pytest.raises(NotFound, match="No metrics where matched to query"):
        await ask_numbers(FakeReach(desk), CPU)


async def test_all_who_look_at_a_chart_in_the_same_moment_cost_one_question():
    desk = Desk()
    desk.answers = JSON2
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)
    together = await asyncio.gather(*(charts.data(reach, CPU) for _ in range(5)))
    later = await charts.data(reach, CPU)
    assert len(desk.asked) == 1
    assert all(each is later for each in together)

    desk.clock.advance(1)
    await charts.data(reach, CPU)
    assert len(desk.asked) == 2
    charts.forget(NODE)
    await charts.data(reach, CPU)
    assert len(desk.asked) == 3


async def test_what_is_remembered_for_a_moment_is_bounded():
    desk = Desk()
    desk.answers = JSON2
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)
    for after in range(600):
        await charts.data(reach, Wanted(context="a", after=-after, points=1))

    assert len(charts._fresh) <= 512


async def test_a_node_whose_agent_is_away_is_unavailable():
    with pytest.raises(Unavailable, match="not connected"):
        await Charts(clock=Desk().clock).data(FakeReach(None), CPU)


def test_whether_a_context_is_of_shares_follows_the_nodes_contexts():
    charts = Charts(clock=Desk().clock)
    reach = FakeReach(None, known=[ContextUpdated(id="system.cpu", units="percentage")])
    assert charts.is_share(reach, "system.cpu")
    assert not charts.is_share(reach, "disk.io")
    reach.known = [ContextUpdated(id="disk.io", units="%")]
    assert not charts.is_share(reach, "disk.io")
    reach.contexts_version = 2

    assert charts.is_share(reach, "disk.io")


@pytest.mark.parametrize("capabilities", [{"http_api_v2": 7}, {}])
async def test_a_simulated_agent_is_understood_in_both_forms(capabilities):
    desk = Desk()
    now_s = desk.clock.now_ns() // SECOND_NS
    machine = make_machine(MACHINE, "web-1", now_s=now_s)
    machine.own.node_id = NODE
    api = WebApi(machine, V2_10, lambda: now_s)

    def answer(target):
        response = api.answer(target, {})
        return response.status, response.body

    desk.answers = answer
    reach = FakeReach(desk, capabilities=capabilities)
    wanted = Wanted(context="system.cpu", after=-3, points=3, dimensions=("user", "system"))
    data = await ask_numbers(reach, wanted)

    cpu = machine.own.chart("system.cpu")
    assert data.labels == ["user", "system"]
    assert data.times == [now_s - 2, now_s - 1, now_s]
    assert data.values[0] == [pytest.approx(cpu.value("user", at)) for at in data.times]
    with pytest.raises(NotFound):
        await ask_numbers(reach, Wanted(context="none", after=-3, points=3))


async def test_a_simulated_agents_instances_are_told_apart():
    desk = Desk()
    now_s = desk.clock.now_ns() // SECOND_NS
    api = WebApi(make_machine(MACHINE, "web-1", now_s=now_s), V2_10, lambda: now_s)
    desk.answers = lambda target: api.answer(target, {}).body
    wanted = Wanted(context="disk.space", after=-3, points=3, by_instance=True)

    labels = (await ask_numbers(FakeReach(desk), wanted)).labels
    assert labels[0] == "avail,disk_space./"
    assert len(labels) == 6


def single(rows, instances=1):
    """An agent's answers in both forms."""

    def answer(target):
        if "/api/v1/data?" in target:
            return rows
        summary = {"instances": [{}] * instances}
        return {"result": JSON2["result"], "summary": summary, "db": {"update_every": 1}}

    return answer


def paths(desk):
    return [urlsplit(each.target).path for each in desk.asked]


WHOLE, SHORT = "/api/v2/data", f"/node/{NODE}/api/v1/data"
ROWS = [["time", "user", "system"], [103, 3, None], [102, 2.5, 1]]


async def test_of_one_instance_rows_alone_are_asked_for_next_time():
    desk = Desk()
    desk.answers = single(ROWS)
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)
    await charts.data(reach, CPU)
    later = await charts.data(reach, Wanted(context="system.cpu", after=-2, points=2))

    assert paths(desk) == [WHOLE, SHORT]
    assert (later.labels, later.times, later.update_every_s) == (["user", "system"], [102, 103], 1)


async def test_several_instances_are_folded_by_the_agent_each_time():
    desk = Desk()
    desk.answers = single(ROWS, instances=2)
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)
    await charts.data(reach, CPU)
    await charts.data(reach, Wanted(context="system.cpu", after=-2, points=2))

    assert paths(desk) == [WHOLE, WHOLE]


@pytest.mark.parametrize(
    "rows",
    [
        [["time", "user", "user"], [103, 3, 4], [102, 2, 1]],  # there is a second one now
        [["time", "user"], [103, 3]],
        (404, b"No metrics where matched to query."),
    ],
)
@pytest.mark.parametrize("is_told", [False, True])
async def test_where_rows_alone_would_not_do_the_whole_is_asked_from_then_on(rows, is_told):
    desk = Desk()
    desk.answers = single(rows)
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)

    async def ask(after):
        wanted = Wanted(context="system.cpu", after=after, points=3)
        if not is_told:
            return await charts.data(reach, wanted)
        told = asyncio.get_running_loop().create_future()
        charts.ask(reach, wanted, told.set_result, 5)
        found = await told
        return await found if asyncio.iscoroutine(found) else found

    for after in (-3, -4, -5):
        assert (await ask(after)).times == [101, 102, 103]

    assert paths(desk) == [WHOLE, SHORT, WHOLE, WHOLE]


async def test_an_agent_that_is_too_busy_for_rows_is_not_asked_for_more():
    desk = Desk()
    desk.answers = single((503, b"busy"))
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)
    await charts.data(reach, CPU)
    with pytest.raises(Unavailable, match="busy"):
        await charts.data(reach, Wanted(context="system.cpu", after=-4, points=3))

    assert paths(desk) == [WHOLE, SHORT]


async def test_a_simulated_agents_rows_are_those_of_its_whole_answer():
    desk = Desk()
    now_s = desk.clock.now_ns() // SECOND_NS
    machine = make_machine(MACHINE, "web-1", now_s=now_s)
    machine.own.node_id = NODE
    api = WebApi(machine, V2_10, lambda: now_s)
    desk.answers = lambda target: api.answer(target, {}).body
    charts, reach = Charts(clock=desk.clock), FakeReach(desk)
    wanted = Wanted(context="system.cpu", after=-30, points=10)
    whole = await charts.data(reach, wanted)
    desk.clock.advance(1)
    rows = await charts.data(reach, wanted)

    assert paths(desk) == [WHOLE, SHORT]
    assert msgspec.json.encode(rows) == msgspec.json.encode(whole)

"""The three dashboards of the home stack, on points as Telegraf and our agent make them.

Every query of the built-in dashboards, and of the originals as they are written in Grafana (raw and
from its builder), is answered by a hub.
Source: specification, section 12
"""

from dataclasses import replace
from pathlib import Path

import pytest

from muster.core.databases.databasenames import Defaults
from muster.model.dashboard import PanelKind
from muster.model.identity import Identity
from muster.model.metric import Batch, Kind, Layout, Series
from muster.store.dashboardfiles import BUILT_IN
from muster.testing.cohorts import block_of
from muster.testing.dashboardhouse import DATABASE, DashboardHouse
from muster.testing.homestack import HOSTS, PAGES, PINGS, lines
from muster.wire.dashboardfile import parse_dashboard

BOARDS = {
    path.stem: parse_dashboard(path.read_text(), path.name)
    for path in sorted(BUILT_IN.glob("*.toml"))
}
CHOSEN = {
    "few-systems": {"host": ("alder",)},
    "internet": {"url": PINGS, "server": PAGES},
    "smart": {"host": ("alder",), "device": ("sda",)},
}
PANELS = [
    (name, panel.id)
    for name, board in BOARDS.items()
    for panel in board.panels
    if panel.kind is not PanelKind.TEXT
]

# As Grafana has them: what is put in by it stands as it does there.
GRAFANA = Path(__file__).parents[1] / "golden" / "grafana"
ORIGINALS = (GRAFANA / "originals.txt").read_text().splitlines()


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        await house.write(DATABASE, lines(house.clock.now_ns()))
        yield house


async def ask(house, name, *ids, **variables):
    board = BOARDS[name]
    asking = house.last(3, 600, **{**CHOSEN[name], **variables})
    return [await house.panel_queries.answer(asking, board.panel(id).queries) for id in ids]


async def columns(house, name, id, **variables):
    """Label to last value that is there, of all queries of a panel."""
    (answer,) = await ask(house, name, id, **variables)
    assert [each.error for each in answer.answers] == [""] * len(answer.answers)
    found = {}
    for one in answer.answers:
        for series in one.series:
            for column in series.columns:
                known = [value for value in column.values if value is not None]
                found[column.label] = known[-1] if known else None
    return found


async def test_every_query_of_every_panel_has_an_answer(house):
    for name, id in PANELS:
        (answer,) = await ask(house, name, id)
        for one in answer.answers:
            assert one.error == "", (name, id)
            assert one.series, (name, id, one.text)


async def test_every_query_of_the_original_dashboards_has_an_answer(house):
    asking = house.last(3, 600, host=HOSTS, device=("sda", "sdb"))
    found = await house.panel(asking, *ORIGINALS[:20])
    more = await house.panel(asking, *ORIGINALS[20:])

    for one in (*found.answers, *more.answers):
        assert one.error == ""
        assert one.series, one.text


async def test_tiles_of_few_systems_show_the_machine(house):
    assert await columns(house, "few-systems", "uptime") == {"last": 3600 + 60 * 179}
    assert await columns(house, "few-systems", "memory-total") == {"last": 8 << 30}
    assert await columns(house, "few-systems", "swap-total") == {"last": 2 << 30}
    assert await columns(house, "few-systems", "load") == {"last": 0.5 + 179 / 100}
    memory = await columns(house, "few-systems", "memory-used")
    assert memory == {"memlast": 4 << 30, "memtotal": 8 << 30}
    swap = await columns(house, "few-systems", "swap-used")
    assert swap == {"memlast": 1 << 30, "memtotal": 2 << 30}
    assert await columns(house, "few-systems", "ups") == {
        "time_left": 600 * 10**9,
        "on_battery": 0,
    }
    assert await columns(house, "few-systems", "containers") == {"last": 3}


async def test_processors_and_usage_have_their_names(house):
    cores = await columns(house, "few-systems", "cores")
    usage = await columns(house, "few-systems", "usage")

    assert set(cores) == {"cpu0", "cpu1"}
    assert list(usage) == ["CPU", "RAM", "SWAP", "GPU", "DISKFILL"]
    assert usage["DISKFILL"] == 96.0


async def test_a_machine_without_ups_has_an_empty_tile(house):
    assert await columns(house, "few-systems", "ups", host=("birch",)) == {}
    assert await columns(house, "few-systems", "containers", host=("birch",)) == {}


async def test_tables_have_a_row_for_each_path_and_interface(house):
    disks, network = await ask(house, "few-systems", "disks", "network")
    (paths,), (interfaces,) = disks.answers, network.answers

    assert [series.tags for series in paths.series] == [{"path": "/"}, {"path": "/home"}]
    assert [series.tags for series in interfaces.series] == [{"interface": "eth0"}]
    names = [column.name for column in interfaces.series[0].columns]
    assert names == ["rx", "tx", "err+drop"]
    assert interfaces.series[0].columns[2].values == [10]


async def test_failures_of_the_internet_are_counted_and_listed(house):
    content, losses, failures, outages = await ask(
        house, "internet", "content", "losses", "failures", "outages"
    )

    counts = [one.series[0].columns[0] for one in content.answers]
    assert [(each.label, each.values) for each in counts] == [
        ("match", [358]),
        ("mismatch", [2]),
    ]
    lost = {s.tags["url"]: s.columns[0].values for s in losses.answers[0].series}
    assert lost == {"8.8.4.4": [1], "www.example.com": [2]}
    failed = {s.tags["server"]: s.columns[0].values for s in failures.answers[0].series}
    assert failed == {PAGES[1]: [2]}
    pings, pages = outages.answers
    assert [series.tags["url"] for series in pings.series] == ["www.example.com"]
    assert len(pages.series[0].times) == 2


async def test_names_are_told_by_who_was_asked_for_what(house):
    assert list(await columns(house, "internet", "dns")) == ["example.com at 9.9.9.9"]


async def test_attributes_of_a_disk_and_what_changed(house):
    changes = await columns(house, "smart", "changes")
    attributes, devices = await ask(house, "smart", "attributes", "devices")

    assert changes == {"Power_On_Hours": 0.0, "Reallocated_Sector_Ct": 1.0}
    assert len(attributes.answers[0].series) == 2
    (sectors,) = (await ask(house, "smart", "reallocated"))[0].answers
    assert [each.columns[0].values for each in sectors.series] == [[2]]
    healthy = devices.answers[0].series[0].columns[0]
    assert (healthy.name, healthy.kind, healthy.values) == ("healthy", "boolean", [True])


async def test_a_day_on_which_a_disk_was_not_asked_is_no_row_of_its_attributes(house):
    asking = house.last(7 * 24, 600, **CHOSEN["smart"])
    answer = await house.panel_queries.answer(asking, BOARDS["smart"].panel("attributes").queries)

    columns = [series.columns for series in answer.answers[0].series]
    assert [len(each) for each in columns] == [2, 2]
    assert all(None not in column.values for each in columns for column in each)


@pytest.mark.parametrize(
    ("name", "variable", "others", "values"),
    [
        ("few-systems", "host", {}, list(HOSTS)),
        ("internet", "url", {}, list(PINGS)),
        ("internet", "server", {}, list(PAGES)),
        ("smart", "host", {}, list(HOSTS)),
        ("smart", "device", {"host": ("birch",)}, ["sda", "sdb"]),
        ("smart", "device", {"host": ("cedar",)}, []),
    ],
)
async def test_variables_offer_what_there_is(house, name, variable, others, values):
    asked = BOARDS[name].variable(variable)
    found = await house.values.of(house.login.actor, house.last(3, 1, **others), asked)

    assert sorted(each.value for each in found.values) == sorted(values)


async def test_what_our_own_agent_sends_is_shown_alike(house):
    """A query that names no database is of what agents send."""
    layout = Layout(
        (
            Series("system", (), "uptime", Kind.INTEGER),
            Series("cpu", (("cpu", "cpu-total"),), "usage_idle", Kind.FLOAT),
        )
    )
    block = block_of(layout, {house.clock.now_ns() - 10**9: (77, 25.0)})
    identity = Identity("h", house.space.id, "0c0c0c0c-0000-4000-8000-000000000000")
    await house.ingest.accept(identity, "cedar", Batch("e", 1, (block,)))
    asking = replace(house.last(3, 600, host=("cedar",)), defaults=Defaults())
    board = BOARDS["few-systems"]

    hosts = await house.values.of(house.login.actor, asking, board.variable("host"))
    uptime = await house.panel_queries.answer(asking, board.panel("uptime").queries)
    usage = await house.panel_queries.answer(asking, board.panel("usage").queries)

    assert [each.value for each in hosts.values] == ["cedar"]
    assert uptime.answers[0].series[0].columns[0].values == [77]
    known = [value for value in usage.answers[0].series[0].columns[0].values if value]
    assert known == [75.0]


async def test_what_telegraf_writes_is_shown_by_the_built_in_dashboards_without_a_setting(house):
    """Connect's Telegraf writes to the database `telegraf`, which the hub's own shows too."""
    await house.databases.create(house.login, "telegraf")
    await house.write("telegraf", lines(house.clock.now_ns()))
    for name, id in PANELS:
        board = BOARDS[name]
        asking = replace(house.last(3, 600, **CHOSEN[name]), defaults=Defaults())
        answer = await house.panel_queries.answer(asking, board.panel(id).queries)
        for one in answer.answers:
            assert (one.error, bool(one.series)) == ("", True), (name, id)
    asking = replace(house.last(), defaults=Defaults())
    asked = await house.panel(asking, "SHOW MEASUREMENTS; SHOW TAG KEYS FROM mem")
    measurements, keys = asked.answers[0].series

    assert {"mem", "ping", "smart_attribute"} <= set(measurements.columns[0].values)
    assert keys.columns[0].values == ["host"]


async def test_other_databases_stay_apart_from_the_hubs_own(house):
    asking = replace(house.last(), defaults=Defaults())
    (answer,) = (await house.panel(asking, "SHOW MEASUREMENTS")).answers

    assert answer.series == []

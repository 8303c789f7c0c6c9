"""Our agent's local API beside that of a distribution's netdata, on one machine at one time.

Needs a `netdata` in the path (Debian's package of that name, 1.37); skipped without one.
"""

import json
import re
import shutil
import urllib.error
import urllib.request

import pytest
from netdatareal import Netdata
from processes import Process, free_port_base, until

pytestmark = pytest.mark.scenario
WARM_S = 10  # of values, before they are compared
# What theirs tells and ours does not read of the machine.
LESS = {"mem.kernel", "mem.writeback"} | {"net_packets", "disk_inodes", "disk_space"}
# Tools find charts and their parts by these.
SAME = ("id", "name", "type", "context", "title", "units", "chart_type", "plugin", "module")
INFO = ("version", "uid", "mirrored_hosts", "alarms", "os_name", "os_version", "cores_total",
        "ram_total", "kernel_name", "kernel_version", "architecture", "host_labels", "collectors",
        "cloud-enabled", "cloud-available", "agent-claimed", "aclk-available", "memory-mode",
        "hosts-available", "charts-count", "metrics-count")  # fmt: skip


class Ours:
    """Our agent without a hub, for its API alone."""

    def __init__(self, folder):
        self.port = free_port_base()
        words = ("--data", str(folder), "--netdata-api", str(self.port))
        self.process = Process("agent", "run", *words)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(ours, theirs): each has measured for a while."""
    binary = shutil.which("netdata")
    if binary is None:
        pytest.skip("no netdata in the path: the local API is compared with nothing")
    folder = tmp_path_factory.mktemp("api")
    theirs, ours = Netdata(folder / "nd", "theirs", binary=binary), Ours(folder / "ours")
    try:
        theirs.start()
        for each in (ours, theirs):
            until("it has measured", lambda each=each: _measured(each))
        yield ours, theirs
    finally:
        theirs.stop()
        assert ours.process.stop() == 0, ours.process.said()


def _measured(agent):
    try:
        status, text = agent.get("/api/v1/data?chart=system.load&after=-60&points=60")
    except OSError:  # not up yet, or nothing is there of this chart
        return False
    times = [row[0] for row in json.loads(text)["data"]] if status == 200 else []
    return times and max(times) - min(times) >= WARM_S


def ask(agent, path):
    status, text = agent.get(f"/api/v1/{path}")
    assert status == 200, text
    return text


def ask_json(agent, path):
    return json.loads(ask(agent, path))


def shared_charts(both):
    ours, theirs = (ask_json(each, "charts")["charts"] for each in both)
    return [(ours[name], theirs[name]) for name in ours if name in theirs]


def test_charts_that_both_have_are_the_same_to_a_tool(both):
    shared = shared_charts(both)
    names = {mine["id"] for mine, _ in shared}

    assert {"system.cpu", "system.load", "system.ram", "system.uptime", "cpu.cpu0"} <= names
    for mine, their in shared:
        assert mine.keys() == their.keys()
        assert {key: mine[key] for key in SAME} == {key: their[key] for key in SAME}
        parts = [each for each in their["dimensions"] if each in mine["dimensions"]]
        assert list(mine["dimensions"]) == parts
        if mine["id"].partition(".")[0] not in LESS and mine["id"] not in LESS:
            assert mine["dimensions"] == their["dimensions"]


def test_the_list_of_charts_and_of_contexts_has_their_keys(both):
    ours, theirs = (ask_json(each, "charts") for each in both)
    mine, their = (ask_json(each, "contexts") for each in both)

    assert ours.keys() == theirs.keys()
    assert mine.keys() == their.keys()
    assert mine["contexts"]["system.cpu"].keys() == their["contexts"]["system.cpu"].keys()


def test_info_has_the_keys_that_tools_read_in_their_types(both):
    ours, theirs = (ask_json(each, "info") for each in both)

    assert set(INFO) <= ours.keys() <= theirs.keys()
    for key in ours:
        if theirs[key] is not None:
            assert type(ours[key]) is type(theirs[key]), key
    for key in ("cores_total", "ram_total", "kernel_name", "kernel_version", "architecture"):
        assert ours[key] == theirs[key]


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "array"])
def test_values_come_in_the_same_lay_out(both, form):
    path = f"data?chart=system.cpu&after=-5&points=5&format={form}"
    ours, theirs = (_shape(ask(each, path)) for each in both)

    assert ours == theirs


@pytest.mark.parametrize(
    ("chart", "span", "close"),
    [("system.uptime", 1, 0.0), ("system.load", 1, 0.0), ("system.ram", 1, 0.1)],
)
def test_values_of_the_same_moment_are_alike(both, chart, span, close):
    """Loads are read every five seconds there and every second here; memory moves between reads."""
    path = f"data?chart={chart}&after=-{WARM_S}&points={WARM_S // span}"
    mine, their = (_rows(ask_json(each, path)) for each in both)
    now = max(mine)
    if chart == "system.uptime":
        ages = [(at - row["uptime"]) for rows in (mine, their) for at, row in rows.items()]
        assert max(ages) - min(ages) < 3
    elif chart == "system.load":
        assert any(row == pytest.approx(their[max(their)], abs=0.011) for row in mine.values())
    else:
        total = sum(mine[now].values())
        assert total == pytest.approx(sum(their[max(their)].values()), rel=0.001)
        for name, value in their[max(their)].items():
            assert mine[now][name] == pytest.approx(value, abs=close * total)


def test_all_metrics_have_the_same_names(both):
    shared = {mine["id"] for mine, _ in shared_charts(both)} - LESS
    mine = _series(ask(both[0], "allmetrics?format=prometheus"))
    wanted = {line for line in mine if _chart_of(line) in shared}
    # Theirs leaves out what was not read since it was asked last.
    told = set()

    def theirs_told_all():
        told.update(_series(ask(both[1], "allmetrics?format=prometheus")))
        return wanted <= told

    until("theirs has told the same", theirs_told_all)

    shell_ours, shell_theirs = (ask(each, "allmetrics?format=shell") for each in both)
    names = re.findall(r"^(NETDATA_SYSTEM_(?:CPU|LOAD|RAM)_\w+)=", shell_ours, re.MULTILINE)
    assert len(names) > 10
    assert all(f"\n{name}=" in shell_theirs for name in names)

    mine, their = (ask_json(each, "allmetrics?format=json")["system.load"] for each in both)
    assert mine.keys() == their.keys()
    assert mine["dimensions"].keys() == their["dimensions"].keys()


def test_alarms_have_the_same_frame_and_what_is_not_there_the_same_words(both):
    mine, their = (ask_json(each, "alarms") for each in both)
    assert mine.keys() == their.keys()

    for path in ("data?chart=nothing", "chart?chart=nothing", "nothing"):
        answers = []
        for each in both:
            try:
                answers += [each.get(f"/api/v1/{path}")[0]]
            except urllib.error.HTTPError as error:
                with error:
                    answers += [error.code]
        assert answers[0] == answers[1], path


def _shape(text):
    """Without numbers and blanks."""
    return re.sub(r"-?\d[\d.:\- ]*", "#", re.sub(r"[ \r\n]+", "", text))


def _rows(table):
    names = table["labels"][1:]
    rows = {row[0]: dict(zip(names, row[1:], strict=True)) for row in table["data"]}
    return {at: row for at, row in rows.items() if None not in row.values()}


def _series(text):
    """Names with their labels, without values and times."""
    return {re.sub(r',family="[^"]*"', "", line.rpartition("}")[0])
            for line in text.splitlines() if "}" in line}  # fmt: skip


def _chart_of(series):
    found = re.search(r'chart="([^"]*)"', series)
    return found[1] if found else ""

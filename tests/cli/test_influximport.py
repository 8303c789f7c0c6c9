"""The course of an import, with a source in memory."""

import json
import re

import pytest

from muster.cli.influximport import (
    InfluxImport,
    Policy,
    State,
    StateFile,
    Wish,
    Written,
    bodies,
)
from muster.clock import DAY_NS, ManualClock
from muster.errors import InputError, LimitExceeded, NotFound, ProtocolError, Unavailable
from muster.wire.influxrows import RowSeries

SELECT = re.compile(r"SELECT .* FROM d.autogen.(\w+) WHERE time >= (\S+) AND time < (\S+)")
EDGE = re.compile(r"SELECT \* FROM d.autogen.(\w+)(?: WHERE time >= (-?\d+))? ORDER BY time (\w+)")


class Source:
    """Points of measurements: {name: [times]}; `faults` are raised by the next selects."""

    def __init__(self, points):
        self.points = points
        self.asked = []
        self.faults = []
        self.most = 10**9

    def ask(self, query, database=""):
        self.asked.append(query)
        match query.split():
            case ["SHOW", "DATABASES"]:
                return [RowSeries(columns=["name"], values=[["d"]])]
            case ["SHOW", "RETENTION", "POLICIES", *_]:
                names = ["name", "duration", "shardGroupDuration", "replicaN", "default"]
                return [RowSeries(columns=names, values=[["autogen", "0s", "168h0m0s", 1, True]])]
            case ["SHOW", "MEASUREMENTS", *_]:
                return [RowSeries(columns=["name"], values=[[name] for name in self.points])]
            case ["SHOW", "FIELD", *_]:
                kinds = [["v", "integer"], ["w", "float"], ["w", "string"]]
                return [RowSeries(columns=["fieldKey", "fieldType"], values=kinds)]
            case ["SHOW", "CONTINUOUS", *_]:
                return [RowSeries(columns=["name", "query"], name="d", values=[["c", "q"]])]
            case ["SHOW", "SUBSCRIPTIONS"]:
                raise InputError("not allowed")
        if edge := EDGE.match(query):
            name, since, order = edge.groups()
            times = [each for each in self.points[name] if each >= int(since or -(1 << 63))]
            pick = min if order == "ASC" else max
            return [RowSeries(columns=["time"], values=[[pick(times)]])] if times else []
        if self.faults:
            raise self.faults.pop(0)
        name, start, end = SELECT.match(query).groups()
        times = [each for each in self.points[name] if int(start) <= each < int(end)]
        if len(times) > self.most:
            raise ProtocolError("the answer is longer")
        rows = [[each, 1] for each in times]
        return [RowSeries(columns=["time", "v"], name=name, values=rows, tags={"t": "a"})]


class Target:
    def __init__(self):
        self.policies = []
        self.lines = []
        self.faults = []

    def prepare(self, policies):
        self.policies = list(policies)

    def write(self, policy, body):
        if self.faults:
            raise self.faults.pop(0)
        lines = body.decode().split("\n")
        self.lines += lines
        return Written(len(lines), 0)


class Bench:
    def __init__(self, tmp_path, points):
        self.source, self.target = Source(points), Target()
        self.path = tmp_path / "folder" / "state.json"
        self.slept, self.told = [], []

    def run(self, **wish):
        fresh = State(source="there:8086", database="d", into="here")
        return InfluxImport(
            source=self.source,
            target=self.target,
            wish=Wish(**{"database": "d", "since_ns": -(1 << 63), **wish}),
            file=StateFile(self.path, fresh),
            clock=ManualClock(),
            sleep=self.slept.append,
            tell=self.told.append,
        ).run()

    @property
    def times(self):
        return [int(line.rsplit(" ", 1)[1]) for line in self.target.lines]


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, {"m": [number * DAY_NS for number in range(50)], "empty": []})


def test_all_points_are_brought_once_in_windows_that_grow(bench):
    report = bench.run()

    assert bench.times == bench.source.points["m"]
    assert bench.target.lines[0] == "m,t=a v=1i 0"
    assert bench.target.policies == [
        Policy(name="autogen", duration_ns=0, shard_ns=7 * DAY_NS, default=True)
    ]
    assert (report.points, report.refused, report.policies) == (50, 0, ["autogen"])
    assert report.several_kinds == ["m.w"]
    assert report.not_brought == {"continuous queries": 1}
    assert sum(query.startswith("SELECT *::field") for query in bench.source.asked) == 6


def test_what_was_interrupted_goes_on_at_its_last_window(bench):
    bench.source.faults = []
    bench.target.faults = [Unavailable("away")] * 3 + [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    bench.target.faults = []

    def interrupted(policy, body, write=bench.target.write):
        if len(bench.times) >= 7:
            raise KeyboardInterrupt
        return write(policy, body)

    bench.target.write, normal = interrupted, bench.target.write
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert 7 <= len(bench.times) < 50
    bench.target.write = normal
    report = bench.run()

    assert bench.times == bench.source.points["m"]
    assert report.points == 50
    assert bench.slept == [2.0, 4.0, 8.0]


def test_run_again_it_brings_what_is_new(bench):
    bench.run()
    bench.source.points["m"].append(60 * DAY_NS)

    report = bench.run()

    assert bench.times[50:] == [60 * DAY_NS]
    assert report.points == 51


def test_answers_that_are_too_long_are_asked_for_in_parts(bench):
    bench.source.points = {"m": [number * 1_000 for number in range(1_000)]}
    bench.source.most = 100

    assert bench.run().points == 1_000
    assert bench.times == bench.source.points["m"]


def test_a_source_that_does_not_answer_is_asked_again_and_given_up(bench):
    bench.source.faults = [Unavailable("no answer")] * 3
    assert bench.run().points == 50
    assert bench.slept == [2.0] * 3

    bench.path.unlink()
    bench.source.faults = [Unavailable("no answer")] * 8
    with pytest.raises(Unavailable):
        bench.run()


def test_a_body_that_is_too_large_is_not_tried_again(bench):
    bench.target.faults = [LimitExceeded("too large", too_large=True)]

    with pytest.raises(LimitExceeded):
        bench.run()
    assert bench.slept == []


def test_only_what_is_wanted_is_brought(bench):
    bench.source.points["other"] = [5]

    report = bench.run(measurements=("m",), since_ns=40 * DAY_NS)

    assert bench.times == [number * DAY_NS for number in range(40, 50)]
    assert list(report.measurements["autogen"]) == ["m"]


@pytest.mark.parametrize("wish", [{"database": "x"}, {"policy": "x"}, {"measurements": ("x",)}])
def test_what_the_source_does_not_have_is_told(bench, wish):
    with pytest.raises(NotFound, match="'x'"):
        bench.run(**wish)


def test_a_state_file_of_another_import_is_refused(bench):
    bench.run()
    told = json.loads(bench.path.read_bytes())
    bench.path.write_text(json.dumps(told | {"into": "elsewhere"}))
    with pytest.raises(InputError, match="another import"):
        bench.run()
    bench.path.write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        bench.run()


def test_lines_are_cut_into_bodies():
    found = list(bodies(iter(["x" * 700_000] * 7)))

    assert [len(body) // 700_000 for body in found] == [3, 3, 1]

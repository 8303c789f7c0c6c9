from muster.agent.collecting.once import collect_once, format_line
from muster.clock import ManualClock
from muster.collectors.api import Collector, File
from muster.errors import InputError
from muster.model.metric import Point


def test_a_point_is_written_with_its_types():
    fields = {"load1": 0.5, "n": 3, "on": True, "text": 'say "hi"'}
    point = Point("system", fields, 5, {"b": "x y", "a": "1,2"})

    assert format_line(point) == (
        r"system,a=1\,2,b=x\ y " + r'load1=0.5,n=3i,on=true,text="say \"hi\"" 5'
    )


def collector(name, collect, *, compares=False):
    return Collector(
        name=name,
        sources=(File("/proc/uptime"),),
        collect=collect,
        measurements=(),
        compares=compares,
    )


def test_a_collector_that_compares_is_given_the_sample_before():
    def collect(sample, previous):
        return [Point("x", {"has": previous is not None}, sample.time_ns)]

    points, failures = collect_once(
        [collector("x", collect, compares=True)], ManualClock(), wait_s=0
    )

    assert [point.fields for point in points] == [{"has": True}]
    assert failures == []


def test_a_collector_that_fails_is_named_and_the_others_go_on():
    def broken(sample, previous):
        raise InputError("unexpected shape")

    def good(sample, previous):
        return [Point("x", {"v": 1}, sample.time_ns)]

    points, failures = collect_once([collector("a", broken), collector("b", good)], ManualClock())

    assert len(points) == 1
    assert failures == ["a: unexpected shape"]

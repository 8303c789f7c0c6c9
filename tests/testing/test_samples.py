from muster.collectors.api import Collector, Command, File, Glob, Usage
from muster.model.metric import Point
from muster.testing.samples import START_NS, collect_recorded, format_points, load_sample


def declare(*sources, collect=lambda _s, _p: (), compares=False):
    return Collector(name="x", sources=sources, collect=collect, measurements=(), compares=compares)


def put(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text)


def test_a_folder_becomes_the_sample_a_reader_would_make(tmp_path):
    put(tmp_path, "proc/stat", b"cpu")
    put(tmp_path, "sys/class/net/eth0/speed", b"1000")
    put(tmp_path, "_/usage", b"/\t1 2 3\n/a b\t4 5 6\n")
    put(tmp_path, "_/systemctl", b"x.service")
    collector = declare(
        File("/proc/stat"),
        File("/proc/absent"),
        Glob("/sys/class/net/*/speed"),
        Usage("/proc/self/mountinfo", lambda _text: ()),
        Command("systemctl", ("systemctl",)),
    )
    sample = load_sample(tmp_path, collector, 1.0)

    assert sample.texts == {"/proc/stat": b"cpu", "systemctl": b"x.service"}
    assert sample.groups == {
        "/sys/class/net/*/speed": {"/sys/class/net/eth0/speed": b"1000"},
        "usage": {"/": b"1 2 3", "/a b": b"4 5 6"},
    }
    assert sample.time_ns - START_NS == 1_000_000_000


def test_before_is_given_only_to_collectors_that_compare(tmp_path):
    put(tmp_path, "now/x", b"2")
    put(tmp_path, "before/x", b"1")

    def collect(sample, previous):
        yield Point("m", {"was": previous is not None}, sample.time_ns)

    for compares in (False, True):
        collector = declare(File("/x"), collect=collect, compares=compares)
        (point,) = collect_recorded(tmp_path, collector)
        assert point.fields == {"was": compares}


def test_integers_and_floats_stay_apart_in_a_golden_file():
    points = [Point("m", {"i": 1, "f": 1.0, "s": "x"}, 1, {"k": "v"})]

    assert format_points(points) == b'[\n["m",{"k":"v"},{"i":1,"f":1.0,"s":"x"}]\n]\n'
    assert format_points([]) == b"[]\n"

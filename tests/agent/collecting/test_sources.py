import os
from pathlib import Path

import pytest

from muster.agent.collecting import sources
from muster.agent.collecting.lanes import Outcome
from muster.agent.collecting.sources import Reader, expand, is_here
from muster.clock import SECOND_NS, ManualClock
from muster.collectors import COLLECTORS
from muster.collectors.api import Command, File, Glob, Mount, Usage
from muster.testing.samples import load_sample

GOLDEN = Path(__file__).parents[2] / "golden" / "collectors"
MACHINES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
NOW = 1_800_000_000 * SECOND_NS


class FakeLane:
    """Work is done when it is taken, unless the lane hangs."""

    def __init__(self, *, hangs=False):
        self.hangs = hangs
        self.work = None
        self.closed = False

    @property
    def busy(self):
        return self.work is not None

    def start(self, work):
        if self.busy:
            return False
        self.work = work
        return True

    def take(self, timeout_s=0.0):
        if self.hangs or self.work is None:
            return None
        work, self.work = self.work, None
        try:
            return Outcome(work(), None)
        except OSError as error:
            return Outcome(None, error)

    def close(self):
        self.closed = True


@pytest.fixture
def reader(tmp_path):
    reader = Reader(clock=ManualClock(), root=tmp_path)
    yield reader
    reader.close()


def put(root, path, text):
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text)


def test_a_file_is_read_anew_each_time_from_its_start(tmp_path, reader):
    source = File("/proc/stat")
    for text in (b"one\n", b"another\n"):
        put(tmp_path, source.path, text)
        assert reader.read([source], NOW).texts == {source.path: text}


def test_a_long_file_is_read_whole(tmp_path, reader):
    text = bytes(range(256)) * 1000
    put(tmp_path, "/x", text)

    for _ in range(2):
        assert reader.read([File("/x")], NOW).texts["/x"] == text


def test_of_a_digested_file_only_what_is_kept_of_each_piece_stays(tmp_path, reader):
    lines = [b"%d\n" % number * 50 for number in range(2000)]
    text = b"".join(lines) + b"no end"
    put(tmp_path, "/x", text)
    pieces = []

    def kept(piece):
        pieces.append(piece)
        return b"%d," % len(piece)

    for _ in range(2):
        pieces.clear()
        sample = reader.read([File("/x", digest=kept)], NOW)
        assert sample.texts["/x"] == b"".join(b"%d," % len(piece) for piece in pieces)
        assert b"".join(pieces) == text
    assert len(pieces) > 2
    assert max(map(len, pieces)) <= 2 * sources._PIECE_BYTES
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])


@pytest.mark.parametrize("kept", [True, False])
def test_of_files_that_are_digested_only_that_is_held(tmp_path, reader, kept):
    for name in ("1", "2"):
        put(tmp_path, f"/p/{name}/stat", name.encode() * 3000)
    source = Glob("/p/*/stat", kept=kept, digest=lambda text: text[:1])

    sample = reader.read([source], NOW)

    assert sample.groups[source.pattern] == {"/p/1/stat": b"1", "/p/2/stat": b"2"}


def test_an_empty_digested_file_is_digested_too(tmp_path, reader):
    put(tmp_path, "/x", b"")

    sample = reader.read([File("/x", digest=lambda piece: b"%d" % len(piece))], NOW)

    assert sample.texts == {"/x": b"0"}


def test_a_digested_file_has_a_bound(tmp_path, reader, monkeypatch):
    monkeypatch.setattr(sources, "MAX_TEXT_BYTES", 100_000)
    put(tmp_path, "/x", b"line\n" * 50_000)

    sample = reader.read([File("/x", digest=bytes)], NOW)

    assert sample.texts == {}
    assert "longer than" in sample.faults["/x"]


def test_a_file_that_is_missing_is_absent_with_its_reason_until_it_comes(tmp_path, reader):
    sample = reader.read([File("/x")], NOW)
    assert sample.texts == {}
    assert sample.faults == {"/x": "No such file or directory"}

    put(tmp_path, "/x", b"here")
    assert reader.read([File("/x")], NOW).texts == {"/x": b"here"}


def test_a_file_beyond_all_measure_is_absent_with_its_reason(tmp_path, reader, monkeypatch):
    monkeypatch.setattr(sources, "MAX_TEXT_BYTES", 10_000)
    put(tmp_path, "/x", bytes(20_000))

    assert "longer than" in reader.read([File("/x")], NOW).faults["/x"]


def test_a_file_read_seldom_keeps_its_text_in_between(tmp_path, reader):
    source = File("/x", every_s=10)
    put(tmp_path, "/x", b"old")
    reader.read([source], NOW)
    put(tmp_path, "/x", b"new")

    assert reader.read([source], NOW + 9 * SECOND_NS).texts["/x"] == b"old"
    assert reader.read([source], NOW + 10 * SECOND_NS).texts["/x"] == b"new"


def test_a_clock_set_back_makes_what_was_read_stale(tmp_path, reader):
    source = File("/x", every_s=10)
    put(tmp_path, "/x", b"old")
    reader.read([source], NOW)
    put(tmp_path, "/x", b"new")

    assert reader.read([source], NOW - SECOND_NS).texts["/x"] == b"new"


def test_a_missing_file_read_seldom_is_not_tried_each_time(tmp_path, reader):
    source = File("/x", every_s=10)
    reader.read([source], NOW)
    put(tmp_path, "/x", b"new")

    assert reader.read([source], NOW + SECOND_NS).texts == {}


def test_files_of_a_pattern_stay_known_for_a_while(tmp_path, reader):
    source = Glob("/sys/class/net/*/speed")
    put(tmp_path, "/sys/class/net/eth0/speed", b"1000")
    assert reader.read([source], NOW).groups == {
        source.pattern: {"/sys/class/net/eth0/speed": b"1000"}
    }

    put(tmp_path, "/sys/class/net/eth0/speed", b"100")
    put(tmp_path, "/sys/class/net/eth1/speed", b"10")
    soon = reader.read([source], NOW + SECOND_NS).groups[source.pattern]
    assert soon == {"/sys/class/net/eth0/speed": b"100"}
    later = reader.read([source], NOW + 10 * SECOND_NS).groups[source.pattern]
    assert list(later) == ["/sys/class/net/eth0/speed", "/sys/class/net/eth1/speed"]


def test_files_of_a_pattern_that_vanish_are_left_out_and_closed(tmp_path, reader):
    source = Glob("/run/*")
    put(tmp_path, "/run/a", b"1")
    before = len(list(Path("/proc/self/fd").iterdir()))
    reader.read([source], NOW)
    (tmp_path / "run/a").unlink()

    assert reader.read([source], NOW + 10 * SECOND_NS).groups == {"/run/*": {}}
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_pattern_of_what_comes_and_goes_is_looked_up_each_time(tmp_path, reader):
    source = Glob("/proc/[0-9]*/stat", kept=False)
    put(tmp_path, "/proc/12/stat", b"12 (a) S")
    put(tmp_path, "/proc/self/stat", b"no number")
    reader.read([source], NOW)
    put(tmp_path, "/proc/13/stat", b"13 (b) S")

    group = reader.read([source], NOW).groups[source.pattern]
    assert list(group) == ["/proc/12/stat", "/proc/13/stat"]


def test_of_a_device_that_sleeps_nothing_is_read(tmp_path, reader):
    for card, state in (("card0", "active"), ("card1", "suspended"), ("card2", "")):
        folder = tmp_path / f"sys/{card}/power"
        folder.mkdir(parents=True)
        (folder.parent / "busy").write_text("5")
        if state:
            (folder / "status").write_text(f"{state}\n")
    source = Glob("/sys/card[0-9]/busy", asleep="/sys/card[0-9]/power/status")
    group = reader.read([source], 1).groups[source.pattern]

    assert list(group) == ["/sys/card0/busy", "/sys/card2/busy"]


def test_a_pattern_has_a_limit(tmp_path):
    for number in range(9):
        put(tmp_path, f"/a/{number}/x", b"")

    assert len(expand(str(tmp_path), "/a/*/x", 4)) == 4
    assert expand(str(tmp_path), "/none/*/x", 4) == []


def test_usage_of_a_mount_is_its_statvfs(tmp_path):
    put(tmp_path, "/proc/self/mountinfo", b"/ local")
    usage = Usage("/proc/self/mountinfo", lambda _text: [Mount("/")])
    reader = Reader(clock=ManualClock(), root=tmp_path)
    sample = reader.read([File("/proc/self/mountinfo"), usage], NOW)

    frsize, blocks, *_rest = map(int, sample.groups["usage"]["/"].split())
    assert (frsize, blocks) == (os.statvfs(tmp_path).f_frsize, os.statvfs(tmp_path).f_blocks)
    reader.close()


def test_a_remote_mount_that_hangs_is_left_out_and_asked_again_only_when_it_came_back(tmp_path):
    put(tmp_path, "/table", b"")
    (tmp_path / "nas").mkdir()
    lane = FakeLane(hangs=True)
    usage = Usage("/table", lambda _text: [Mount("/"), Mount("/nas", remote=True)])
    reader = Reader(clock=ManualClock(), root=tmp_path, lanes=lambda _name: lane)
    plan = [File("/table"), usage]

    first = reader.read(plan, NOW)
    second = reader.read(plan, NOW)
    lane.hangs = False
    third = reader.read(plan, NOW)

    assert list(first.groups["usage"]) == list(second.groups["usage"]) == ["/"]
    assert first.faults == {"/nas": "did not answer within 2.0 s"}
    assert second.faults == {"/nas": "does not answer"}
    assert list(third.groups["usage"]) == ["/", "/nas"]
    reader.close()
    assert lane.closed


def test_a_mount_that_is_gone_is_left_out_with_its_reason(tmp_path):
    put(tmp_path, "/table", b"")
    usage = Usage("/table", lambda _text: [Mount("/gone"), Mount("/away", remote=True)])
    reader = Reader(clock=ManualClock(), root=tmp_path, lanes=lambda _name: FakeLane())
    sample = reader.read([File("/table"), usage], NOW)

    assert sample.groups["usage"] == {}
    assert set(sample.faults) == {"/gone", "/away"}
    reader.close()


def test_a_lane_of_a_mount_that_is_gone_is_left_once_it_is_free(tmp_path):
    put(tmp_path, "/table", b"")
    lanes = {}

    def lane(name):
        lanes[name] = FakeLane(hangs=True)
        return lanes[name]

    mounts = [Mount("/nas", remote=True)]
    reader = Reader(clock=ManualClock(), root=tmp_path, lanes=lane)
    plan = [File("/table"), Usage("/table", lambda _text: tuple(mounts))]
    reader.read(plan, NOW)
    mounts.clear()
    reader.read(plan, NOW)
    assert not lanes["statvfs /nas"].closed

    lanes["statvfs /nas"].hangs = False
    reader.read(plan, NOW)
    assert lanes["statvfs /nas"].closed
    reader.close()


def test_without_its_table_no_mount_is_asked(reader):
    usage = Usage("/table", lambda _text: pytest.fail("asked"))

    assert reader.read([File("/table"), usage], NOW).groups == {"usage": {}}


def test_a_command_runs_only_where_it_and_what_it_needs_are(tmp_path, reader):
    wanted = [
        Command("absent", ("no-such-program-anywhere",)),
        Command("needy", ("echo", "x"), needs="/run/systemd/system"),
        Command("echo", ("echo", "a b", "c")),
    ]
    assert reader.read(wanted, NOW).texts == {"echo": b"a b c\n"}

    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert reader.read(wanted, NOW).texts["needy"] == b"x\n"


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)
def test_a_recorded_machine_reads_as_its_golden_sample(machine):
    for collector in COLLECTORS:
        plain = [s for s in collector.sources if isinstance(s, File | Glob)]
        reader = Reader(clock=ManualClock(), root=machine / "now")
        sample = reader.read(plain, NOW)
        recorded = load_sample(machine / "now", collector)
        reader.close()

        assert sample.texts == {p: t for p, t in recorded.texts.items() if p.startswith("/")}
        assert sample.groups == {p: g for p, g in recorded.groups.items() if p.startswith("/")}


def test_one_of_the_paths_that_are_needed_is_enough(tmp_path):
    (tmp_path / "here").touch()

    assert is_here(())
    assert is_here(("/nowhere", "/here"), str(tmp_path))
    assert not is_here(("/nowhere",), str(tmp_path))

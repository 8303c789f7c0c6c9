"""Disks that are full, read-only or damaged, clocks that are wrong, folders that were copied.

Full and read-only disks are file systems of their own (tmpfs), which root alone can mount;
without that these tests are skipped and say so.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from attacker import ask, operator, port
from processes import Agent, Hub, Process, claim, free_port_base, run, until

from muster.clock import SECOND_NS, SystemClock

pytestmark = pytest.mark.scenario

# Segments end quickly, so that a folder that can't be written is met within a test.
CONFIG = '[store.journal]\nsegment_age = "2s"\n'


def status(agent: Agent) -> dict | None:
    """What an agent says of itself; None while it does not answer."""
    with contextlib.suppress(OSError):
        return ask(agent.data / "agent.sock", "GET", "/v1/status")[1]
    return None


def said_by(agent: Agent) -> dict:
    """The same, once it answers."""
    return until("the agent answers", lambda: status(agent))


def pulse(hub: Hub) -> dict:
    return operator(hub, "GET", "/api/v1/hub")


def times_of(hub: Hub, node: str, *, last_s: int = 600) -> list[int]:
    now_ns = SystemClock().now_ns()
    query = {
        "select": {"measurement": "system", "fields": ["uptime"], "nodes": [node]},
        "start_ns": now_ns - last_s * SECOND_NS,
        "end_ns": now_ns + SECOND_NS,
    }
    return operator(hub, "POST", "/api/v1/query", query)["times"]


def when(what: str, ask_again, fits):
    """The first answer that fits."""

    def look():
        told = ask_again()
        return told if told is not None and fits(told) else None

    return until(what, look)


# --- small file systems


@contextlib.contextmanager
def mounted(folder: Path, size_mb: int):
    """A small file system. Skips, and says why, where none can be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder.mkdir()
    options = f"size={size_mb}m,mode=0700"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def full(folder: Path):
    """Take all the space there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def read_only(folder: Path):
    """Whoever opens or makes a file below from now on finds a read-only file system.

    The kernel remounts none as long as files are open for writing: a read-only view is laid
    over the folder instead.
    """
    # Made read-only aside: over the folder itself somebody may open a file before it is.
    view = folder.with_name(f"{folder.name}-view")
    view.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(folder), str(view)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(view)], check=True)
    subprocess.run(["mount", "--bind", str(view), str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        subprocess.run(["umount", "-l", str(view)], check=True)


class Place:
    """A hub and an agent, each on a small disk of its own."""

    def __init__(self, folder: Path, hub_disk: Path, agent_disk: Path) -> None:
        self.hub_disk, self.agent_disk = hub_disk, agent_disk
        self._config = folder / "hub.toml"
        self._config.write_text(CONFIG)
        self._base = free_port_base()
        self.start_hub()
        token = operator(self.hub, "POST", "/api/v1/tokens", {})["token"]
        assert claim(agent_disk / "data", token).returncode == 0
        self.start_agent()
        self.node = said_by(self.agent)["node"]["node"]
        when("values", lambda: times_of(self.hub, self.node), lambda times: len(times) >= 3)

    def start_hub(self) -> None:
        self.hub = Hub(
            self.hub_disk / "data", self._base, "--config", str(self._config), command="hub"
        )

    def start_agent(self) -> None:
        self.agent = Agent(self.agent_disk / "data")
        until("the agent answers", lambda: status(self.agent))

    def check_no_gap(self, since_ns: int = 0) -> None:
        """All seconds up to now are there once, but those the agent itself could not collect."""
        asked_ns = SystemClock().now_ns()
        times = when(
            "values of now",
            lambda: [time for time in times_of(self.hub, self.node) if time >= since_ns],
            lambda times: times and times[-1] > asked_ns,
        )
        missing = (times[-1] - times[0]) // SECOND_NS + 1 - len(times)
        assert len(times) == len(set(times))
        assert missing <= said_by(self.agent)["missed_ticks"]

    def close(self) -> None:
        self.agent.stop()
        assert self.hub.stop() == 0, self.hub.said()
        log = "".join((*self.hub.err, *self.agent.err))
        assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:3000]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disks")
    with mounted(folder / "hub", 96) as hub_disk, mounted(folder / "agent", 32) as agent_disk:
        place = Place(folder, hub_disk, agent_disk)
        yield place
        place.close()


def test_a_full_disk_stops_ingest_alone_and_is_named_and_goes_on_by_itself(place):
    pid = place.hub.process.pid
    with full(place.hub_disk):
        told = when("read only", lambda: pulse(place.hub), lambda told: told["state"] != "ok")
        link = when(
            "the agent is told",
            lambda: said_by(place.agent)["link"],
            lambda link: link["state"] == "paused",
        )
        doctor = run("--data", str(place.hub.data), "doctor", ok=False)
        refused = run("--data", str(place.hub.data), "token", "create", ok=False)
        rows = len(times_of(place.hub, place.node))
        nodes = operator(place.hub, "GET", "/api/v1/nodes")
    when("it goes on", lambda: pulse(place.hub), lambda told: told["state"] == "ok")

    assert told["state"] == "read_only"
    assert "the disk is full" in told["reason"]
    assert "the disk is full" in link["cause"]
    assert doctor.returncode == 8
    assert "FAIL  hub    disk" in doctor.stdout
    assert "read_only: the disk is full" in doctor.stdout
    assert refused.returncode == 3
    assert "full" in refused.stderr
    assert rows >= 3
    assert [node["id"] for node in nodes] == [place.node]
    assert place.hub.process.pid == pid
    place.check_no_gap()


def test_an_agents_full_disk_loses_nothing_even_while_the_hub_is_away(place):
    with full(place.agent_disk):
        spool = when(
            "the fault", lambda: said_by(place.agent)["spool"], lambda spool: spool["fault"]
        )
        doctor = run("doctor", "--data", str(place.agent.data), ok=False)
        assert place.hub.stop() == 0, place.hub.said()
        when(
            "batches wait in memory",
            lambda: said_by(place.agent)["spool"],
            lambda spool: spool["batches"] >= 3,
        )
        place.start_hub()
        place.hub.live(place.node)
        place.check_no_gap()
    when("it writes again", lambda: said_by(place.agent)["spool"], lambda spool: not spool["fault"])

    assert "No space left on device" in spool["fault"]
    assert doctor.returncode == 8
    assert "FAIL  agent  disk" in doctor.stdout
    place.check_no_gap()


def test_an_agent_starts_on_a_full_disk(place):
    assert place.agent.stop() == 0
    with full(place.agent_disk):
        place.start_agent()
        place.hub.live(place.node)
        newest_ns = SystemClock().now_ns()
        when(
            "new values",
            lambda: times_of(place.hub, place.node),
            lambda times: times and times[-1] > newest_ns,
        )
    when("it writes again", lambda: said_by(place.agent)["spool"], lambda spool: not spool["fault"])
    place.check_no_gap(newest_ns)


def test_a_read_only_disk_of_the_hub_is_named_and_left_by_itself(place):
    began_ns = SystemClock().now_ns()
    with read_only(place.hub.data):
        told = when("read only", lambda: pulse(place.hub), lambda told: told["state"] != "ok")
        when(
            "the agent is told",
            lambda: said_by(place.agent)["link"],
            lambda link: link["state"] == "paused",
        )
        rows = len(times_of(place.hub, place.node))
        doctor = run("--data", str(place.hub.data), "doctor", ok=False)
    when("it goes on", lambda: pulse(place.hub), lambda told: told["state"] == "ok")

    assert told["reason"] == "the journal cannot be written: Read-only file system"
    assert rows >= 3
    assert doctor.returncode == 8
    assert "read-only file system" in doctor.stdout
    place.check_no_gap(began_ns)


def test_a_read_only_disk_of_an_agent_is_named_and_left_by_itself(place):
    began_ns = SystemClock().now_ns()
    with read_only(place.agent.data):
        spool = when(
            "the fault", lambda: said_by(place.agent)["spool"], lambda spool: spool["fault"]
        )
        doctor = run("doctor", "--data", str(place.agent.data), ok=False)
        place.hub.live(place.node)
    when("it writes again", lambda: said_by(place.agent)["spool"], lambda spool: not spool["fault"])

    assert "Read-only file system" in spool["fault"]
    assert "read-only file system" in doctor.stdout
    place.check_no_gap(began_ns)


@contextlib.contextmanager
def remounted(disk: Path):
    """Read-only for the kernel too; nothing is open there."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    yield


@pytest.mark.parametrize(
    ("spoilt", "text"), [(remounted, "Read-only file system"), (full, "No space left on device")]
)
def test_a_hub_that_finds_no_disk_to_write_to_says_why_and_ends(tmp_path, spoilt, text):
    with mounted(tmp_path / "disk", 40) as disk:
        data = disk / "hub"
        data.mkdir(mode=0o700)
        with spoilt(disk):
            refused = run(
                "hub", "--data", str(data), "--port-base", str(free_port_base()), ok=False
            )

    assert refused.returncode == 3
    assert text in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_agent_that_finds_a_read_only_disk_says_why_and_ends(tmp_path):
    with mounted(tmp_path / "disk", 40) as disk:
        (disk / "agent").mkdir(mode=0o700)
        with remounted(disk):
            refused = run("agent", "run", "--data", str(disk / "agent"), ok=False)

    assert refused.returncode == 32
    assert "Read-only file system" in refused.stderr
    assert "Traceback" not in refused.stderr


# --- damage


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Folders of a hub and an agent that were killed in the middle, and the node's id."""
    folder = tmp_path_factory.mktemp("killed")
    hub = Hub(folder / "hub", free_port_base(), command="hub")
    token = operator(hub, "POST", "/api/v1/tokens", {})["token"]
    assert claim(folder / "agent", token).returncode == 0
    agent = Agent(folder / "agent")
    node = said_by(agent)["node"]["node"]
    when("values", lambda: times_of(hub, node), lambda times: len(times) >= 4)
    hub.stop(signal.SIGKILL)
    when("it holds some", lambda: said_by(agent)["spool"], lambda spool: spool["batches"] >= 2)
    agent.stop(signal.SIGKILL)
    return folder, port(hub, "web"), node


@pytest.fixture
def folders(killed, tmp_path):
    """Copies, to be damaged."""
    folder, base, node = killed
    for name in ("hub", "agent"):
        ignored = shutil.ignore_patterns("*.sock", "free-*")
        shutil.copytree(folder / name, tmp_path / name, symlinks=True, ignore=ignored)
    return tmp_path, base, node


def flip(path: Path, *, at: int, count: int = 30) -> None:
    data = bytearray(path.read_bytes())
    for index in range(at, at + count):
        data[index] ^= 0x5A
    path.write_bytes(data)


def used(path: Path) -> int:
    """Bytes of a preallocated file that were written."""
    return len(path.read_bytes().rstrip(b"\0"))


def test_damage_in_the_journal_costs_what_it_hit_and_is_counted(folders):
    folder, base, node = folders
    segment = max((folder / "hub/journal").glob("*.segment"))
    flip(segment, at=used(segment) // 2)
    hub = Hub(folder / "hub", base, command="hub")
    try:
        when("what was kept", lambda: times_of(hub, node), lambda times: len(times) >= 1)
    finally:
        assert hub.stop() == 0

    assert '"journal was damaged; all that is whole was kept"' in hub.said()
    assert "Traceback" not in hub.said()


def test_a_journal_segment_that_is_no_segment_is_set_aside(folders):
    folder, base, _ = folders
    segment = max((folder / "hub/journal").glob("*.segment"))
    segment.write_bytes(os.urandom(100_000))
    hub = Hub(folder / "hub", base, command="hub")
    assert hub.stop() == 0

    assert segment.with_suffix(".damaged").exists()
    assert "journal segment is set aside" in hub.said()


@pytest.mark.parametrize(
    ("name", "spoil", "text"),
    [
        ("records.sqlite", lambda data: os.urandom(50_000), "not a database that can be read"),
        ("records.sqlite", lambda data: data[:4096], "is missing or empty"),
        ("records.sqlite", lambda data: b"", "is missing or empty"),
        ("catalogue.sqlite", lambda data: os.urandom(50_000), "not a catalogue that can be read"),
        ("ca/agents.pem", lambda data: data[:300], "restore the folder from a backup"),
        ("ca/agents.key", lambda data: b"", "restore the folder from a backup"),
    ],
    ids=range(6),
)
def test_a_damaged_file_of_the_hub_is_named_with_what_to_do(folders, name, spoil, text):
    folder, base, _ = folders
    path = folder / "hub" / name
    for log in path.parent.glob(f"{path.name}-*"):
        log.unlink()
    path.write_bytes(spoil(path.read_bytes()))
    refused = run("hub", "--data", str(folder / "hub"), "--port-base", str(base), ok=False)

    assert refused.returncode == 2
    assert name.partition("/")[0] in refused.stderr
    assert text in refused.stderr
    assert "Traceback" not in refused.stderr


def test_damage_in_an_agents_spool_is_cut_off_and_counted(folders):
    folder, _, _ = folders
    segment = max((folder / "agent/spool").glob("*.seg"))
    flip(segment, at=used(segment) // 2)
    (folder / "agent/spool/ffffffffffffff00.seg").write_bytes(os.urandom(500))
    agent = Agent(folder / "agent")
    try:
        spool = said_by(agent)["spool"]
        when("it goes on", lambda: said_by(agent)["spool"], lambda now: now["last"] > spool["last"])
    finally:
        assert agent.stop() == 0

    assert spool["damaged_bytes"] > 500
    assert "Traceback" not in agent.said()


@pytest.mark.parametrize("name", ["key.pem", "chain.pem", "anchors.pem", "node.json"])
def test_a_cut_identity_file_is_a_finding_with_its_remedy(folders, name):
    folder, _, _ = folders
    path = (folder / "agent/identity").resolve() / name
    path.write_bytes(path.read_bytes()[:100])
    doctor = run("doctor", "--data", str(folder / "agent"), ok=False)

    assert doctor.returncode == 8
    assert "unclaim and claim again" in doctor.stdout
    assert "Traceback" not in doctor.stderr


def test_a_cut_node_file_keeps_the_agent_from_starting(folders):
    folder, _, _ = folders
    path = (folder / "agent/identity").resolve() / "node.json"
    path.write_bytes(path.read_bytes()[:100])
    refused = run("agent", "run", "--data", str(folder / "agent"), ok=False)

    assert refused.returncode == 2
    assert "identity/node.json: cannot be read" in refused.stderr


# --- settings, clocks and copies, with one hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clocks")
    (folder / "hub.toml").write_text(CONFIG)
    hub = Hub(
        folder / "data", free_port_base(), "--config", str(folder / "hub.toml"), command="hub"
    )
    yield hub
    assert hub.stop() == 0, hub.said()


def token(hub: Hub) -> str:
    return operator(hub, "POST", "/api/v1/tokens", {})["token"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"[listen\n", "hub.toml: not TOML"),
        (b"\xff\xfe\x00", "hub.toml: not TOML"),
        (b"[listen]\nport = 1\n", "hub.toml: listen.port: unknown setting"),
        (b'[store.journal]\nsegment_age = "soon"\n', "hub.toml: store.journal.segment_age: "),
    ],
    ids=["torn", "binary", "key", "value"],
)
def test_a_broken_configuration_is_named_and_what_runs_goes_on(hub, text, told):
    file = hub.data.parent / "hub.toml"
    good = file.read_bytes()
    file.write_bytes(text)
    try:
        checked = run("config", "check", "--config", str(file), ok=False)
        started = run("hub", "--data", f"{hub.data}2", "--config", str(file), ok=False)
        rows = operator(hub, "GET", "/api/v1/config")
    finally:
        file.write_bytes(good)

    assert (checked.returncode, started.returncode) == (2, 2)
    assert told in checked.stderr
    assert told in started.stderr
    assert {"key": "store.journal.segment_age", "value": "2s", "origin": str(file)} in rows


@pytest.fixture(scope="session")
def wrong_clock(tmp_path_factory):
    """Environment of a process whose clock is wrong, by seconds."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("a wrong clock is made with a C compiler, and there is none")
    library = tmp_path_factory.mktemp("clock") / "wrongclock.so"
    source = Path(__file__).with_name("wrongclock.c")
    words = [compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(words, check=True)
    return lambda skew_s: {"LD_PRELOAD": str(library), "SKEW_S": str(skew_s)}


@pytest.mark.parametrize("skew_s", [7200, -7200])
def test_a_clock_two_hours_wrong_is_said_on_both_sides(hub, tmp_path, wrong_clock, skew_s):
    assert claim(tmp_path / "agent", token(hub)).returncode == 0
    env = wrong_clock(skew_s)
    agent = Process("agent", "run", "--data", str(tmp_path / "agent"), env=env)
    agent.data = tmp_path / "agent"
    try:
        told = until("it answers", lambda: status(agent))
        node = hub.live(told["node"]["node"])["id"]
        link = when(
            "its link is open",
            lambda: said_by(agent)["link"],
            lambda link: link["state"] == "open",
        )
        seen = operator(hub, "GET", f"/api/v1/nodes/{node}")["link"]
        doctor = run("doctor", "--data", str(agent.data), ok=False, env=env)
    finally:
        assert agent.stop() == 0

    assert link["clock_skew_s"] == pytest.approx(-skew_s, abs=60)  # the way there takes its time
    assert seen["clock_skew_s"] == pytest.approx(skew_s, abs=60)
    assert "this machine's clock and the hub's do not agree" in agent.said()
    assert doctor.returncode == 8
    assert "set the clock of this machine" in doctor.stdout


@pytest.mark.parametrize("days", [-3, 40])
def test_a_clock_that_is_days_wrong_stops_claim_and_link_with_its_own_message(
    hub, tmp_path, wrong_clock, days
):
    env = wrong_clock(days * 86_400)
    words = ("agent", "claim", "--token-file", "-", "--data", str(tmp_path / "agent"))
    refused = run(*words, ok=False, stdin=token(hub), env=env)
    assert claim(tmp_path / "agent", token(hub)).returncode == 0
    agent = Process("agent", "run", "--data", str(tmp_path / "agent"), env=env)
    agent.data = tmp_path / "agent"
    try:
        link = when(
            "the cause",
            lambda: status(agent),
            lambda told: told["link"]["code"] in ("clock", "credential_expired"),
        )["link"]
    finally:
        assert agent.stop() == 0

    assert refused.returncode == 26
    told = re.search(r"This machine's clock is about (\d+) s (ahead of|behind) the", refused.stderr)
    assert int(told[1]) == pytest.approx(abs(days) * 86_400, abs=60)  # the way there takes its time
    assert told[2] == ("ahead of" if days > 0 else "behind")
    assert "clock" in link["cause"]


def test_of_two_holders_of_one_folder_the_first_keeps_the_link_and_they_do_not_fight(hub, tmp_path):
    assert claim(tmp_path / "first", token(hub)).returncode == 0
    first = Agent(tmp_path / "first")
    node = said_by(first)["node"]["node"]
    hub.live(node)
    ignored = shutil.ignore_patterns("*.sock")
    shutil.copytree(tmp_path / "first", tmp_path / "copy", symlinks=True, ignore=ignored)
    copy = Agent(tmp_path / "copy")
    try:
        link = when(
            "the copy is told",
            lambda: said_by(copy)["link"],
            lambda link: link["code"] == "identity_copied",
        )
        time.sleep(5)  # long enough for a fight of seconds to show
        states = said_by(first)["link"]["state"], said_by(copy)["link"]["state"]
    finally:
        assert first.stop() == 0
        assert copy.stop() == 0

    assert "in use by another machine" in link["cause"]
    assert states[0] == "open"
    assert '"link superseded"' not in "".join(hub.err)

"""The agent's own probes and those of its hubs."""

import asyncio
import contextlib

import pytest

from muster.agent.probes import FILE, AgentProbes, ProbeSettings, ProbingHub, read_given
from muster.agent.settings import AgentSettings
from muster.clock import ManualClock
from muster.config import load
from muster.errors import Denied, InputError, SettingsError
from muster.model.probe import PingProbe, Reach

PING = {"kind": "ping", "url": "host.example"}
OWN = PingProbe(url="own.example")


class Machine:
    """An agent's probes with the hubs and settings that a test says."""

    def __init__(self, folder, settings=None):
        self.folder = folder
        self.hubs = {"main": ProbingHub(folder, self.shows)}
        self.hidden = set()
        self.fresh = []
        self.probes = AgentProbes(
            settings=settings or ProbeSettings(),
            clock=ManualClock(),
            emit=lambda *_: None,
            hubs=lambda: self.hubs,
            reload=self.reload,
        )

    def shows(self, kind):
        return kind not in self.hidden

    def take(self, *probes, name="main"):
        return self.probes.take(name, self.hubs[name], {"probes": list(probes)})

    def reload(self):
        found = self.fresh.pop() if self.fresh else None
        if isinstance(found, Exception):
            raise found
        return found

    def targets(self):
        return [(each.hub, each.target) for each in self.probes.status()]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_without_probes_nothing_that_probes_is_made(machine):
    machine.probes.look()

    assert machine.probes._prober is None
    assert machine.probes.status() == []


def test_what_a_hub_gives_is_kept_and_known_after_a_restart(machine, tmp_path):
    answer = machine.take(PING, PING)
    assert answer == {"probes": 1, "reach": "public"}
    again = Machine(tmp_path)
    again.probes.look()

    assert machine.targets() == again.targets() == [("main", "host.example")]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_hub_gives_all_at_once_in_place_of_those_before(machine, tmp_path):
    machine.take(PING)
    machine.take()

    assert machine.targets() == []
    assert read_given(tmp_path) == ()


@pytest.mark.parametrize(
    "arguments",
    [
        {"probes": "x"},
        {"probes": [PING | {"interval_s": 0}]},
        {"probes": [PING | {"more": 1}]},
        {"probes": [{"kind": "shell", "url": "x"}]},
        {"probes": [PING | {"url": "a/b"}]},
        {"probes": [PING | {"url": f"h{n}"} for n in range(201)]},
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(machine, tmp_path, arguments):
    machine.take(PING)
    with pytest.raises(InputError):
        machine.probes.take("main", machine.hubs["main"], arguments)

    assert machine.targets() == [("main", "host.example")]


def test_an_agent_that_takes_none_says_so(tmp_path):
    machine = Machine(tmp_path, ProbeSettings(reach=Reach.NONE))
    with pytest.raises(Denied, match=r"probes\.reach"):
        machine.take(PING)
    with pytest.raises(Denied):
        machine.probes.test(machine.hubs["main"], {"probe": PING}, lambda *_: None)


def test_a_hub_that_was_left_takes_its_probes_along(machine, tmp_path):
    (tmp_path / "work").mkdir()
    machine.hubs["work"] = ProbingHub(tmp_path / "work", machine.shows)
    machine.probes.look()
    machine.take(PING, name="work")
    del machine.hubs["work"]
    machine.probes.look()

    assert machine.targets() == []


def test_settings_change_while_it_runs(machine, tmp_path):
    machine.take(PING)
    machine.fresh = [ProbeSettings(reach=Reach.NONE, ping=(OWN,))]
    machine.probes.look()
    assert machine.targets() == [("", "own.example")]
    machine.fresh = [SettingsError("not TOML")]
    machine.probes.look()
    assert machine.targets() == [("", "own.example")]
    machine.fresh = [ProbeSettings()]
    machine.probes.look()

    assert machine.targets() == [("main", "host.example")]


def test_own_probes_that_make_no_sense_are_refused_with_their_file(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text('[[probes.http_response]]\nurl = "https://x y/"\n')
    with pytest.raises(SettingsError, match=r"agent\.toml: probes.*x y"):
        load(AgentSettings, file=file)


@pytest.mark.parametrize("text", [b"", b"{", b'{"probes": [{"kind": "x"}]}', b'{"probes": 5}'])
def test_a_file_that_cannot_be_read_gives_none(tmp_path, text):
    (tmp_path / FILE).write_bytes(text)

    assert read_given(tmp_path) == ()


def test_what_cannot_be_kept_runs_all_the_same(machine, tmp_path):
    machine.hubs["main"] = ProbingHub(tmp_path / "nowhere", machine.shows)
    machine.take(PING)

    assert machine.targets() == [("main", "host.example")]


async def test_a_running_agent_begins_with_its_own(tmp_path):
    machine = Machine(tmp_path, ProbeSettings(ping=(OWN,)))
    running = asyncio.ensure_future(machine.probes.run())
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert machine.targets() == [("", "own.example")]


def test_a_hub_gives_no_probes_whose_results_it_may_not_have(machine):
    machine.take(PING)
    machine.hidden = {"ping"}
    machine.probes.look()
    assert machine.targets() == []
    with pytest.raises(Denied, match="may not have ping"):
        machine.take(PING)
    with pytest.raises(Denied, match="may not have ping"):
        machine.probes.test(machine.hubs["main"], {"probe": PING}, lambda *_: None)
    machine.hidden = set()
    machine.probes.look()

    assert machine.targets() == [("main", "host.example")]

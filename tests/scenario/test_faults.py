"""What was acknowledged stays, whatever is killed."""

import signal

import pytest
from processes import Agent, Hub, claim, free_port_base, run, until

from muster.clock import SECOND_NS, SystemClock

pytestmark = pytest.mark.scenario


def counted(hub: Hub, node: str):
    """Rows per second of one series, from the first to the last that has any."""
    words = ("query", "--measurement", "system", "--field", "uptime", "--node", node,
             "--last", "5m", "--every", "1s", "--fn", "count", "--json")  # fmt: skip
    rows = [row for row in hub.muster(*words)["rows"] if len(row) > 1]
    filled = [index for index, row in enumerate(rows) if row[1]]
    return rows[filled[0] : filled[-1] + 1] if filled else []


def check_every_second_once(rows, agent: Agent):
    """None twice, and none missing but those that the agent itself could not collect."""
    times = [row[0] for row in rows]
    counts = [row[1] or 0 for row in rows]

    assert times == list(range(times[0], times[-1] + SECOND_NS, SECOND_NS))
    assert set(counts) <= {0, 1}
    assert counts.count(0) <= agent.told()["missed_ticks"]


@pytest.fixture
def hub(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield hub
    hub.stop()


@pytest.fixture
def agent(hub, tmp_path):
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(tmp_path / "agent", token).returncode == 0
    agent = Agent(tmp_path / "agent")
    yield agent
    agent.stop()


def node_of(agent: Agent) -> str:
    return until("the agent answers", agent.status)["node"]["node"]


def rows_at_least(hub: Hub, node: str, count: int):
    return until(f"{count} rows", lambda: _longer(counted(hub, node), count))


def _longer(rows, count):
    return rows if len(rows) >= count else None


def test_a_hub_killed_and_started_again_has_every_second_once(hub, agent, tmp_path):
    node = node_of(agent)
    before = len(rows_at_least(hub, node, 4))
    base = int(hub.ready["web"].rsplit(":", 1)[1])
    hub.stop(signal.SIGKILL)
    again = Hub(hub.data, base, command="hub")
    try:
        rows = rows_at_least(again, node, before + 6)
        check_every_second_once(rows, agent)
        assert again.node(node)["id"] == node
    finally:
        assert again.stop() == 0


def test_an_agent_killed_and_started_again_goes_on_in_order(hub, agent):
    node = node_of(agent)
    rows_at_least(hub, node, 4)
    agent.stop(signal.SIGKILL)
    again = Agent(agent.data)
    try:
        until("the new agent answers", again.status)
        rows = rows_at_least(hub, node, 10)
        assert {row[1] for row in rows} <= {1, None}
    finally:
        assert again.stop() == 0


def test_a_hub_that_is_away_loses_nothing(hub, agent):
    node = node_of(agent)
    rows_at_least(hub, node, 3)
    base = int(hub.ready["web"].rsplit(":", 1)[1])
    assert hub.stop() == 0
    held = until("a spool of five", lambda: _held(agent, 5))
    again = Hub(hub.data, base, command="hub")
    try:
        rows = rows_at_least(again, node, 3 + held)
        check_every_second_once(rows, agent)
    finally:
        assert again.stop() == 0


def _held(agent: Agent, count: int):
    status = agent.status()
    batches = status["spool"]["batches"] if status else 0
    return batches if batches >= count else None


def _has_begun_a_file(agent: Agent):
    """Its spool has one for each minute; an older one goes when the hub has all of it."""
    began_ns = (agent.data / "spool").stat().st_mtime_ns
    return SystemClock().now_ns() - began_ns < 20 * SECOND_NS


def test_a_backup_is_the_same_hub_elsewhere(hub, agent, tmp_path):
    node = node_of(agent)
    rows_at_least(hub, node, 5)
    root = hub.muster("ca", "show", "--json")["root"]["sha256"]
    base = int(hub.ready["web"].rsplit(":", 1)[1])
    # What comes between the backup and the end of the hub, the agent alone has still.
    until("the spool has begun a file", lambda: _has_begun_a_file(agent))
    made = hub.muster("backup", "create", "--json")
    kept = counted(hub, node)
    listed = hub.muster("backup", "list", "--json")["backups"]
    assert hub.stop() == 0

    assert listed == [made]
    assert made["checked_ns"] > made["time_ns"]
    file = hub.data / "backups" / made["name"]
    assert file.stat().st_size == made["bytes"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("backup", "verify", str(file), "--json")["hub"]
    run("restore", str(file), "--data", str(tmp_path / "elsewhere"), "--json")
    again = Hub(tmp_path / "elsewhere", base, command="hub")
    try:
        assert again.muster("ca", "show", "--json")["root"]["sha256"] == root
        again.live(node)
        rows = rows_at_least(again, node, len(kept))
        check_every_second_once(rows, agent)
    finally:
        assert again.stop() == 0


def test_a_damaged_backup_is_refused_and_nothing_is_left(hub, tmp_path):
    file = tmp_path / "backup.tar.zst"
    hub.muster("backup", "create", str(file), "--json")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    refused = run("restore", str(file), "--data", str(tmp_path / "elsewhere"), ok=False)

    assert refused.returncode != 0
    assert not (tmp_path / "elsewhere").exists()


def test_signals_end_hub_and_agent_with_exit_code_0(hub, agent):
    node_of(agent)

    assert agent.stop() == 0
    assert hub.stop() == 0

import os
import socket
import stat
from types import SimpleNamespace

import pytest

from muster.agent.diagnosis import doctor
from muster.agent.joining.identity import NodeFile, install_identity
from muster.clock import SECOND_NS, ManualClock
from muster.log import Secret
from muster.net.probe import Told

NOW = ManualClock().now_ns()
HOUR = 3600 * SECOND_NS


def claimed(folder, *, agents="127.0.0.1:1", begins=NOW - HOUR, ends=NOW + 23 * HOUR):
    node = NodeFile(
        node="6f1c2e0a-93d4-4b7e-a1f8-20c97d5be314",
        space="s",
        name="web-01",
        hub="h",
        agents=agents,
        serial="01",
        sha256="00",
        not_before_ns=begins,
        not_after_ns=ends,
    )
    return install_identity(folder, key=Secret("k"), chain="c", anchors="a", node=node)


async def walked(folder, **options):
    return [step async for step in doctor.examine(folder, ManualClock(), **options)]


async def test_a_folder_that_is_not_claimed_ends_the_walk_with_how_to_join(tmp_path):
    (finding,) = await walked(tmp_path)

    assert (finding.step, finding.ok) == ("identity", False)
    assert "muster agent claim" in finding.remedy


async def test_a_key_that_others_may_read_ends_the_walk(tmp_path):
    identity = claimed(tmp_path)
    identity.key.chmod(0o644)
    (finding,) = await walked(tmp_path)

    assert finding.ok is False
    assert "0644" in finding.text


@pytest.mark.parametrize(
    ("begins", "ends", "ok", "says"),
    [
        (NOW - HOUR, NOW + HOUR, True, "valid"),
        (NOW + HOUR, NOW + 2 * HOUR, False, "in the future"),
        (NOW - 2 * HOUR, NOW - HOUR, False, "ended 3600 s ago"),
        (NOW - 23 * HOUR, NOW + HOUR, None, "renewal is late"),
    ],
)
def test_a_certificate_is_judged_by_its_times(tmp_path, begins, ends, ok, says):
    finding = doctor.certificate(claimed(tmp_path, begins=begins, ends=ends), NOW)

    assert finding.ok is ok
    assert says in finding.text


def test_a_disk_without_room_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "LOW_DISK_BYTES", 1 << 60)

    assert doctor.disk(tmp_path).ok is False


def test_a_read_only_file_system_is_not_taken_for_wrong_permissions(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))

    assert "mount" in doctor.folder(tmp_path).remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_fault(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)

    assert doctor.folder(tmp_path).ok is False


async def test_a_port_where_nobody_listens_is_told_apart_from_a_wrong_name(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        finding = await doctor._connected(
            doctor.Target(host="127.0.0.1", port=taken.getsockname()[1]), 5
        )

    assert (finding.step, finding.ok) == ("connection", False)
    assert "firewall" in finding.remedy
    assert (await doctor._named("no-such-host.invalid", 30)).step == "name"


async def test_a_damaged_key_is_a_finding_with_its_remedy(tmp_path):
    claimed(tmp_path)  # with texts that are no PEM
    *_, last = await walked(tmp_path)

    assert (last.step, last.ok) == ("identity", False)
    assert "restore the file, or unclaim and claim again" in last.remedy


async def test_the_walk_goes_through_the_proxy_that_the_link_would_take(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "client_context", lambda *_, **__: None)
    claimed(tmp_path, agents="hub.example:7444")
    proxied = {"https_proxy": "http://ada:secret@127.0.0.1:1"}
    name, connection = (await walked(tmp_path, environment=proxied))[-2:]

    assert (name.step, name.ok) == ("name", None)
    assert name.text == "left to the proxy http://ada:***@127.0.0.1:1"
    assert (connection.step, connection.ok) == ("connection", False)
    assert "secret" not in connection.text


async def test_a_proxy_that_means_nothing_is_a_finding_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "client_context", lambda *_, **__: None)
    claimed(tmp_path, agents="hub.example:7444")
    *_, last = await walked(tmp_path, environment={"https_proxy": "ftp://x"})

    assert (last.step, last.ok) == ("proxy", False)
    assert "https_proxy" in last.remedy


@pytest.mark.parametrize(
    ("status", "code", "ok", "remedy"),
    [
        (426, "upgrade_required", True, ""),
        (403, "node_revoked", False, "administrator revoked"),
        (403, "node_unknown", False, "administrator removed"),
        (403, "credential_unknown", False, "join with a new token"),
        (403, "credential_retired", False, "claim"),
        (401, "", False, "claim again"),
    ],
)
def test_the_hubs_verdict_on_the_node_is_a_step_with_its_remedy(status, code, ok, remedy):
    finding = doctor.admission(Told(status=status, time_ns=0, code=code, text="as it says"))

    assert (finding.step, finding.ok) == ("admission", ok)
    assert remedy in finding.remedy
    assert code in finding.text or ok


async def test_a_refused_node_ends_the_walk_after_tls_and_before_the_clock(monkeypatch):
    async def refused(target, path, timeout_s):
        return Told(status=403, time_ns=NOW, code="node_revoked", text="revoked: lost")

    monkeypatch.setattr(doctor, "ask", refused)
    steps = [step async for step in doctor._hub(doctor.Target(), ManualClock(), 5)]

    assert [(step.step, step.ok) for step in steps][:2] == [("tls", True), ("admission", False)]
    assert "revoked: lost" in steps[1].text

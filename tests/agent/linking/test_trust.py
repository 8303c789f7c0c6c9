"""New trust anchors: the old ones or the new, never none; only what is stored is confirmed."""

import hashlib
import logging
import time
from pathlib import Path

import pytest

from muster.agent.joining.identity import DiskRefused, NodeFile, install_identity, load_identity
from muster.agent.joining.renewal import Renewal
from muster.agent.linking import trust
from muster.agent.linking.trust import Trust, anchors_sha256, keep_anchors
from muster.clock import ManualClock
from muster.errors import MusterError
from muster.log import Secret
from muster.pki.authority import make_hierarchy
from muster.wire.messages import Anchors, AnchorsKept

OLD, NEW = (make_hierarchy(time.time_ns()).root for _ in range(2))


@pytest.fixture
def data(tmp_path):
    node = NodeFile(
        node="n",
        space="s",
        name="web-1",
        hub="h",
        agents="hub:8401",
        serial="a1",
        sha256="",
        not_before_ns=0,
        not_after_ns=10**19,
    )
    install_identity(tmp_path, key=Secret("key"), chain="chain", anchors=OLD, node=node)
    return tmp_path


class Session:
    """Remembers what is to be said."""

    def __init__(self):
        self.said = []

    def say(self, message):
        self.said.append(message)


def renewal(data, clock=None):
    return Renewal(data=data, clock=clock or ManualClock(), random=lambda: 0.5)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_they_take_the_place_of_the_old_ones_for_the_owner_alone(data):
    assert anchors_sha256(load_identity(data)) == digest(OLD)
    assert keep_anchors(data, OLD + NEW) == digest(OLD + NEW)

    identity = load_identity(data)
    assert identity.anchors() == OLD + NEW
    assert (identity.folder / "anchors.pem").stat().st_mode & 0o777 == 0o600
    assert anchors_sha256(identity) == digest(OLD + NEW)


@pytest.mark.parametrize(
    "text", ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_anchor_is_not_taken(data, text):
    with pytest.raises(MusterError):
        keep_anchors(data, text)

    assert load_identity(data).anchors() == OLD


def test_what_a_killed_run_left_is_no_hindrance(data):
    (load_identity(data).folder / ".anchors.pem.new").write_text("half")
    keep_anchors(data, NEW)

    assert load_identity(data).anchors() == NEW


def test_a_disk_that_refuses_leaves_the_old_ones(data, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trust, "write_new", full)
    with pytest.raises(DiskRefused, match="No space left"):
        keep_anchors(data, NEW)

    assert load_identity(data).anchors() == OLD


def test_killed_before_the_rename_the_old_ones_are_in_force(data, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(Killed):
            keep_anchors(data, NEW)

    assert load_identity(data).anchors() == OLD
    keep_anchors(data, NEW)
    assert load_identity(data).anchors() == NEW


async def test_what_is_stored_is_confirmed(data):
    session = Session()
    await Trust(data, renewal(data)).take(session, Anchors(anchors=NEW))

    assert session.said == [AnchorsKept(sha256=digest(NEW))]


async def test_what_is_not_stored_is_not_confirmed(data, caplog):
    session = Session()
    with caplog.at_level(logging.WARNING):
        await Trust(data, renewal(data)).take(session, Anchors(anchors="nonsense"))

    assert session.said == []
    assert "trust anchors not stored" in caplog.text


async def test_a_renewal_is_brought_forward_to_a_moment_within_the_time(data):
    clock = ManualClock()
    plan = renewal(data, clock)
    node = load_identity(data).node
    before_ns = plan.due_ns(node)
    await Trust(data, plan).take(Session(), Anchors(anchors=NEW, renew_within_s=300.0))

    assert plan.due_ns(node) == clock.now_ns() + 150 * 10**9 < before_ns

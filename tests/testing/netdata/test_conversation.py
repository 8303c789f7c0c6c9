import uuid

import msgspec
import pytest

from muster.clock import ManualClock
from muster.testing.netdata.conversation import Cancel, Conversation, Leave
from muster.testing.netdata.hostreports import hash_of
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.quirks import V1_37, V1_45, V2_10, Waits
from muster.testing.netdata.violation import Violation
from muster.wire.netdata import messages
from muster.wire.netdata.protobuf import encode

NOW = 1_800_000_000
CLAIM, OWN, CHILD = "claim", str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


class Talk:
    """A conversation with one host and its child, in one dialect."""

    def __init__(self, quirks=V2_10, restarted=False):
        self.machine = make_machine("guid", "web", now_s=NOW, children=[("guid-1", "one")])
        if restarted:
            self.machine.own.node_id, self.machine.hosts[1].node_id = OWN, CHILD
        self.told = Conversation(
            self.machine,
            quirks=quirks,
            waits=Waits(),
            clock=ManualClock(),
            claim_id=CLAIM,
            session_us=1,
            doubted={"guid", "guid-1"} if restarted else None,
        )

    def hear(self, message):
        return self.told.take(type(message).__name__, encode(message))

    def create_all(self):
        for guid, node in (("guid", OWN), ("guid-1", CHILD)):
            self.hear(messages.CreateNodeInstanceResult(node_id=node, machine_guid=guid))


def said(reactions, topic=""):
    return [(each.after_s, each.make()) for each in reactions if each.topic.startswith(topic)]


def states(reactions):
    return [
        (after_s, state.node_id, state.liveness)
        for after_s, state in said(reactions, "node-instance-connection")
    ]


def test_hosts_without_a_node_id_ask_for_one_with_their_hops():
    asked = said(Talk().hear(messages.SendNodeInstances()))

    assert [(after_s, each.machine_guid, each.hops) for after_s, each in asked] == [
        (1.0, "guid", 0),
        (1.0, "guid-1", 1),
    ]


def test_1_45_asks_at_once():
    asked = said(Talk(V1_45).hear(messages.SendNodeInstances()))

    assert [after_s for after_s, _ in asked] == [0.0, 0.0]


def test_a_node_id_is_kept_and_answered_by_state_info_and_collectors():
    talk = Talk()
    reactions = talk.hear(messages.CreateNodeInstanceResult(node_id=OWN, machine_guid="guid"))

    assert talk.machine.own.node_id == OWN
    assert [each.topic for each in reactions] == [
        "node-instance-connection",
        "node-instance-info",
        "node-instance-collectors",
    ]
    assert [state[1:] for state in states(reactions)] == [(OWN, True)]


def test_a_process_started_again_says_at_first_that_it_is_not_live():
    talk = Talk(restarted=True)
    first = talk.hear(messages.SendNodeInstances())

    assert states(first)[:2] == [(1.8, OWN, False), (16.0, OWN, True)]


def test_asked_a_second_time_it_says_that_it_is_live():
    talk = Talk(restarted=True)
    talk.hear(messages.SendNodeInstances())

    assert states(talk.hear(messages.SendNodeInstances())) == [
        (1.0, OWN, True),
        (1.0, CHILD, True),
    ]


def test_1_45_says_at_once_that_it_is_live_after_a_restart_too():
    assert states(Talk(V1_45, restarted=True).hear(messages.SendNodeInstances())) == [
        (0.0, OWN, True),
        (0.0, CHILD, True),
    ]


def test_a_checkpoint_with_another_hash_brings_a_snapshot_and_updates_afterwards():
    talk = Talk(restarted=True)
    own = talk.machine.own
    assert talk.told.contexts_changed(own, ["system.cpu"]) == []
    asked = messages.ContextsCheckpoint(claim_id=CLAIM, node_id=OWN, version_hash=1)
    ((_, snapshot),) = said(talk.hear(asked))

    assert snapshot.version == hash_of(own)
    same = msgspec.structs.replace(asked, version_hash=snapshot.version)
    assert talk.hear(same) == []
    ((_, update),) = said(talk.told.contexts_changed(own, ["system.cpu"]))
    assert [each.id for each in update.context_updates] == ["system.cpu"]
    talk.hear(messages.StopStreamingContexts(claim_id=CLAIM, node_id=OWN))
    assert talk.told.contexts_changed(own, ["system.cpu"]) == []


@pytest.mark.parametrize(("quirks", "snapshots"), [(V2_10, 0), (V1_45, 1)], ids=["2.10", "1.45"])
def test_2_10_keeps_contexts_from_before_its_claim_from_a_hub_that_knows_none(quirks, snapshots):
    talk = Talk(quirks, restarted=True)
    asked = messages.ContextsCheckpoint(claim_id=CLAIM, node_id=OWN, version_hash=0)

    assert len(said(talk.hear(asked))) == snapshots


@pytest.mark.parametrize(("version", "snapshots"), [(0, 1), (1, 0), (12345, 1), (None, 0)])
def test_alerts_come_by_a_snapshot_when_their_version_differs(version, snapshots):
    talk = Talk(restarted=True)
    own = talk.machine.own
    wanted = own.alert_version() if version is None else version
    start = messages.StartAlarmStreaming(node_id=OWN, version=wanted)
    reactions = talk.hear(start)

    assert [each.topic for each in reactions] == ["alarm-snapshot-v2"] * snapshots
    own.alerts[0].turn("CRITICAL", 99.0, NOW)
    ((_, entry),) = said(talk.told.alert_turned(own, own.alerts[0]), "alarm-log-v2")
    assert entry.status is messages.AlarmStatus.CRITICAL


def test_alerts_are_not_told_before_they_are_asked_for():
    talk = Talk(restarted=True)

    assert talk.told.alert_turned(talk.machine.own, talk.machine.own.alerts[0]) == []


def test_the_old_dialect_answers_with_its_log_and_wants_a_batch():
    talk = Talk(V1_37, restarted=True)
    start = messages.StartAlarmStreaming(node_id=OWN, batch_id=3, start_sequence_id=0)

    assert [each.batch_id for _, each in said(talk.hear(start), "alarm-log")] == [3]
    with pytest.raises(Violation, match="batch_id"):
        talk.hear(messages.StartAlarmStreaming(node_id=OWN, version=0))


def test_snapshot_checkpoint_and_configuration_are_answered():
    talk = Talk(restarted=True)
    alert = talk.machine.own.alerts[0]
    wanted = messages.SendAlarmSnapshot(node_id=OWN, claim_id=CLAIM, snapshot_uuid="uuid")
    behind = messages.SendAlarmCheckpoint(node_id=OWN, claim_id=CLAIM, version=4)
    config = messages.SendAlarmConfiguration(config_hash=alert.config_hash)

    assert said(talk.hear(wanted))[0][1].snapshot_uuid == "uuid"
    assert len(said(talk.hear(behind))) == 1
    assert said(talk.hear(config))[0][1].config.alarm == alert.name


@pytest.mark.parametrize(
    ("message", "section"),
    [
        (messages.CreateNodeInstanceResult(node_id="7", machine_guid="guid"), "2.1"),
        (messages.CreateNodeInstanceResult(node_id=OWN, machine_guid="other"), "6.3"),
        (messages.ContextsCheckpoint(claim_id="other", node_id=OWN), "6.3"),
        (messages.ContextsCheckpoint(claim_id=CLAIM, node_id="other"), "6.3"),
        (messages.StopStreamingContexts(claim_id=CLAIM, node_id=OWN), "6.3"),
        (messages.StartAlarmStreaming(node_id=""), "6.3"),
        (messages.SendAlarmSnapshot(node_id=OWN, claim_id=CLAIM), "6.3"),
        (messages.SendAlarmConfiguration(config_hash="other"), "6.3"),
    ],
)
def test_a_command_that_means_nothing_is_a_violation(message, section):
    with pytest.raises(Violation) as raised:
        Talk(restarted=True).hear(message)

    assert raised.value.section == section


def test_bytes_that_are_no_message_are_a_violation():
    with pytest.raises(Violation, match="SendNodeInstances"):
        Talk().told.take("SendNodeInstances", b"\x0a\xff")


def test_cancel_and_disconnect_are_handed_on():
    talk = Talk()

    assert talk.hear(messages.CancelPendingRequest(request_id="q")) == [Cancel("q")]
    assert talk.hear(messages.DisconnectReq(reconnect_after_seconds=3)) == [Leave(3, False)]
    assert talk.hear(messages.DisconnectReq(permaban=True)) == [Leave(0, True)]


def test_a_name_that_is_not_known_is_ignored():
    talk = Talk()

    assert talk.told.take("DoSomething", b"") == []
    assert (talk.told.ignored, talk.told.heard) == (["DoSomething"], ["DoSomething"])


def test_a_child_that_leaves_is_told_at_once():
    talk = Talk(restarted=True)
    talk.hear(messages.SendNodeInstances())
    child = talk.machine.hosts[1]
    child.live = False

    assert states(talk.told.host_changed(child)) == [(0.0, CHILD, False)]

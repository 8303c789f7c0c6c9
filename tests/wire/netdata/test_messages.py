import pytest

from muster.testing import netdata_seeds as seeds
from muster.testing.codec_rules import check_any_bytes, check_bit_flips
from muster.wire.netdata.messages import (
    FROM_AGENT,
    TO_AGENT,
    AlarmLogEntry,
    AlarmSnapshot,
    AlarmStatus,
    Capability,
    ContextsCheckpoint,
    ContextUpdated,
    CreateNodeInstanceResult,
    DisconnectReq,
    NodeInfo,
    StartAlarmStreaming,
    Timestamp,
    UpdateAgentConnection,
    UpdateNodeInfo,
    UpdateSource,
    version_hash,
)
from muster.wire.netdata.protobuf import decode, encode
from muster.wire.netdata.topics import NAMES


@pytest.mark.parametrize("kind", seeds.KINDS)
def test_each_message_comes_back_with_every_field(kind):
    whole = seeds.sample_of(kind)

    assert decode(kind, encode(whole)) == whole
    assert decode(kind, b"") == kind()


@pytest.mark.parametrize("kind", seeds.KINDS)
def test_each_message_survives_any_flipped_bit(kind):
    check_bit_flips(lambda data: decode(kind, data), encode(seeds.sample_of(kind))[:120])


@pytest.mark.parametrize("kind", seeds.KINDS)
def test_each_message_is_read_or_refused_when_cut(kind):
    data = encode(seeds.sample_of(kind))
    for size in range(len(data)):
        check_any_bytes(lambda each: decode(kind, each), data[:size])


def test_each_topic_of_a_message_is_offered():
    assert set(FROM_AGENT) <= set(NAMES)


def test_commands_go_by_the_names_of_their_messages():
    assert TO_AGENT["ContextsCheckpoint"] is ContextsCheckpoint
    assert all(name == kind.__name__ for name, kind in TO_AGENT.items())


# Bytes written by hand from the tables of the format page, field by field.
GOLDEN = [
    (
        UpdateAgentConnection(
            claim_id="c",
            reachable=True,
            session_id=1_700_000_000_000_001,
            update_source=UpdateSource.AGENT,
            updated_at=Timestamp(1, 2),
            capabilities=(Capability("ctx", 1, True), Capability("json", 2)),
        ),
        "0a0163" "1001" "188180f9c0c1c48203" "2001" "320408011002"
        "8a01090a0363747810011801" "8a01080a046a736f6e1002",
    ),
    (CreateNodeInstanceResult(node_id="n", machine_guid="m"), "0a016e12016d"),
    (DisconnectReq(reconnect_after_seconds=3, permaban=True, error_code=9), "080310012009"),
    (ContextsCheckpoint(claim_id="c", node_id="n", version_hash=2**64 - 1),
     "0a016312016e18ffffffffffffffffff01"),
    (StartAlarmStreaming(node_id="n", batch_id=1, resets=True, version=5), "0a016e100120012805"),
    (
        UpdateNodeInfo(data=NodeInfo(name="h", cpus=4, machine_guid="m", host_labels={"a": "b"})),
        "1212" "0a0168" "4004" "9a01016d" "aa01060a0161120162",
    ),
    (
        AlarmLogEntry(
            when=1, utc_offset=-3600, status=AlarmStatus.CRITICAL, value=1.0, alert_version=7
        ),
        "4001" "50f0e3ffffffffffffff01" "880106" "c901000000000000f03f" "900207",
    ),
    (AlarmSnapshot(chunks=2, chunk=1, alarms=(AlarmLogEntry(name="a"),)), "200230013a03220161"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "data"), GOLDEN)
def test_bytes_are_those_of_the_format_page(message, data):
    assert encode(message).hex() == data
    assert decode(type(message), bytes.fromhex(data)) == message


def test_a_capability_that_is_off_is_not_on_the_wire():
    assert decode(Capability, bytes.fromhex("0a046a736f6e1002")) == Capability("json", 2, False)


def test_a_newer_agents_fields_are_passed_over():
    data = encode(CreateNodeInstanceResult(node_id="n")) + bytes.fromhex("9a060568656c6c6f")

    assert decode(CreateNodeInstanceResult, data).node_id == "n"


def test_a_moment_is_seconds_and_nanoseconds():
    assert Timestamp.of(1_500_000_001) == Timestamp(1, 500_000_001)
    assert Timestamp(1, 500_000_001).ns == 1_500_000_001


def test_the_hash_of_contexts_is_the_sum_over_those_that_are_not_deleted():
    contexts = (
        ContextUpdated(id="a", version=10, first_entry=3, last_entry=0),
        ContextUpdated(id="b", version=10, first_entry=3, last_entry=8),
        ContextUpdated(id="c", version=99, deleted=True),
    )

    assert version_hash(contexts) == 22
    assert version_hash(contexts[2:]) == 0
    assert version_hash((ContextUpdated(first_entry=1),)) == 2**64 - 1


@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**63)])
def test_a_moment_beyond_64_bits_of_nanoseconds_is_cut(seconds):
    assert -(2**63) <= Timestamp(seconds, 0).ns < 2**63

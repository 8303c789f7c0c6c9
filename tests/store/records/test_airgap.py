"""Requests by hand are kept whole or not at all."""

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.approval import Answer, Kind, WaitingClaim
from muster.model.identity import Credential, CredentialState
from muster.model.inventory import Node, Space
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated, KeyKnown
from muster.store.records.records import SqliteRecords

NODE = Node(id="n1", space="s", name="safe", created_ns=1)
EVENT = AuditEvent(
    time_ns=1, actor="ada", action="air_gap.sign", object="n1", address="", outcome="ok"
)
CLAIM = WaitingClaim(
    id="w1",
    space="s",
    kind=Kind.AIR_GAP,
    key_sha256="k1",
    request="PEM",
    name="safe",
    decision=Answer.APPROVED,
    node="n1",
)


def credential(serial="1", node="n1", key="k1"):
    return Credential(
        serial=serial,
        node=node,
        sha256=f"sha {serial}",
        key_sha256=key,
        issuer="agents",
        not_before_ns=1,
        not_after_ns=9,
        state=CredentialState.NEXT,
    )


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        yield records


def test_a_signed_request_becomes_a_node_that_is_known_again(records):
    mark = Mark("dmi", "d")
    node = records.air_gap.sign_new(CLAIM, NODE, credential(), EVENT, (mark,))

    assert records.nodes.node("n1") == node
    assert records.approvals.find_kind(Kind.AIR_GAP, "k1") == CLAIM
    assert records.approvals.like("s", (mark,)) == {"n1": frozenset({"dmi"})}


def test_one_key_is_signed_for_once(records):
    records.air_gap.sign_new(CLAIM, NODE, credential(), EVENT)
    other = msgspec.structs.replace(NODE, id="n2")

    with pytest.raises(ClaimRepeated):
        records.air_gap.sign_new(CLAIM, other, credential("2", "n2"), EVENT)
    records.nodes.activate("sha 1", EVENT)
    again = msgspec.structs.replace(CLAIM, id="w2", token="other")
    with pytest.raises(KeyKnown):
        records.air_gap.sign_new(again, other, credential("2", "n2"), EVENT)
    with pytest.raises(KeyKnown):
        records.air_gap.sign_renewal(again, credential("2"), EVENT)
    assert records.nodes.node("n2") is None


def test_a_renewal_adds_a_certificate_to_a_node_that_is_good(records):
    records.air_gap.sign_new(CLAIM, NODE, credential(), EVENT)
    renewal = msgspec.structs.replace(CLAIM, id="w2", key_sha256="k2")
    records.air_gap.sign_renewal(renewal, credential("2", key="k2"), EVENT)
    assert {each.serial for each in records.nodes.credentials("n1")} == {"1", "2"}

    third = msgspec.structs.replace(CLAIM, id="w3", key_sha256="k3")
    with pytest.raises(NotFound):
        records.air_gap.sign_renewal(third, credential("3", "n9", "k3"), EVENT)
    records.nodes.revoke_node("n1", 5, "lost", EVENT)
    with pytest.raises(Conflict, match="revoked"):
        records.air_gap.sign_renewal(third, credential("3", key="k3"), EVENT)
    assert records.approvals.find_kind(Kind.AIR_GAP, "k3") is None

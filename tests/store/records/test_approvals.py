"""Those who wait, on disk: one decision each, all of it or nothing."""

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.approval import Answer, Kind, Reason, WaitingClaim
from muster.model.evidence import Evidence, SshHostKey
from muster.model.identity import ClaimToken
from muster.model.inventory import Facts, Node, Room, Space
from muster.ports.approvals import AlreadyDecided, Decided, Mark, Queue, TooManyWaiting
from muster.ports.records import TokenSpent
from muster.store.records.evidence import put_marks
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
CLAIM = WaitingClaim(
    id="c1",
    space="s",
    kind=Kind.CLAIM,
    key_sha256="k1",
    request="PEM",
    name="web",
    token="t",
    rooms=("r",),
    address="10.1.2.3",
    network="10.1.2.0/24",
    facts=Facts(hostname="web", cores=2),
    evidence=Evidence(macs=("m",), ssh=(SshHostKey(key="k", signature="s"),)),
    reasons=(Reason(name="macs", text="says", points=5),),
    why="because",
    created_ns=10,
    expires_ns=100,
)
TOKEN = ClaimToken(
    id="t", space="s", rooms=("r",), proof_key="p", created_ns=1, expires_ns=20, uses=1
)
YES = Decided(answer=Answer.APPROVED, by="ada", time_ns=50, note="ours")
NO = Decided(answer=Answer.DENIED, by="ada", time_ns=50)
NODE = Node(id="n1", space="s", name="web", rooms=("r",), created_ns=50)


@pytest.fixture
def records(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.nodes.create_room(Room("r", "s", "edge"), EVENT)
        records.tokens.create(TOKEN, EVENT)
        yield records


def add(records, claim=CLAIM, per_space=9, per_network=9, **changed):
    claim = msgspec.structs.replace(claim, **changed)
    return records.approvals.add(claim, EVENT, per_space=per_space, per_network=per_network)


def count_events(records):
    return len(records.audit.events(spaces=None, limit=1000))


def test_one_is_read_as_it_was_written(records):
    add(records)

    assert records.approvals.claim("c1") == CLAIM
    assert records.approvals.find("t", "k1") == CLAIM
    assert records.approvals.find_kind(Kind.CLAIM, "k1") == CLAIM
    assert records.approvals.waiting(space="s", open_only=True) == [CLAIM]
    assert records.approvals.waiting(space="other") == []
    assert records.approvals.claim("x") is records.approvals.find("t", "x") is None


def test_the_one_that_waits_already_stays_and_an_expired_one_is_replaced(records):
    add(records)
    before = count_events(records)

    assert add(records, id="c2", created_ns=99).id == "c1"
    assert count_events(records) == before
    assert add(records, id="c3", created_ns=100, expires_ns=200).id == "c3"
    assert records.approvals.claim("c1") is None


def test_those_who_wait_are_counted_by_space_and_the_newest_is_known(records):
    add(records)
    add(records, id="c2", key_sha256="k2", created_ns=12)
    add(records, id="c3", key_sha256="k3", created_ns=13, expires_ns=40)
    records.approvals.decide("c1", NO, EVENT)

    assert records.approvals.count(30) == {"s": Queue(2, 13)}
    assert records.approvals.count(50) == {"s": Queue(1, 12)}
    assert records.approvals.count(100) == {}


def test_the_queue_is_bounded(records):
    add(records, per_network=1)
    with pytest.raises(TooManyWaiting, match="network"):
        add(records, id="c2", key_sha256="k2", per_network=1)
    with pytest.raises(TooManyWaiting, match="space"):
        add(records, id="c2", key_sha256="k2", network="other", per_space=1)

    records.approvals.decide("c1", NO, EVENT)
    assert add(records, id="c2", key_sha256="k2", per_network=1, per_space=1).id == "c2"


def test_an_approval_makes_node_claim_marks_and_event_and_counts_a_use(records):
    add(records)
    before = count_events(records)
    node = records.approvals.approve_new("c1", NODE, YES, EVENT, (Mark("mac", "m"),))

    assert records.nodes.node("n1").rooms == node.rooms == ("r",)
    assert records.tokens.token("t").used == 1  # which has expired by now: it asked in time
    assert records.tokens.find_claim("t", "k1").node == "n1"
    assert records.approvals.like("s", (Mark("mac", "m"),)) == {"n1": {"mac"}}
    claim = records.approvals.claim("c1")
    assert (claim.decision, claim.decided_by, claim.note, claim.node) == (
        Answer.APPROVED, "ada", "ours", "n1",
    )  # fmt: skip
    assert count_events(records) == before + 1


def test_an_approval_that_fails_leaves_nothing_behind(records):
    add(records)
    add(records, id="c2", key_sha256="k2")
    records.approvals.approve_new("c1", NODE, YES, EVENT)
    before = count_events(records)
    with pytest.raises(TokenSpent):
        records.approvals.approve_new("c2", msgspec.structs.replace(NODE, id="n2"), YES, EVENT)

    assert records.approvals.claim("c2").decision is Answer.WAITING
    assert records.nodes.count_nodes() == 1
    assert count_events(records) == before


@pytest.mark.parametrize("first", [YES, NO])
def test_a_decision_is_final(records, first):
    add(records)
    records.approvals.decide("c1", first, EVENT)

    for attempt in (
        lambda: records.approvals.decide("c1", NO, EVENT),
        lambda: records.approvals.approve_new("c1", NODE, YES, EVENT),
        lambda: records.approvals.approve_existing("c1", "n", YES, EVENT),
    ):
        with pytest.raises(AlreadyDecided):
            attempt()


def test_what_expired_or_is_gone_cannot_be_decided(records):
    add(records)

    with pytest.raises(AlreadyDecided, match="expired"):
        records.approvals.decide("c1", msgspec.structs.replace(YES, time_ns=100), EVENT)
    with pytest.raises(NotFound):
        records.approvals.decide("x", YES, EVENT)


@pytest.mark.parametrize("state", ["gone", "revoked", "elsewhere"])
def test_a_node_that_is_no_good_is_not_taken_over(records, state):
    records.tokens.create(msgspec.structs.replace(TOKEN, id="u", uses=9), EVENT)
    records.nodes.create_space(Space("s2", "Away"), EVENT)
    add(records, token="u")
    if state != "gone":
        add(records, id="c0", key_sha256="k0", token="u")
        records.approvals.approve_new("c0", NODE, YES, EVENT)
    if state == "revoked":
        records.nodes.revoke_node("n1", 5, "lost", EVENT)
    if state == "elsewhere":
        with records.approvals._database.change() as writer:
            writer.execute("UPDATE nodes SET space = 's2'")

    with pytest.raises(Conflict):
        records.approvals.approve_existing("c1", "n1", YES, EVENT)
    assert records.approvals.claim("c1").decision is Answer.WAITING


def test_marks_are_those_kept_last_of_their_kind_and_go_with_their_node(records):
    add(records)
    records.approvals.approve_new("c1", NODE, YES, EVENT, (Mark("mac", "m"), Mark("dmi", "d")))
    with records._database.change() as writer:
        put_marks(writer, "n1", (Mark("mac", "m2"), Mark("ssh", "x")))
        put_marks(writer, "gone", (Mark("dmi", "d"),))
    marks = (Mark("mac", "m"), Mark("dmi", "d"), Mark("ssh", "x"))

    assert records.approvals.like("s", marks) == {"n1": {"dmi", "ssh"}}
    assert records.approvals.like("other", marks) == {}
    records.nodes.remove_node("n1", 9, EVENT)
    assert records.approvals.like("s", marks) == {}


def test_what_ended_long_ago_is_forgotten(records):
    add(records)
    records.approvals.decide("c1", NO, EVENT)

    assert records.approvals.prune(100) == 0
    assert records.approvals.prune(101) == 1

"""Spaces, rooms, nodes and credentials on disk."""

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import Credential, CredentialState
from muster.model.inventory import Facts, Node, Room, Space
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
def nodes(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.nodes.create_space(Space("s2", "Away"), EVENT)
        records.nodes.create_room(Room("r1", "s", "edge"), EVENT)
        records.nodes.create_room(Room("r2", "s", "lab"), EVENT)
        records.nodes.create_room(Room("far", "s2", "edge"), EVENT)
        records.tokens.create(token(), EVENT)
        nodes = records.nodes
        nodes.add = lambda node, credential: records.tokens.claim("t", node, credential, EVENT)
        nodes.events = lambda: len(records.audit.events(spaces=None, limit=1000))
        yield nodes


def token():
    from muster.model.identity import ClaimToken

    return ClaimToken(
        id="t", space="s", rooms=(), proof_key="", created_ns=0, expires_ns=10**18, uses=1000
    )


def node(id="n", name="web", **options):
    return Node(id=id, space="s", name=name, created_ns=5, **options)


def credential(number, id="n", key="k"):
    return Credential(
        serial=f"{number:x}",
        node=id,
        sha256=f"{number:064x}",
        key_sha256=key,
        issuer="i",
        not_before_ns=number,
        not_after_ns=number + 100,
        state=CredentialState.NEXT,
    )


def states(nodes, id="n"):
    return [each.state.value for each in nodes.credentials(id)]


def test_a_node_is_read_as_it_was_written(nodes):
    facts = Facts(hostname="wéb", cores=4, memory_bytes=1 << 62, compiled=True)
    written = node(rooms=("r1", "r2"), facts=facts)
    nodes.add(written, credential(1))

    assert nodes.node("n") == written
    assert nodes.nodes() == nodes.nodes("s") == [written]
    assert nodes.nodes("s2") == []
    assert nodes.count_nodes() == 1


def test_rooms_of_another_space_are_left_out(nodes):
    nodes.add(node(rooms=("far", "r1", "gone")), credential(1))

    assert nodes.node("n").rooms == ("r1",)


def test_a_room_that_goes_leaves_its_nodes(nodes):
    nodes.add(node(rooms=("r1", "r2")), credential(1))
    nodes.remove_room("r1", EVENT)

    assert nodes.node("n").rooms == ("r2",)
    assert nodes.room("r1") is None


def test_a_node_is_renamed_and_moved(nodes):
    nodes.add(node(rooms=("r1",)), credential(1))
    changed = msgspec.structs.replace(nodes.node("n"), name="db", rooms=("r2",))
    nodes.update_node(changed, EVENT)

    assert nodes.node("n") == changed


def test_a_name_that_is_taken_is_refused_and_nothing_is_written(nodes):
    nodes.add(node(), credential(1))
    nodes.add(node("m", "db"), credential(2, "m", "k2"))
    before = nodes.events()
    with pytest.raises(Conflict, match="'db'"):
        nodes.update_node(msgspec.structs.replace(nodes.node("n"), name="db"), EVENT)
    for room in (Room("r9", "s", "edge"), Room("r1", "s", "other")):
        with pytest.raises(Conflict):
            nodes.create_room(room, EVENT)
    with pytest.raises(Conflict):
        nodes.update_room(Room("r1", "s", "lab"), EVENT)

    assert nodes.node("n").name == "web"
    assert nodes.events() == before


def test_what_is_not_there_cannot_be_changed_and_leaves_no_event(nodes):
    before = nodes.events()
    for change in (
        lambda: nodes.update_room(Room("gone", "s", "x"), EVENT),
        lambda: nodes.remove_room("gone", EVENT),
        lambda: nodes.update_node(node("gone"), EVENT),
        lambda: nodes.revoke_node("gone", 1, "", EVENT),
        lambda: nodes.remove_node("gone", 1, EVENT),
        lambda: nodes.add_credential(credential(9, "gone"), EVENT),
        lambda: nodes.activate("gone", EVENT),
    ):
        with pytest.raises(NotFound):
            change()

    assert nodes.events() == before


def test_numbers_of_equal_names_fill_gaps(nodes):
    for number, id in enumerate("abcd"):
        nodes.add(node(id), credential(number, id, f"k{id}"))
    nodes.remove_node("b", 1, EVENT)
    again = nodes.add(node("e"), credential(9, "e", "ke"))

    assert [each.name for each in nodes.nodes()] == ["web", "web-2", "web-3", "web-4"]
    assert (again.name, again.renamed_from) == ("web-2", "web")


def test_a_name_with_marks_of_sql_is_a_name_like_any(nodes):
    for number, name in enumerate(("a%", "a_", "a'; DROP TABLE nodes", "a*", "a%")):
        nodes.add(node(str(number), name), credential(number, str(number), str(number)))

    assert {each.name for each in nodes.nodes()} == {
        "a%", "a%-2", "a_", "a'; DROP TABLE nodes", "a*",
    }  # fmt: skip


def test_revoking_takes_all_credentials_along_and_counts_once(nodes):
    nodes.add(node(), credential(1))
    nodes.activate(credential(1).sha256, EVENT)
    nodes.add_credential(credential(2), EVENT)
    nodes.revoke_node("n", 7, "lost", EVENT)
    before = nodes.events()
    nodes.revoke_node("n", 8, "again", EVENT)

    assert (nodes.node("n").revoked_ns, nodes.node("n").revoked_reason) == (7, "lost")
    assert states(nodes) == ["revoked", "revoked"]
    assert nodes.events() == before
    with pytest.raises(Conflict, match="revoked"):
        nodes.add_credential(credential(3), EVENT)
    assert nodes.activate(credential(2).sha256, EVENT).state is CredentialState.REVOKED


def test_a_removed_node_is_gone_but_its_id_is_remembered(nodes):
    nodes.add(node(rooms=("r1",)), credential(1))
    nodes.remove_node("n", 7, EVENT)

    assert nodes.node("n") is None
    assert nodes.credential(credential(1).sha256) is None
    assert nodes.was_removed("n")
    assert not nodes.was_removed("m")


def test_last_seen_never_goes_back(nodes):
    nodes.add(node(), credential(1))
    nodes.touch({"n": 50, "gone": 1})
    nodes.touch({"n": 40})

    assert nodes.node("n").last_seen_ns == 50


def test_facts_are_replaced(nodes):
    nodes.add(node(), credential(1))
    nodes.update_facts("n", Facts(hostname="new"))
    nodes.update_facts("gone", Facts())

    assert nodes.node("n").facts == Facts(hostname="new")


def test_a_next_credential_replaces_one_that_was_never_used(nodes):
    nodes.add(node(), credential(1))
    nodes.add_credential(credential(2), EVENT)

    assert states(nodes) == ["next", "retired"]


def test_activating_retires_the_predecessor_and_happens_once(nodes):
    nodes.add(node(), credential(1))
    nodes.activate(credential(1).sha256, EVENT)
    nodes.add_credential(credential(2), EVENT)
    assert states(nodes) == ["next", "active"]
    nodes.activate(credential(2).sha256, EVENT)
    before = nodes.events()

    assert nodes.activate(credential(2).sha256, EVENT).state is CredentialState.ACTIVE
    assert nodes.activate(credential(1).sha256, EVENT).state is CredentialState.RETIRED
    assert states(nodes) == ["active", "retired"]
    assert nodes.events() == before


def test_only_some_of_the_old_credentials_are_kept(nodes):
    nodes.add(node(), credential(1))
    for number in range(2, 60):
        nodes.add_credential(credential(number), EVENT)

    assert len(states(nodes)) == 20
    assert states(nodes)[0] == "next"


def test_of_each_node_one_credential_stands_for_it(nodes):
    for number, id in enumerate(("active", "next", "revoked")):
        nodes.add(node(id, id), credential(number + 1, id, id))
    nodes.activate(credential(1).sha256, EVENT)
    nodes.add_credential(credential(11, "active"), EVENT)
    nodes.add_credential(credential(12, "revoked"), EVENT)
    nodes.revoke_node("revoked", 1, "", EVENT)
    current = nodes.current_credentials()

    assert {id: each.serial for id, each in current.items()} == {
        "active": "1",
        "next": "2",
        "revoked": "c",
    }


def test_a_node_is_at_hand_with_its_credential_until_something_changes(nodes):
    nodes.add(node(), credential(1))
    before = nodes.at_hand("n")
    nodes.nodes()
    nodes.current_credentials()
    nodes.touch({"n": 77})
    found = nodes.at_hand("n")
    unknown = nodes.at_hand("other")
    nodes.activate(credential(1).sha256, EVENT)

    assert (before, unknown, nodes.at_hand("n")) == (None, None, None)
    assert (found[0].last_seen_ns, found[1].serial) == (77, "1")
    assert found[0] == nodes.node("n")


def test_labels_and_the_address_are_kept(nodes):
    nodes.add(node(labels={"site": "a"}, ephemeral_s=60, address="10.0.0.1"), credential(1))
    nodes.update_facts("n", Facts(hostname="web"))
    assert nodes.node("n").address == "10.0.0.1"
    nodes.update_facts("n", Facts(hostname="web"), "10.0.0.2")
    changed = msgspec.structs.replace(nodes.node("n"), labels={"site": "b"}, ephemeral_s=0)
    nodes.update_node(changed, EVENT)

    assert nodes.node("n") == changed
    assert changed.address == "10.0.0.2"


def test_an_ephemeral_node_leaves_when_its_time_is_up_and_its_id_stays_taken(nodes):
    second = 1_000_000_000
    nodes.add(node(ephemeral_s=10), credential(1))
    nodes.add(node("stays", "db"), credential(2, "stays", "k2"))
    nodes.touch({"n": 20 * second})

    assert nodes.expiring(30 * second - 1) == []
    assert [each.id for each in nodes.expiring(30 * second)] == ["n"]
    nodes.touch({"n": 21 * second})
    assert not nodes.expire_node("n", 30 * second, EVENT)
    before = nodes.events()
    assert nodes.expire_node("n", 31 * second, EVENT)
    assert nodes.events() == before + 1
    assert nodes.node("n") is None
    assert nodes.was_removed("n")
    assert nodes.expired() == ["n"]
    nodes.remove_node("stays", 1, EVENT)
    assert nodes.expired() == ["n"]


def test_a_node_that_was_looked_up_shows_all_that_changes_and_is_read_once_meanwhile(nodes):
    read = []
    nodes._read_node = lambda id, own=nodes._read_node: read.append(id) or own(id)
    unknown = nodes.node("n")
    nodes.add(node(rooms=("r1",)), credential(1))
    first = [nodes.node("n"), nodes.node("n")]
    nodes.touch({"n": 9})
    seen = nodes.node("n").last_seen_ns
    nodes.remove_room("r1", EVENT)
    moved = nodes.node("n").rooms
    nodes.revoke_node("n", 20, "lost", EVENT)
    revoked = nodes.node("n").revoked_ns
    nodes.remove_node("n", 30, EVENT)

    assert (unknown, [each.rooms for each in first]) == (None, [("r1",)] * 2)
    assert (seen, moved, revoked, nodes.node("n")) == (9, (), 20, None)
    assert read == ["n"] * 5

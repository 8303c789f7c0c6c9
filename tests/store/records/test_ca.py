"""What is revoked cannot be forgotten, whoever revokes or removes."""

import pytest

from muster.model.access import AuditEvent
from muster.model.identity import Credential, CredentialState
from muster.model.inventory import Facts, Node, Space
from muster.pki.crl import Revoked
from muster.store.records.nodes import add_node
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=50, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        yield records


def add(records, id, *serials, ends_ns=1_000):
    with records._database.change() as writer:
        add_node(writer, Node(id=id, space="s", name=id, rooms=(), created_ns=1, facts=Facts()))
    for serial in serials:
        credential = Credential(
            serial=serial,
            node=id,
            sha256=f"sha {serial}",
            key_sha256=f"key {serial}",
            issuer="Muster agents",
            not_before_ns=1,
            not_after_ns=ends_ns,
            state=CredentialState.NEXT,
        )
        records.nodes.add_credential(credential, EVENT)


def test_a_new_hub_has_an_empty_list(records):
    listed = records.ca.listed(10)

    assert listed.entries == ()
    assert listed.number == records.ca.list_number() > 0


def test_all_certificates_of_a_revoked_node_are_listed_and_the_number_grows(records):
    add(records, "n", "a1", "a2")
    add(records, "other", "b1")
    before = records.ca.list_number()

    records.nodes.revoke_node("n", 77, "stolen", EVENT)
    listed = records.ca.listed(100)

    assert {each.serial for each in listed.entries} == {"a1", "a2"}
    assert {each.revoked_ns for each in listed.entries} == {77}
    assert listed.number > before


def test_a_removed_nodes_certificates_stay_listed(records):
    add(records, "n", "a1")
    before = records.ca.list_number()

    records.nodes.remove_node("n", 88, EVENT)

    assert records.ca.listed(100).entries == (
        Revoked(serial="a1", revoked_ns=88, reason="cessation_of_operation"),
    )
    assert records.ca.list_number() > before


def test_a_node_that_was_revoked_and_then_removed_is_listed_once_as_revoked(records):
    add(records, "n", "a1")
    records.nodes.revoke_node("n", 77, "", EVENT)
    records.nodes.remove_node("n", 88, EVENT)

    assert records.ca.listed(100).entries == (Revoked(serial="a1", revoked_ns=77),)


def test_a_certificate_is_listed_until_its_end(records):
    add(records, "n", "a1", ends_ns=1_000)
    records.nodes.revoke_node("n", 77, "", EVENT)

    assert records.ca.listed(999).entries
    assert not records.ca.listed(1_000).entries


def test_a_revocation_that_is_undone_leaves_the_list_as_it_was(records):
    add(records, "n", "a1")
    before = records.ca.listed(1)

    with pytest.raises(RuntimeError), records._database.change() as writer:
        writer.execute("UPDATE nodes SET revoked_ns = 5 WHERE id = 'n'")
        writer.execute("UPDATE credentials SET state = 'revoked' WHERE node = 'n'")
        raise RuntimeError

    assert records.ca.listed(1) == before


def test_a_new_day_has_a_new_number_and_forgets_what_ended(records):
    add(records, "n", "a1", ends_ns=1_000)
    records.nodes.revoke_node("n", 77, "", EVENT)
    before = records.ca.list_number()

    records.ca.renumber(2_000)

    assert records.ca.list_number() == before + 1
    assert not records._database.all("SELECT * FROM revocations")


def test_a_node_confirms_anchors_and_takes_its_word_with_it(records):
    add(records, "n")
    add(records, "m")

    records.ca.confirm({"n": "one", "m": "one", "gone": "one"}, 5)
    records.ca.confirm({"n": "two"}, 6)
    assert records.ca.confirmed() == {"n": "two", "m": "one"}

    records.nodes.remove_node("n", 9, EVENT)
    assert records.ca.confirmed() == {"m": "one"}


def test_a_restored_hub_gives_no_number_twice(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.backup(tmp_path / "backup.sqlite")
        number = records.ca.list_number()
    with SqliteRecords(path=tmp_path / "backup.sqlite") as restored:
        restored.begin(10)
        assert restored.ca.list_number() > number + 1_000

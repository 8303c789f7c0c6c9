"""The doctor's look at the audit log."""

import msgspec
import pytest

from muster.hub.diagnosis import auditlook
from muster.hub.places import Places
from muster.model.access import AuditEvent
from muster.store.files import write_private
from muster.store.records.records import SqliteRecords


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


def write(places, count=5):
    with SqliteRecords(path=places.records) as records:
        for number in range(count):
            records.audit.add(
                AuditEvent(
                    time_ns=number,
                    actor="ada",
                    action="node.edit",
                    object="n",
                    address="::1",
                    outcome="ok",
                )
            )
        return records.audit.newest()


def tamper(places, sql):
    with SqliteRecords(path=places.records) as records, records.audit._database.change() as writer:
        for (name,) in writer.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
            writer.execute(f"DROP TRIGGER {name}")
        writer.execute(sql)


def test_a_folder_without_records_is_a_note_and_gets_none(places):
    assert auditlook.look(places).ok is None
    assert not places.records.exists()


def test_a_sound_log_is_said_to_be_so(places):
    write(places)
    finding = auditlook.look(places)

    assert finding.ok is True
    assert "newest 5 events" in finding.text


def test_the_event_that_was_changed_is_named(places):
    write(places)
    tamper(places, "UPDATE audit SET actor = 'bob' WHERE id = 3")
    finding = auditlook.look(places)

    assert finding.ok is False
    assert "event 3 is altered" in finding.text
    assert "muster audit verify" in finding.remedy


def test_a_tail_that_was_cut_off_is_missed_by_what_the_hub_noted(places):
    newest = write(places)
    write_private(places.audit_anchor, msgspec.json.encode(newest))
    tamper(places, "DELETE FROM audit WHERE id > 3")
    tamper(places, "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'")

    assert "events 4 to 5 are gone" in auditlook.look(places).text


def test_records_that_cannot_be_read_are_a_fault(places):
    places.records.write_bytes(b"no database" * 1000)
    finding = auditlook.look(places)

    assert finding.ok is False
    assert finding.remedy

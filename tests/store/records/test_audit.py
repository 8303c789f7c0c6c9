"""Audit events on disk."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.errors import Conflict, Unavailable
from muster.model.access import AuditEvent
from muster.model.auditchain import FORGOTTEN, GENESIS, Checkpoint, hash_of
from muster.store.records.records import SqliteRecords

NAMES = ("time_ns", "actor", "action", "object", "address", "outcome", "detail", "space")
PRUNED = AuditEvent(time_ns=99, actor="hub", action=FORGOTTEN, object="", address="", outcome="ok")


@pytest.fixture
def audit():
    with SqliteRecords() as records:
        yield records.audit


def event(number, space=""):
    return AuditEvent(
        time_ns=number,
        actor="ada",
        action="node.edit",
        object="n",
        address="::1",
        outcome="ok",
        detail="d",
        space=space,
    )


def test_events_come_back_newest_first_as_written(audit):
    for number in range(5):
        audit.add(event(number))

    found = audit.events(spaces=None, limit=3)
    assert [each.event for each in found] == [event(4), event(3), event(2)]


def test_reading_goes_on_before_an_id(audit):
    for number in range(5):
        audit.add(event(number))
    page = audit.events(spaces=None, limit=2)

    rest = audit.events(spaces=None, limit=10, before=page[-1].id)
    assert [each.event.time_ns for each in rest] == [2, 1, 0]


def times(audit):
    return [each.event.time_ns for each in audit.events(spaces=None, limit=1000)]


def prune(audit, before_ns, most):
    return audit.prune(before_ns, most, PRUNED)


def test_reading_forward_goes_on_after_an_id(audit):
    for number in range(5):
        audit.add(event(number))
    page = audit.events(spaces=None, limit=2, after=0)
    rest = audit.events(spaces=None, limit=10, after=page[-1].id)

    assert [each.event.time_ns for each in page + rest] == [0, 1, 2, 3, 4]


def test_what_is_older_than_a_time_is_forgotten_and_that_is_an_event(audit):
    for number in range(5):
        audit.add(event(number))
    gone = audit.events(spaces=None, limit=10)[2]

    assert prune(audit, before_ns=3, most=100) == 3
    assert times(audit) == [99, 4, 3]
    told = audit.events(spaces=None, limit=1)[0].event
    assert (told.action, told.object, told.detail) == ("audit.prune", "3", gone.hash)
    assert audit.check({}).begins == Checkpoint(3, gone.hash)


def test_of_more_than_so_many_events_the_oldest_are_forgotten(audit):
    for number in range(5):
        audit.add(event(number))

    assert prune(audit, before_ns=0, most=3) == 3
    assert times(audit) == [99, 4, 3]
    assert prune(audit, before_ns=0, most=3) == 0
    assert times(audit) == [99, 4, 3]


def test_an_event_of_a_clock_that_went_back_takes_no_younger_one_along(audit):
    for number in (5, 6, 1, 7):
        audit.add(event(number))

    assert prune(audit, before_ns=5, most=100) == 0


def test_many_are_forgotten_in_small_transactions(audit, monkeypatch):
    monkeypatch.setattr("muster.store.records.audit._PRUNED_AT_ONCE", 2)
    for number in range(7):
        audit.add(event(number))

    assert prune(audit, before_ns=6, most=100) == 6
    assert times(audit) == [99, 6]


def test_a_pruning_that_died_half_way_leaves_a_sound_chain(audit, monkeypatch):
    monkeypatch.setattr("muster.store.records.audit._PRUNED_AT_ONCE", 2)
    for number in range(7):
        audit.add(event(number))
    audit._announce(6, 100, PRUNED)
    audit._prune_some(6)

    assert audit.check({}).ok
    assert prune(audit, before_ns=6, most=100) == 4
    assert audit.check({}).ok


def test_ids_of_the_forgotten_are_not_given_again(audit):
    audit.add(event(0))
    before = audit.events(spaces=None, limit=1)[0].id
    prune(audit, before_ns=1, most=1)
    audit.add(event(1))

    assert audit.events(spaces=None, limit=1)[0].id == before + 2
    assert audit.check({}).ok


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET actor = 'eve' WHERE id = 2",
        "UPDATE audit SET hash = '' WHERE id = 2",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit",
    ],
)
def test_the_schema_itself_lets_no_event_be_changed_or_taken_out(audit, sql):
    for number in range(3):
        audit.add(event(number))
    with pytest.raises(Conflict), audit._database.change() as writer:
        writer.execute(sql)

    assert times(audit) == [2, 1, 0]


def test_each_event_follows_the_hash_of_the_one_before(audit):
    for number in range(3):
        audit.add(event(number))
    found = audit.events(spaces=None, limit=10, after=0)
    words = [str(getattr(found[1].event, name)).encode() for name in NAMES]

    assert found[1].hash == hash_of(found[0].hash, found[1].id, words)
    assert audit.newest() == Checkpoint(found[2].id, found[2].hash)
    assert [audit.hash_at(each) for each in (-1, 0, 2, 9)] == [None, GENESIS, found[1].hash, ""]


def test_a_sound_chain_is_said_to_be_so(audit):
    for number in range(5):
        audit.add(event(number))
    report = audit.check({2: audit.hash_at(2)})

    assert (report.ok, report.events, report.newest) == (True, 5, audit.newest())


# What somebody does who can write the file, and has taken the triggers away.


def tamper(audit, sql, *values):
    with audit._database.change() as writer:
        for name in ("audit_is_never_changed", "audit_goes_from_the_old_end"):
            writer.execute(f"DROP TRIGGER IF EXISTS {name}")
        writer.execute(sql, values)


def fault_of(audit, noted=None):
    fault = audit.check(noted or {}).fault
    return (fault.event, fault.what) if fault else None


def flipped(text, place, bit):
    data = bytearray(str(text).encode())
    data[place % len(data)] ^= 1 << bit
    return bytes(data)


@given(
    row=st.integers(1, 20),
    column=st.sampled_from([*NAMES, "hash", "id"]),
    place=st.integers(0, 63),
    bit=st.integers(0, 7),
)
@settings(max_examples=200)
def test_one_flipped_bit_in_any_column_of_any_event_is_found_there(row, column, place, bit):
    with SqliteRecords() as records:
        for number in range(20):
            records.audit.add(event(1000 + number, space="space"))
        value = records.audit._database.one(f"SELECT {column} FROM audit WHERE id = ?", (row,))[0]
        if isinstance(value, int):
            # Bits above the count of ids, so that the event moves and hits no other.
            changed = value ^ 1 << (place % 55 + 5 if column == "id" else place % 62)
            tamper(records.audit, f"UPDATE audit SET {column} = ? WHERE id = ?", changed, row)
        else:
            changed = flipped(value, place, bit)
            sql = f"UPDATE audit SET {column} = CAST(? AS TEXT) WHERE id = ?"
            tamper(records.audit, sql, changed, row)
        found = fault_of(records.audit)

    assert found == (row, "missing" if column == "id" else "altered")


@given(row=st.integers(1, 20))
@settings(max_examples=20)
def test_an_event_that_is_taken_out_is_missed(row):
    with SqliteRecords() as records:
        for number in range(20):
            records.audit.add(event(number))
        tamper(records.audit, "DELETE FROM audit WHERE id = ?", row)

        assert fault_of(records.audit) == (row, "missing")


def test_an_event_that_is_put_in_anew_is_found(audit):
    for number in range(5):
        audit.add(event(number))
    tamper(audit, "DELETE FROM audit WHERE id = 3")
    tamper(
        audit,
        "INSERT INTO audit SELECT 3, time_ns, 'eve', action, object, address, outcome, detail,"
        " space, hash FROM audit WHERE id = 2",
    )

    assert fault_of(audit) == (3, "altered")


def test_an_event_before_the_beginning_is_found(audit):
    for number in range(5):
        audit.add(event(number))
    prune(audit, before_ns=3, most=100)
    tamper(
        audit,
        "INSERT INTO audit SELECT 2, time_ns, actor, action, object, address, outcome, detail,"
        " space, hash FROM audit WHERE id = 4",
    )

    assert fault_of(audit) == (2, "inserted")


def test_events_cut_off_the_end_are_missed_by_the_count_and_never_replaced(audit):
    for number in range(5):
        audit.add(event(number))
    tamper(audit, "DELETE FROM audit WHERE id > 3")

    assert fault_of(audit) == (4, "missing")
    audit.add(event(9))
    assert fault_of(audit) == (4, "missing")


def test_a_tail_that_was_cut_off_with_all_traces_is_missed_by_who_noted_a_hash(audit):
    for number in range(5):
        audit.add(event(number))
    noted = audit.newest()
    tamper(audit, "DELETE FROM audit WHERE id > 3")
    tamper(audit, "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'")

    assert fault_of(audit) is None
    assert fault_of(audit, {noted.id: noted.hash}) == (4, "missing")
    for number in range(5, 8):
        audit.add(event(number))
    assert fault_of(audit) is None
    assert fault_of(audit, {noted.id: noted.hash}) == (5, "altered")


def test_a_beginning_that_was_cut_off_is_missed(audit):
    for number in range(5):
        audit.add(event(number))
    prune(audit, before_ns=1, most=100)
    hash = audit.hash_at(3)
    tamper(audit, "DELETE FROM audit WHERE id <= 3")
    tamper(audit, "UPDATE audit_checkpoint SET id = 3, hash = ?", hash)

    assert fault_of(audit) == (2, "missing")


def test_a_beginning_with_another_hash_is_found(audit):
    for number in range(5):
        audit.add(event(number))
    prune(audit, before_ns=3, most=100)
    tamper(audit, "UPDATE audit_checkpoint SET hash = ?", "f" * 64)

    assert fault_of(audit) == (4, "altered")
    assert fault_of(audit, {3: "0" * 64}) == (3, "checkpoint")


def test_a_backup_keeps_the_chain_and_goes_on_with_it(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        for number in range(5):
            records.audit.add(event(number))
        prune(records.audit, before_ns=2, most=100)
        noted = records.audit.newest()
        records.backup(tmp_path / "copy.sqlite")
    with SqliteRecords(path=tmp_path / "copy.sqlite") as copy:
        copy.audit.add(event(9))
        report = copy.audit.check({noted.id: noted.hash})

    assert report.ok
    assert report.newest.id == noted.id + 1


def test_without_its_checkpoint_nothing_is_written_or_verified(audit):
    tamper(audit, "DELETE FROM audit_checkpoint")

    with pytest.raises(Unavailable, match="checkpoint"):
        audit.add(event(1))
    with pytest.raises(Unavailable, match="checkpoint"):
        audit.check({})


def test_events_of_other_spaces_are_left_out_and_those_of_the_hub_are_not(audit):
    for number, space in enumerate(("one", "two", "")):
        audit.add(event(number, space))

    found = audit.events(spaces=frozenset({"one"}), limit=10)
    assert [each.event.space for each in found] == ["", "one"]


def test_of_a_long_log_the_newest_events_are_checked_alone(audit):
    for number in range(20):
        audit.add(event(number))
    report = audit.check_newest(5, {})

    assert (report.ok, report.events, report.begins.id, report.newest.id) == (True, 5, 15, 20)
    assert audit.check_newest(100, {}).events == 20
    tamper(audit, "UPDATE audit SET actor = 'bob' WHERE id = 3")
    assert audit.check_newest(5, {}).ok
    assert audit.check_newest(100, {}).fault.event == 3


@pytest.mark.parametrize(
    ("sql", "what", "first"),
    [
        ("UPDATE audit SET actor = 'bob' WHERE id = 18", "altered", 18),
        ("DELETE FROM audit WHERE id = 16", "missing", 16),
        ("DELETE FROM audit WHERE id = 15", "missing", 15),
        ("DELETE FROM audit WHERE id = 20", "missing", 20),
    ],
)
def test_a_fault_among_the_newest_events_is_found_there(audit, sql, what, first):
    for number in range(20):
        audit.add(event(number))
    tamper(audit, sql)
    fault = audit.check_newest(5, {}).fault

    assert (fault.what, fault.event) == (what, first)


def test_a_tail_that_was_cut_off_is_missed_among_the_newest_by_who_noted_a_hash(audit):
    for number in range(20):
        audit.add(event(number))
    noted = {20: audit.newest().hash}
    tamper(audit, "DELETE FROM audit WHERE id > 17")
    tamper(audit, "UPDATE sqlite_sequence SET seq = 17 WHERE name = 'audit'")

    assert audit.check_newest(5, {}).ok
    assert audit.check_newest(5, noted).fault.what == "missing"

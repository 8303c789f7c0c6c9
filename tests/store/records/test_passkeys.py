"""Passkeys on disk."""

import msgspec
import pytest

from muster.errors import Conflict, LimitExceeded, NotFound
from muster.model.access import AuditEvent, Role, User
from muster.model.inventory import Space
from muster.model.signin import Passkey
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=50, actor="a", action="t", object="o", address="", outcome="ok")
ADA = User(id="u", name="ada", password_hash="h", roles={"s": Role.ADMIN}, created_ns=1)
BOB = User(id="b", name="bob", password_hash="h", roles={"s": Role.ADMIN}, created_ns=1)


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.people.create_user(ADA, EVENT)
        records.people.create_user(BOB, EVENT)
        yield records


def passkey(id="k", user="u", **given):
    values = {"name": "key", "domain": "d", "public_key": b"\0p", "sign_count": 3, "created_ns": 5}
    return Passkey(id=id, user=user, synced=True, **{**values, **given})


def events(records):
    return len(records.audit.events(spaces=None, limit=100))


def test_a_passkey_is_read_as_written(records):
    records.passkeys.add_passkey(passkey(), EVENT, most=5)
    records.passkeys.add_passkey(passkey("j", created_ns=4), EVENT, most=5)

    assert records.passkeys.passkeys("u") == [passkey("j", created_ns=4), passkey()]
    assert records.passkeys.passkey("k") == passkey()
    assert records.passkeys.passkey("x") is None
    assert records.passkeys.passkeys("b") == []


def test_one_that_is_known_or_one_too_many_changes_nothing(records):
    records.passkeys.add_passkey(passkey(), EVENT, most=1)
    before = events(records)
    with pytest.raises(LimitExceeded):
        records.passkeys.add_passkey(passkey("j"), EVENT, most=1)
    with pytest.raises(Conflict):
        records.passkeys.add_passkey(passkey(user="b"), EVENT, most=1)

    assert events(records) == before


@pytest.mark.parametrize(
    ("last", "now", "good"),
    [(3, 4, True), (3, 3, False), (3, 2, False), (3, 0, False), (0, 0, True), (0, 1, True)],
)
def test_a_count_only_goes_up(records, last, now, good):
    records.passkeys.add_passkey(passkey(sign_count=last), EVENT, most=1)

    assert records.passkeys.use_passkey("k", now, 9) is good
    expected = passkey(sign_count=now, used_ns=9) if good else passkey(sign_count=last)
    assert records.passkeys.passkey("k") == expected


def test_one_that_is_gone_is_not_used(records):
    assert not records.passkeys.use_passkey("k", 5, 9)


def test_it_is_renamed_and_removed(records):
    records.passkeys.add_passkey(passkey(), EVENT, most=1)
    records.passkeys.rename_passkey("k", "desk", EVENT)
    assert records.passkeys.passkey("k") == msgspec.structs.replace(passkey(), name="desk")
    with pytest.raises(Conflict):
        records.passkeys.remove_passkey("k", EVENT, keep_one=True)
    records.passkeys.remove_passkey("k", EVENT, keep_one=False)

    for deed in (
        lambda: records.passkeys.remove_passkey("k", EVENT, keep_one=False),
        lambda: records.passkeys.rename_passkey("k", "x", EVENT),
    ):
        with pytest.raises(NotFound):
            deed()


def test_passkeys_are_counted_by_user(records):
    records.passkeys.add_passkey(passkey(), EVENT, most=5)
    records.passkeys.add_passkey(passkey("j"), EVENT, most=5)

    assert records.passkeys.counts() == {"u": 2}


def test_it_goes_with_its_user(records):
    records.passkeys.add_passkey(passkey(), EVENT, most=1)
    records.people.remove_user("u", EVENT)

    assert records.passkeys.passkey("k") is None

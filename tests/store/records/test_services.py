"""Certificates for other services are remembered, each change with its event."""

import msgspec
import pytest

from muster.clock import DAY_NS
from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.service import ServiceCertificate
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(
    time_ns=1, actor="ada", action="pki.issue", object="nas", address="", outcome="ok"
)
FIRST = ServiceCertificate(
    id="00aa",
    name="nas.lan",
    names=("nas.lan", "10.0.0.7"),
    client=False,
    server=True,
    serial="aa",
    issuer="1" * 64,
    key_sha256="2" * 64,
    not_before_ns=0,
    not_after_ns=90 * DAY_NS,
    created_ns=1,
    created_by="ada",
    chain="PEM",
)
SECOND = msgspec.structs.replace(FIRST, id="00bb", serial="bb", created_ns=2)


@pytest.fixture
def records():
    with SqliteRecords() as records:
        yield records


def events(records):
    return len(records.audit.events(spaces=None, limit=50))


def test_what_is_added_is_read_again_newest_first(records):
    records.services.add(FIRST, EVENT)
    records.services.add(SECOND, EVENT)

    listed = records.services.certificates()
    assert [each.id for each in listed] == ["00bb", "00aa"]
    assert listed[1] == msgspec.structs.replace(FIRST, chain="")
    assert records.services.certificate("00aa") == FIRST
    assert records.services.certificate("00cc") is None
    assert (records.services.count(), events(records)) == (2, 2)


def test_only_one_can_take_the_place_of_another(records):
    records.services.add(FIRST, EVENT)
    records.services.add(SECOND, EVENT, replaces=FIRST.id)
    third = msgspec.structs.replace(FIRST, id="00cc", serial="cc")

    with pytest.raises(Conflict, match="meanwhile"):
        records.services.add(third, EVENT, replaces=FIRST.id)

    assert records.services.certificate("00aa").replaced_by == "00bb"
    assert records.services.certificate("00cc") is None
    assert events(records) == 2


def test_what_is_revoked_is_listed_by_its_issuer_until_its_end(records):
    number = records.services.list_number()
    records.services.add(FIRST, EVENT)
    records.services.revoke("00aa", 5, "superseded", EVENT)
    records.services.revoke("00aa", 6, "superseded", EVENT)

    listed = records.services.listed(DAY_NS)
    assert listed.number == number + 1
    assert [
        (each.serial, each.revoked_ns, each.reason, each.issuer) for each in listed.entries
    ] == [("aa", 5, "superseded", "1" * 64)]
    assert records.services.listed(91 * DAY_NS).entries == ()
    assert events(records) == 2
    records.services.renumber(0)
    assert records.services.list_number() == number + 2


def test_what_is_not_there_cannot_be_revoked(records):
    with pytest.raises(NotFound):
        records.services.revoke("00aa", 5, "", EVENT)


def test_what_was_brought_along_is_adopted_once(records):
    assert records.services.adopt([FIRST, SECOND], EVENT) == 2
    assert records.services.adopt([FIRST], EVENT) == 0


def test_each_threshold_is_warned_of_once_and_forgotten_with_what_ended(records):
    records.services.add(FIRST, EVENT)

    assert records.services.warn("00aa", 30, FIRST.not_after_ns, EVENT)
    assert not records.services.warn("00aa", 30, FIRST.not_after_ns, EVENT)
    assert records.services.warn("00aa", 14, FIRST.not_after_ns, EVENT)
    assert events(records) == 3
    assert records.services.forget(91 * DAY_NS) == 1
    assert records.services.warn("00aa", 30, FIRST.not_after_ns, EVENT)

"""API tokens on disk."""

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import ApiToken, AuditEvent, Role, User
from muster.model.inventory import Space
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=50, actor="a", action="t", object="o", address="", outcome="ok")
ADA = User(id="u", name="ada", password_hash="h", roles={"s": Role.EDITOR}, created_ns=1)
EVE = User(id="e", name="eve", password_hash="h", roles={"s": Role.ADMIN}, created_ns=1)


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.people.create_user(ADA, EVENT)
        records.people.create_user(EVE, EVENT)
        yield records


def token(id="t", role=Role.VIEWER, user="u", **given):
    times = {"created_ns": 10, "expires_ns": 100, **given}
    return ApiToken(id=id, user=user, name="ci", role=role, sha256=f"hash of {id}", **times)


def events(records):
    return len(records.audit.events(spaces=None, limit=1000))


def test_a_token_is_read_as_written_by_id_and_by_hash(records):
    records.api_tokens.create(token(), EVENT)

    assert records.api_tokens.token("t") == token()
    assert records.api_tokens.find("hash of t") == token()
    assert records.api_tokens.token("x") is records.api_tokens.find("x") is None


def test_the_newest_comes_first(records):
    for id, created_ns in (("a", 1), ("b", 3), ("c", 2)):
        records.api_tokens.create(token(id, created_ns=created_ns), EVENT)

    assert [each.id for each in records.api_tokens.tokens()] == ["b", "c", "a"]


def test_a_token_is_never_more_than_its_user_is_at_that_moment(records):
    before = events(records)
    with pytest.raises(Conflict, match="no admin any more"):
        records.api_tokens.create(token(role=Role.ADMIN), EVENT)
    with pytest.raises(Conflict):
        records.api_tokens.create(token(user="gone"), EVENT)

    assert records.api_tokens.tokens() == []
    assert events(records) == before


def test_revoking_is_on_record_once(records):
    records.api_tokens.create(token(), EVENT)
    before = events(records)
    for now_ns in (20, 30):
        records.api_tokens.revoke("t", now_ns, EVENT)
    with pytest.raises(NotFound):
        records.api_tokens.revoke("x", 20, EVENT)

    assert records.api_tokens.token("t").revoked_ns == 20
    assert events(records) == before + 1


def test_the_last_use_never_goes_backwards(records):
    records.api_tokens.create(token(), EVENT)
    for used_ns in (40, 30):
        records.api_tokens.touch("t", used_ns)

    assert records.api_tokens.token("t").used_ns == 40


@pytest.mark.parametrize(
    ("change", "ended"),
    [
        ({"roles": {"s": Role.ADMIN}}, []),
        ({"roles": {"s": Role.EDITOR}}, []),
        ({"roles": {"s": Role.VIEWER}}, ["editor"]),
        ({"roles": {}}, ["editor", "viewer"]),
        ({"disabled": True}, ["editor", "viewer"]),
    ],
)
def test_what_a_user_loses_ends_the_tokens_that_stood_on_it_for_good(records, change, ended):
    for role in (Role.VIEWER, Role.EDITOR):
        records.api_tokens.create(token(role.value, role), EVENT)
    records.api_tokens.create(token("other", Role.VIEWER, user="e"), EVENT)
    less = msgspec.structs.replace(ADA, **change)
    records.people.update_user(less, EVENT, before=ADA, end_sessions=False)
    records.people.update_user(ADA, EVENT, before=less, end_sessions=False)

    found = {each.id: each.revoked_ns for each in records.api_tokens.tokens()}
    assert sorted(id for id, revoked_ns in found.items() if revoked_ns) == ended
    assert {revoked_ns for revoked_ns in found.values() if revoked_ns} <= {EVENT.time_ns}


def test_tokens_go_with_their_user(records):
    records.api_tokens.create(token(), EVENT)
    records.people.remove_user("u", EVENT)

    assert records.api_tokens.tokens() == []


def test_tokens_that_ended_long_ago_are_forgotten(records):
    records.api_tokens.create(token("expired", expires_ns=20), EVENT)
    records.api_tokens.create(token("revoked"), EVENT)
    records.api_tokens.revoke("revoked", 20, EVENT)
    records.api_tokens.create(token("good"), EVENT)

    assert records.api_tokens.prune(20) == 0
    assert records.api_tokens.prune(21) == 2
    assert [each.id for each in records.api_tokens.tokens()] == ["good"]

"""Foreign identities and invitations on disk."""

import msgspec
import pytest

from muster.errors import Conflict, LimitExceeded, NotFound
from muster.model.access import AuditEvent, Role, User
from muster.model.inventory import Space
from muster.model.signin import ForeignIdentity, Invitation, Passkey
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=50, actor="a", action="t", object="o", address="", outcome="ok")
ADA = User(id="u", name="ada", password_hash="", roles={"s": Role.ADMIN}, created_ns=1)
PASSKEY = Passkey(
    id="k", user="u", name="key", domain="d", public_key=b"p", sign_count=0, created_ns=5
)


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        yield records


def identity(subject="1", user="u", **given):
    values = {"issuer": "i", "provider": "corp", "created_ns": 1, "used_ns": 2}
    return ForeignIdentity(subject=subject, user=user, **{**values, **given})


def invitation(id="v", **given):
    values = {
        "sha256": f"hash of {id}", "user": "u", "name": "ada", "roles": {"s": Role.ADMIN},
        "room_roles": {"r": Role.VIEWER}, "created_ns": 10, "expires_ns": 100, "created_by": "me",
    }  # fmt: skip
    return Invitation(id=id, **{**values, **given})


def events(records):
    return len(records.audit.events(spaces=None, limit=100))


def test_user_and_identity_are_made_together(records):
    records.signin.create_foreign_user(ADA, identity(), EVENT)

    assert records.people.user("u") == ADA
    assert records.signin.identity("i", "1") == identity()
    assert records.signin.identities("u") == records.signin.identities() == [identity()]
    assert records.signin.identities("x") == []
    for other in (("i", "2"), ("j", "1")):
        assert records.signin.identity(*other) is None


def test_a_taken_name_or_identity_makes_neither(records):
    records.signin.create_foreign_user(ADA, identity(), EVENT)
    before = events(records)
    bob = msgspec.structs.replace(ADA, id="b", name="bob")
    same = msgspec.structs.replace(ADA, id="c")
    for user, other in ((bob, identity(user="b")), (same, identity("2", user="c"))):
        with pytest.raises(Conflict):
            records.signin.create_foreign_user(user, other, EVENT)

    assert [each.name for each in records.people.users()] == ["ada"]
    assert events(records) == before


def test_a_use_is_noted(records):
    records.signin.create_foreign_user(ADA, identity(), EVENT)
    records.signin.use_identity(identity(provider="twin", used_ns=9))

    assert records.signin.identity("i", "1") == identity(provider="twin", used_ns=9)


def test_an_identity_goes_with_its_user(records):
    records.signin.create_foreign_user(ADA, identity(), EVENT)
    records.signin.create_foreign_user(
        msgspec.structs.replace(ADA, id="b", name="bob"), identity("2", user="b"), EVENT
    )
    records.people.remove_user("u", EVENT)

    assert records.signin.identity("i", "1") is None


def test_an_invitation_is_read_as_written(records):
    records.signin.create_invitation(invitation(), EVENT)

    assert records.signin.invitations() == [invitation()]
    assert records.signin.invitation("v") == records.signin.find_invitation("hash of v")
    assert records.signin.invitation("x") is records.signin.find_invitation("x") is None


def test_an_invitation_is_accepted_once_with_all_that_comes(records):
    records.signin.create_invitation(invitation(), EVENT)
    records.signin.accept_invitation("v", ADA, PASSKEY, 20, EVENT)

    assert records.people.user("u") == ADA
    assert records.passkeys.passkeys("u") == [PASSKEY]
    assert records.signin.invitation("v").used_ns == 20
    with pytest.raises(Conflict):
        records.signin.accept_invitation("v", ADA, None, 21, EVENT)


@pytest.mark.parametrize("when", [100, 500])
def test_an_invitation_is_not_accepted_after_its_end(records, when):
    records.signin.create_invitation(invitation(), EVENT)
    with pytest.raises(Conflict):
        records.signin.accept_invitation("v", ADA, None, when, EVENT)

    assert records.people.users() == []


def test_a_name_that_was_taken_meanwhile_leaves_the_invitation_open(records):
    records.signin.create_invitation(invitation(), EVENT)
    records.people.create_user(msgspec.structs.replace(ADA, id="z"), EVENT)
    with pytest.raises(Conflict):
        records.signin.accept_invitation("v", ADA, PASSKEY, 20, EVENT)

    assert records.signin.invitation("v").used_ns == 0
    assert records.passkeys.passkey("k") is None
    with pytest.raises(Conflict):
        records.signin.create_invitation(invitation("w", user="w"), EVENT)


def test_a_revoked_invitation_stays_so_and_is_told_once(records):
    records.signin.create_invitation(invitation(), EVENT)
    before = events(records)
    records.signin.revoke_invitation("v", 20, EVENT)
    records.signin.revoke_invitation("v", 30, EVENT)

    assert records.signin.invitation("v").revoked_ns == 20
    assert events(records) == before + 1
    with pytest.raises(Conflict):
        records.signin.accept_invitation("v", ADA, None, 40, EVENT)


def test_old_invitations_are_forgotten(records):
    records.signin.create_invitation(invitation(), EVENT)

    assert records.signin.prune_invitations(100) == 0
    assert records.signin.prune_invitations(101) == 1


def test_an_identity_is_linked_once_and_up_to_a_number(records):
    records.people.create_user(ADA, EVENT)
    records.signin.link_identity(identity("1", linked=True), EVENT, most=2)
    before = events(records)
    with pytest.raises(Conflict):
        records.signin.link_identity(identity("1", linked=True), EVENT, most=2)
    records.signin.link_identity(identity("2", linked=True), EVENT, most=2)
    with pytest.raises(LimitExceeded):
        records.signin.link_identity(identity("3", linked=True), EVENT, most=2)

    assert records.signin.identity("i", "1").linked
    assert events(records) == before + 1


def test_the_last_way_to_sign_in_is_kept(records):
    records.people.create_user(ADA, EVENT)
    records.signin.link_identity(identity("1", linked=True), EVENT, most=2)
    records.signin.link_identity(identity("2", linked=True), EVENT, most=2)
    records.signin.unlink_identity(identity("1"), EVENT)

    with pytest.raises(Conflict):
        records.signin.unlink_identity(identity("2"), EVENT)
    with pytest.raises(NotFound):
        records.signin.unlink_identity(identity("1"), EVENT)
    assert len(records.signin.identities("u")) == 1

"""Invitations end with the right of who made them."""

import msgspec
import pytest

from muster.model.access import AuditEvent, Role, User
from muster.model.inventory import Room, Space
from muster.model.signin import Invitation
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=50, actor="root", action="t", object="o", address="", outcome="ok")
ROOT = User(
    id="root", name="root", password_hash="", roles={"s": Role.ADMIN, "t": Role.ADMIN}, created_ns=1
)
ADA = msgspec.structs.replace(ROOT, id="ada", name="ada")


@pytest.fixture
def records():
    with SqliteRecords() as records:
        for id in ("s", "t"):
            records.nodes.create_space(Space(id, id.upper()), EVENT)
        records.nodes.create_room(Room(id="r", space="t", name="R"), EVENT)
        records.people.create_user(ROOT, EVENT)
        records.people.create_user(ADA, EVENT)
        yield records


def invite(records, id, *, roles=None, room_roles=None, by="ada", **given):
    invitation = Invitation(
        id=id,
        sha256=f"hash of {id}",
        user=f"user {id}",
        name=f"name {id}",
        roles={"s": Role.VIEWER} if roles is None else roles,
        room_roles=room_roles or {},
        created_ns=10,
        expires_ns=100,
        created_by=by,
        **given,
    )
    records.signin.create_invitation(invitation, EVENT)


def change(records, **values):
    changed = msgspec.structs.replace(ADA, **values)
    records.people.update_user(changed, EVENT, before=ADA, end_sessions=False)


def ended(records):
    return sorted(each.id for each in records.signin.invitations() if each.revoked_ns)


def test_who_is_no_admin_any_more_has_invited_nobody_there(records):
    invite(records, "here")
    invite(records, "there", roles={"t": Role.VIEWER})
    invite(records, "of another", by="root")
    change(records, roles={"s": Role.EDITOR, "t": Role.ADMIN})

    assert ended(records) == ["here"]
    assert records.signin.invitation("here").revoked_ns == EVENT.time_ns
    told, cause = (each.event for each in records.audit.events(spaces=None, limit=2))
    assert cause == EVENT
    assert (told.actor, told.action, told.object, told.space) == (
        "root", "invitation.revoke", "name here", "s",
    )  # fmt: skip


def test_an_invitation_into_a_room_is_of_the_rooms_space(records):
    invite(records, "v", roles={}, room_roles={"r": Role.VIEWER})
    change(records, roles={"t": Role.ADMIN})

    assert ended(records) == []
    before = records.people.user("ada")
    changed = msgspec.structs.replace(before, roles={"s": Role.ADMIN})
    records.people.update_user(changed, EVENT, before=before, end_sessions=False)
    assert ended(records) == ["v"]


@pytest.mark.parametrize("way", ["disabled", "removed"])
def test_who_is_disabled_or_removed_has_invited_nobody(records, way):
    invite(records, "v")
    invite(records, "w", roles={"t": Role.VIEWER})
    if way == "disabled":
        change(records, disabled=True)
    else:
        records.people.remove_user("ada", EVENT)

    assert ended(records) == ["v", "w"]


def test_what_has_ended_already_stays_as_it_was(records):
    invite(records, "used", used_ns=20)
    invite(records, "revoked", revoked_ns=30)
    records.people.remove_user("ada", msgspec.structs.replace(EVENT, time_ns=40))

    assert records.signin.invitation("used").revoked_ns == 0
    assert records.signin.invitation("revoked").revoked_ns == 30


def test_other_changes_of_an_inviter_end_nothing(records):
    invite(records, "v")
    change(records, password_hash="h")

    assert ended(records) == []

"""The fourth step gives spaces settings, rooms rules and roles, and nodes labels."""

import sqlite3

import pytest

from muster.errors import Conflict
from muster.model.access import AuditEvent, Role, User
from muster.model.inventory import Room, RoomRule, Space, SpaceSettings
from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0004_rooms
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:3]:
        connection.executescript(sql)
    connection.execute("INSERT INTO spaces VALUES ('s', 'Home')")
    connection.execute("INSERT INTO rooms VALUES ('r', 's', 'edge')")
    connection.execute("INSERT INTO nodes VALUES ('n', 's', 'web', 1, 0, 0, '', '', '{}')")
    connection.execute("INSERT INTO removed_nodes VALUES ('gone', 's', 'web', 1)")
    connection.execute("INSERT INTO users VALUES ('u', 'ada', 'h', 1, 0)")
    connection.execute("INSERT INTO user_roles VALUES ('u', 's', 'admin')")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 3")
    connection.commit()
    connection.close()
    return path


def test_it_is_the_fourth_step():
    assert MIGRATIONS[3] == v0004_rooms.SQL


def test_an_old_file_keeps_what_it_holds(old_file):
    with SqliteRecords(path=old_file) as records:
        node = records.nodes.node("n")

        assert records.nodes.spaces() == [Space("s", "Home", SpaceSettings(), main=True)]
        assert records.nodes.rooms() == [Room("r", "s", "edge")]
        assert (node.labels, node.ephemeral_s, node.address) == ({}, 0, "")
        assert records.nodes.was_removed("gone")
        assert records.nodes.expired() == []
        assert records.people.user("u").room_roles == {}


def test_an_old_file_takes_rules_and_roles_of_rooms(old_file):
    room = Room("r2", "s", "web", RoomRule(hosts=("web-*",)), 3600)
    bob = User(
        id="b", name="bob", password_hash="", roles={}, created_ns=1, room_roles={"r": Role.EDITOR}
    )
    with SqliteRecords(path=old_file) as records:
        records.nodes.create_room(room, EVENT)
        records.people.create_user(bob, EVENT)
    with SqliteRecords(path=old_file) as records:
        assert records.nodes.room("r2") == room
        assert records.people.user("b") == bob


def test_the_schema_itself_keeps_roles_to_rooms_and_people_that_are(old_file):
    with SqliteRecords(path=old_file) as records:
        database = records.nodes._database
        for row in ("'u', 'gone', 'viewer'", "'gone', 'r', 'viewer'", "'u', 'r', 'root'"):
            with pytest.raises(Conflict), database.change() as writer:
                writer.execute(f"INSERT INTO user_room_roles VALUES ({row})")

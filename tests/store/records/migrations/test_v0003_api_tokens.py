"""The third step adds API tokens, to a file of any age."""

import sqlite3

import pytest

from muster.errors import Conflict
from muster.model.access import ApiToken, AuditEvent, Role
from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0003_api_tokens
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
TOKEN = ApiToken(
    id="t", user="u", name="ci", role=Role.VIEWER, sha256="h", created_ns=1, expires_ns=2
)


def old_file(path, version):
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:version]:
        connection.executescript(sql)
    connection.execute("INSERT INTO spaces VALUES ('s', 'Home')")
    connection.execute("INSERT INTO users VALUES ('u', 'ada', 'h', 1, 0)")
    connection.execute("INSERT INTO user_roles VALUES ('u', 's', 'admin')")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()


def test_it_is_the_third_step():
    assert MIGRATIONS[2] == v0003_api_tokens.SQL


@pytest.mark.parametrize("version", [1, 2])
def test_an_old_file_keeps_its_people_and_takes_tokens(tmp_path, version):
    old_file(tmp_path / "records.sqlite", version)
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.api_tokens.create(TOKEN, EVENT)
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        assert records.people.user("u").name == "ada"
        assert records.api_tokens.tokens() == [TOKEN]


def test_a_new_file_takes_tokens_too(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        assert records.api_tokens.tokens() == []
    connection = sqlite3.connect(tmp_path / "records.sqlite")
    version = connection.execute("PRAGMA user_version").fetchone()
    connection.close()

    assert version == (len(MIGRATIONS),)


def test_the_schema_itself_keeps_tokens_to_their_user_and_in_order(tmp_path):
    old_file(tmp_path / "records.sqlite", 2)
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        database = records.api_tokens._database
        for row in (
            "'t', 'gone', '', 'viewer', 'h', 1, 2, 0, 0",
            "'t', 'u', '', 'root', 'h', 1, 2, 0, 0",
            "'t', 'u', '', 'viewer', 'h', 2, 2, 0, 0",
        ):
            with pytest.raises(Conflict), database.change() as writer:
                writer.execute(f"INSERT INTO api_tokens VALUES ({row}, '{{}}')")

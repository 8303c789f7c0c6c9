"""The tenth step adds ways to sign in, and leaves who could sign in as they were."""

import sqlite3

from muster.model.access import Role, TokenScope
from muster.store.records.database import APPLICATION_ID
from muster.store.records.migrations import MIGRATIONS, v0010_signin
from muster.store.records.records import SqliteRecords


def test_it_is_the_tenth_step():
    assert MIGRATIONS[9] == v0010_signin.SQL


def test_users_sessions_and_tokens_of_before_are_read(tmp_path):
    path = tmp_path / "records.sqlite"
    connection = sqlite3.connect(path)
    for sql in MIGRATIONS[:9]:
        connection.executescript(sql)
    connection.executescript(
        "INSERT INTO spaces (id, name) VALUES ('s', 'Home');"
        "INSERT INTO users VALUES ('u', 'ada', 'h', 1, 0);"
        "INSERT INTO user_roles VALUES ('u', 's', 'admin');"
        "INSERT INTO sessions VALUES ('x', 'u', 1, 2, '10.0.0.1');"
        "INSERT INTO api_tokens VALUES ('t', 'u', '', 'viewer', 'h', 1, 2, 0, 0);"
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 9;"
    )
    connection.close()
    with SqliteRecords(path=path) as records:
        user, session = records.people.user("u"), records.people.session("x")

        assert (user.roles, user.require_passkey) == ({"s": Role.ADMIN}, False)
        assert (session.method, session.proved_ns, session.passkey_ns) == ("password", 0, 0)
        assert records.api_tokens.token("t").scope == TokenScope()
        assert records.passkeys.passkeys("u") == records.signin.invitations() == []

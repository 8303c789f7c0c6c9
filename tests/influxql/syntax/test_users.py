import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.syntax.statements import (
    CreateUserStatement,
    DropUserStatement,
    GrantAdminStatement,
    GrantStatement,
    Privilege,
    RevokeAdminStatement,
    RevokeStatement,
    SetPasswordUserStatement,
)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("CREATE USER u WITH PASSWORD 'p'", CreateUserStatement(name="u", password="p")),
        (
            "CREATE USER u WITH PASSWORD '' WITH ALL PRIVILEGES",
            CreateUserStatement(name="u", password="", admin=True),
        ),
        ("DROP USER u", DropUserStatement("u")),
        ("SET PASSWORD FOR u = 'p'", SetPasswordUserStatement(name="u", password="p")),
        ("GRANT READ ON d TO u", GrantStatement(privilege=Privilege.READ, on="d", user="u")),
        ("GRANT ALL TO u", GrantAdminStatement("u")),
        ("REVOKE ALL ON d FROM u", RevokeStatement(privilege=Privilege.ALL, on="d", user="u")),
        ("REVOKE ALL PRIVILEGES FROM u", RevokeAdminStatement("u")),
    ],
)
def test_users_and_grants_are_read(text, statement):
    assert parse_statement(text) == statement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GRANT READ TO u", "found TO, expected ON at line 1, char 12"),
        ("REVOKE WRITE FROM u", "found FROM, expected ON at line 1, char 14"),
        ("GRANT ALL u", "found u, expected ON, TO at line 1, char 11"),
        ("CREATE USER u WITH PASSWORD 'p' WITH ALL", "found EOF, expected PRIVILEGES"),
    ],
)
def test_only_all_privileges_may_be_of_the_whole_server(text, message):
    with pytest.raises(InfluxqlError) as refused:
        parse_statement(text)

    assert str(refused.value).startswith(message)

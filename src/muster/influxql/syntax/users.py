"""Reads statements about users and what they may: CREATE USER, SET PASSWORD, GRANT, REVOKE."""

from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.reader import Reader
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
from muster.influxql.syntax.tokens import Token


def create_user(reader: Reader) -> Statement:
    name = reader.ident()
    reader.expect(Token.WITH, Token.PASSWORD)
    password = reader.string()
    admin = bool(reader.accept(Token.WITH))
    if admin:
        reader.expect(Token.ALL, Token.PRIVILEGES)
    return CreateUserStatement(name=name, password=password, admin=admin)


def drop_user(reader: Reader) -> Statement:
    return DropUserStatement(reader.ident())


def set_password(reader: Reader) -> Statement:
    name = reader.ident()
    reader.expect(Token.EQ)
    return SetPasswordUserStatement(name=name, password=reader.string())


def grant(reader: Reader) -> Statement:
    privilege = _privilege(reader)
    if not _is_on_database(reader, privilege, Token.TO):
        return GrantAdminStatement(reader.ident())
    database = reader.ident()
    reader.expect(Token.TO)
    return GrantStatement(privilege=privilege, on=database, user=reader.ident())


def revoke(reader: Reader) -> Statement:
    privilege = _privilege(reader)
    if not _is_on_database(reader, privilege, Token.FROM):
        return RevokeAdminStatement(reader.ident())
    database = reader.ident()
    reader.expect(Token.FROM)
    return RevokeStatement(privilege=privilege, on=database, user=reader.ident())


def _is_on_database(reader: Reader, privilege: Privilege, whom: Token) -> bool:
    """Whether ON follows; all privileges may be of the whole server and name the user at once."""
    lexeme = reader.next()
    if lexeme.token is Token.ON:
        return True
    if privilege is not Privilege.ALL:
        raise reader.unexpected(lexeme, "ON")
    if lexeme.token is not whom:
        raise reader.unexpected(lexeme, "ON", whom.value)
    return False


def _privilege(reader: Reader) -> Privilege:
    lexeme = reader.next()
    match lexeme.token:
        case Token.READ:
            return Privilege.READ
        case Token.WRITE:
            return Privilege.WRITE
        case Token.ALL:
            reader.accept(Token.PRIVILEGES)
            return Privilege.ALL
        case _:
            raise reader.unexpected(lexeme, "READ", "WRITE", "ALL [PRIVILEGES]")

"""Statements about databases and users answer as a real InfluxDB 1.6.7 did, word for word.

Recorded sequences run in order; steps that need points are left to others.
"""

import base64
import json
from pathlib import Path

import pytest

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.databasenames import Defaults
from muster.core.databases.databaseprivileges import authorize, authorize_first, authorize_write
from muster.core.databases.retention import PolicySpec
from muster.core.influxql.databasestatements import Asked, DatabaseStatements
from muster.errors import Denied, MusterError, NotFound, Unauthenticated
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_query
from muster.log import Secret
from muster.testing.house import House

GOLDEN = Path(__file__).parents[1] / "golden" / "influx"
HERE = "10.1.2.3"


def read(name):
    return json.loads((GOLDEN / name).read_text())


SEQUENCES = [(case["name"], case["steps"]) for case in read("golden_sequences.json")["cases"]]
SERVER = [(case["name"], case["steps"]) for case in read("server_sequences.json")]
AUTH = read("golden_auth.json")["cases"]


class Server(House):
    """A house that answers statements about databases as the wire does."""

    def open(self):
        super().open()
        self.statements = DatabaseStatements(
            databases=self.databases, users=self.influx_users, kinds=self.field_kinds
        )

    def knows(self, statements):
        return bool(statements) and all(self.statements.knows(each) for each in statements)

    async def answer(self, login, statements, params):
        asked = Asked(login, Defaults(params.get("db", ""), params.get("rp", "")))
        results = []
        for at, statement in enumerate(statements):
            result = {"statement_id": at}
            results.append(result)
            try:
                tables = await self.statements.run(asked, statement)
            except MusterError as error:
                result["error"] = str(error)
                break
            if tables:
                result["series"] = [shown(table) for table in tables]
        return {"results": results}


def shown(table):
    """A table as JSON has it: what is empty is left out."""
    series = {"name": table.name, "columns": list(table.columns)}
    series["values"] = [list(row) for row in table.rows]
    return {key: value for key, value in series.items() if value}


@pytest.fixture
def server():
    with Server() as server:
        yield server


async def replay(server, steps):
    """Run what needs no points, in order; how many answers were compared."""
    login = server.influx_logins.login_of_nobody(HERE)
    compared = 0
    for step in steps:
        if step["op"] == "create_db_rp":
            spec = PolicySpec(name=step["rp"], duration_ns=step["duration_ns"])
            await server.databases.create(login, step["db"], spec)
        elif step["op"] == "create_db":
            await server.databases.create(login, step["db"])
        elif step["op"] == "drop_db":
            await server.databases.drop(login, step["db"])
        elif step["op"] == "query":
            statements = parse_query(step["q"])
            if server.knows(statements):
                answer = await server.answer(login, statements, step["params"])
                expected = step["answer"].get("json", step["answer"])
                assert answer == expected, step["q"]
                compared += 1
        elif step["op"] == "write" and step.get("answer", {}).get("status") == 500:
            with pytest.raises(NotFound) as refusal:
                server.databases.target(login.space, step["params"]["db"])
            assert step["answer"]["json"] == {"error": str(refusal.value)}
            compared += 1
    return compared


@pytest.mark.parametrize(("name", "steps"), SEQUENCES, ids=[name for name, _ in SEQUENCES])
async def test_recorded_sequences_run_alike(server, name, steps):
    least = {"sequence/retention": 28, "sequence/subscriptions": 14, "sequence/explain": 1}

    assert await replay(server, steps) >= least[name]


@pytest.mark.parametrize(("name", "steps"), SERVER, ids=[name for name, _ in SERVER])
async def test_sequences_of_servers_run_alike(server, name, steps):
    least = {
        "server/TestServer_ContinuousQuery": 5,
        "server/TestServer_DatabaseRetentionPolicyAutoCreate": 2,
        "server/TestServer_ShowDatabases_NoAuth": 3,
    }

    assert await replay(server, steps) >= least.get(name, 0)


def credentials(case):
    """Name and password that a request carries; None for none that is understood."""
    params = case["params"] or {}
    if params.get("u") and params.get("p"):
        return params["u"], params["p"]
    scheme, _, text = case["headers"].get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    name, _, password = base64.b64decode(text).decode().partition(":")
    return name, password


async def request(server, case):
    """Status and JSON of a request; None for the JSON of what needs points."""
    try:
        login = server.influx_logins.login_of_nobody(HERE)
        first = not server.influx_users.has_admin()
        if not first:
            found = credentials(case)
            if found is None:
                raise Unauthenticated("unable to parse authentication credentials")
            login = await server.influx_logins.by_password(found[0], Secret(found[1]), HERE)
        if case["path"] == "/write":
            return await write(server, login, first, case["params"]["db"])
        return await query(server, login, first, case["params"])
    except DatabaseNotFound as error:
        return 404, {"error": f'database not found: "{error.name}"'}
    except InfluxqlError as error:
        return 400, {"error": f"error parsing query: {error}"}
    except (Denied, Unauthenticated) as error:
        return error.status, {"error": str(error)}


async def write(server, login, first, database):
    server.databases.target(login.space, database)
    if first:
        raise Denied(f'user is required to write to database "{database}"')
    authorize_write(login, database)
    return 204, None


async def query(server, login, first, params):
    statements = parse_query(params["q"])
    if first:
        authorize_first(statements)
    else:
        authorize(login, statements, params.get("db", ""))
    if not server.knows(statements):
        return 200, None
    return 200, await server.answer(login, statements, params)


async def test_the_recorded_sequence_of_users_and_grants_runs_alike(server):
    compared, differ = 0, []
    for case in AUTH:
        if case["path"] == "/ping":
            continue
        status, answer = await request(server, case)
        if case.get("answer_hidden"):
            continue
        compared += 1
        expected = case["answer"]
        wanted = (expected["status"], expected.get("json") if answer is not None else None)
        if (status, answer) != wanted:
            differ.append((case["name"], (status, answer), wanted))

    assert differ == []
    assert compared == 47

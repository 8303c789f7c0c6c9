"""Who reads what of a space: each way of asking, by somebody of one room among two.

All that room B has sent, and all that has no node, carries the mark `hidden` in its values,
tags, names of measurements and fields; numbers of it are above 1,000.
"""

import json

import pytest

from muster.core.dashboards.panelqueries import Asking
from muster.core.databases.databasenames import Defaults
from muster.core.databases.databaseprivileges import authorize
from muster.core.influxql.databasestatements import Asked
from muster.core.promql.promqueries import Asked as AskedProm
from muster.core.promql.promqueries import PromQueries
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import Denied, NotFound
from muster.influxql.answers.render import Style, to_json
from muster.influxql.syntax.parser import parse_query
from muster.model.access import Action, Actor, Role
from muster.model.dashboard import Variable, VariableKind
from muster.model.identity import Identity
from muster.model.influx import Privilege
from muster.model.metric import Batch, Kind, Layout, Series
from muster.promql import api
from muster.testing.cohorts import block_of
from muster.testing.dashboardhouse import DATABASE, DashboardHouse
from muster.testing.house import OPERATOR

MS = 1_000_000
MARK = "hidden"
NUMBERS = ("2001", "2002", "2003", "2004", "3001", "3002")


class Town(DashboardHouse):
    """Two rooms with a node each, which send natively and write, and what a user wrote."""

    async def fill(self):
        await self.databases.create(self.login, DATABASE)
        await self.databases.create(self.login, "only" + MARK)
        self.now_ns = self.clock.now_ns()
        self.rooms_by_name = {}
        self.nodes = {}
        for name in ("a", "b"):
            node = (await self.claim(await self.token(), host=f"host-{name}")).node
            room = await self.rooms.create(OPERATOR, self.space.id, f"room-{name}")
            await self.inventory.edit(OPERATOR, node.id, rooms=[room.id])
            self.rooms_by_name[name], self.nodes[name] = room, node
        a, b = self.nodes["a"].id, self.nodes["b"].id
        await self.send(a, "cpu", "usage", (("core", "0"),), 1.0)
        await self.send(b, "cpu", "usage", (("core", MARK),), 2001.0)
        await self.send(b, "cpu", f"{MARK}field", (("core", "0"),), 2002.0)
        await self.send(b, f"{MARK}cpu", "usage", (), 2003.0)
        await self.by_node(a, "m,disk=x v=1,w=1i", "m,disk=y v=2")
        await self.by_node(b, f"m,disk={MARK} v=2001,w=2i", f"m,{MARK}tag=1,disk=x v=2002")
        await self.by_node(b, f'm,disk=x {MARK}text="{MARK}"', f"{MARK}m v=2004")
        await self.write(DATABASE, f"m,disk={MARK}2 v=3001 {self.now_ns - 10**9}".encode())
        await self.write("only" + MARK, f"m,disk={MARK}3 v=3002 {self.now_ns - 10**9}".encode())
        self.prom = PromQueries(
            queries=self.queries,
            databases=self.databases,
            stocks=self.stocks,
            registry=self.registry,
        )

    async def send(self, node, measurement, field, tags, value):
        layout = Layout((Series(measurement, tags, field, Kind.FLOAT),))
        block = block_of(layout, {self.now_ns - 10**9: (value,)})
        identity = Identity("h", self.space.id, node)
        sent = self.sent = getattr(self, "sent", 0) + 1
        batch = Batch(f"e{node}{sent}", 1, (block,))
        await self.ingest.accept(identity, f"host-{node[:4]}", batch)

    async def by_node(self, node, *lines):
        text = "\n".join(f"{each} {self.now_ns - 10**9}" for each in lines)
        parsed = await self.writes.parse(text.encode(), 1)
        target = Target(self.space.id, DATABASE, "", 1)
        writer = Writer(Identity("h", self.space.id, node), f"host-{node[:4]}")
        assert not (await self.writes.store(parsed, target, writer)).refusals

    @property
    def of_a(self):
        return Actor(name="ann", room_roles={self.rooms_by_name["a"].id: Role.EDITOR})

    def asking_as(self, login, **variables):
        return Asking(
            login=login,
            from_ns=self.now_ns - 3_600 * 10**9,
            to_ns=self.now_ns,
            width_px=600,
            variables=variables,
            defaults=Defaults(DATABASE),
        )

    async def by_a(self, text, database=""):
        login = self.readers.login(self.of_a, self.space.id)
        asking = self.asking_as(login)
        if database:
            asking = Asking(
                login, asking.from_ns, asking.to_ns, 600, {}, Defaults(database, "autogen")
            )
        (answer,) = (await self.panel(asking, text)).answers
        assert answer.error == ""
        return [
            (series.name, dict(series.tags), [column.values for column in series.columns])
            for series in answer.series
        ]


@pytest.fixture
async def town(tmp_path):
    async with Town(tmp_path) as town:
        await town.fill()
        yield town


async def test_a_role_in_a_room_is_narrowed_to_its_nodes(town):
    login = town.readers.login(town.of_a, town.space.id)

    assert (login.nodes, login.everywhere) == (frozenset({town.nodes["a"].id}), Privilege.READ)
    assert town.readers.spaces(town.of_a) == {town.space.id}
    assert town.readers.require(town.of_a, town.space.id) is not None


async def test_a_role_in_the_space_is_not_narrowed_whatever_its_rooms(town):
    rooms = {town.rooms_by_name["a"].id: Role.EDITOR}
    actor = Actor(name="vic", roles={town.space.id: Role.VIEWER}, room_roles=rooms)

    assert town.readers.login(actor, town.space.id).nodes is None
    assert town.readers.login(OPERATOR, town.space.id).nodes is None
    assert town.readers.spaces(actor) == frozenset()


async def test_whoever_has_no_room_there_knows_of_nothing(town):
    stranger = Actor(name="bob", room_roles={"elsewhere": Role.ADMIN})
    bounded = Actor(
        name="t",
        room_roles={town.rooms_by_name["a"].id: Role.EDITOR},
        actions=frozenset({Action.NODE_READ}),
    )
    for actor in (stranger, bounded):
        with pytest.raises(NotFound, match="no such space"):
            town.readers.login(actor, town.space.id)


async def test_values_are_those_of_the_rooms_nodes(town):
    assert await town.by_a("SELECT v FROM m") == [("m", {}, [[1.0, 2.0]])]
    assert await town.by_a("SELECT count(v), sum(v), max(w) FROM m") == [
        ("m", {}, [[2], [3.0], [1]])
    ]
    assert await town.by_a("SELECT usage FROM cpu", "muster") == [("cpu", {}, [[1.0]])]
    assert await town.by_a("SELECT count(v) FROM (SELECT v FROM m)") == [("m", {}, [[2]])]


QUESTIONS = [
    "SELECT * FROM m",
    "SELECT *::field FROM /.*/",
    "SELECT * FROM m, cpu",
    "SELECT count(*) FROM /.*/",
    "SELECT last(*) FROM /.*/ GROUP BY *",
    "SELECT mean(v) FROM m GROUP BY time(1m), * fill(none)",
    "SELECT mean(v) FROM m WHERE time >= 0 GROUP BY /.*/",
    "SELECT v FROM m WHERE disk != 'x'",
    "SELECT distinct(hiddentext) FROM m",
    "SELECT top(v, disk, 9) FROM m",
    "SELECT percentile(v, 99) FROM m",
    "SELECT v FROM hiddenm",
    "SELECT max(v) FROM (SELECT * FROM /.*/ GROUP BY *)",
    "SELECT v FROM m SLIMIT 100",
    "SHOW SERIES",
    "SHOW SERIES FROM m",
    "SHOW SERIES WHERE disk =~ /h/",
    "SHOW MEASUREMENTS",
    "SHOW MEASUREMENTS WITH MEASUREMENT =~ /hid/",
    "SHOW FIELD KEYS",
    "SHOW FIELD KEYS FROM m",
    "SHOW TAG KEYS",
    "SHOW TAG VALUES WITH KEY = disk",
    "SHOW TAG VALUES FROM m WITH KEY =~ /.*/",
    "SHOW TAG VALUES FROM m WITH KEY = disk WHERE disk =~ /h/",
    "SHOW TAG VALUES WITH KEY = host",
    "EXPLAIN SELECT v FROM m",
    "EXPLAIN ANALYZE SELECT v FROM m",
]


def shows_others(town, told):
    """What of room B, or of nobody, stands in an answer."""
    b = town.nodes["b"].id
    marks = (MARK, *NUMBERS, b, f"host-{b[:4]}")
    return [mark for mark in marks if mark in told]


@pytest.mark.parametrize("database", [DATABASE, "muster", "only" + MARK])
async def test_no_statement_tells_of_other_rooms(town, database):
    for text in QUESTIONS:
        told = json.dumps(await town.by_a(text, database))

        assert shows_others(town, told) == [], text


async def test_what_is_remembered_of_one_reader_tells_another_nothing(town):
    evaluator = town.evaluator(town.queries)
    logins = [town.login, town.readers.login(town.of_a, town.space.id)]
    for text in QUESTIONS:
        (statement,) = parse_query(text)
        told = []
        for login in [*logins, *logins]:
            asked = Asked(login, Defaults(DATABASE))
            result = await evaluator.answer(asked, statement, 0)
            told.append(to_json([result], Style("ns")).decode())

        assert shows_others(town, told[1]) == shows_others(town, told[3]) == [], text
        if "ANALYZE" not in text:
            assert told[:2] == told[2:], text


async def test_what_promql_remembers_of_one_reader_tells_another_nothing(town):
    everything = {"query": ['{__name__=~".+"}']}
    for login in [town.login, town.readers.login(town.of_a, town.space.id)] * 2:
        question = api.query(everything, town.now_ns // MS)
        told = (await town.prom.answer(AskedProm(login), question)).text.decode()

        assert bool(shows_others(town, told)) == (login.nodes is None)


COUNTS = [
    ("SHOW SERIES CARDINALITY", 2),
    ("SHOW SERIES EXACT CARDINALITY", 2),
    ("SHOW MEASUREMENT CARDINALITY", 1),
    ("SHOW MEASUREMENT EXACT CARDINALITY", 1),
    ("SHOW TAG KEY CARDINALITY", 2),
    ("SHOW TAG KEY EXACT CARDINALITY", 2),
    ("SHOW FIELD KEY CARDINALITY", 2),
    ("SHOW TAG VALUES CARDINALITY WITH KEY = disk", 2),
    ("SHOW TAG VALUES EXACT CARDINALITY WITH KEY = disk", 2),
]


async def test_counts_are_those_of_the_rooms_nodes(town):
    found = [(text, (await town.by_a(text))[0][2][0][0]) for text, _ in COUNTS]

    assert found == COUNTS


REFUSED = [
    "SHOW CONTINUOUS QUERIES",
    "SHOW QUERIES",
    "SHOW SHARDS",
    "SHOW SHARD GROUPS",
    "SHOW STATS",
    "SHOW DIAGNOSTICS",
    "SHOW USERS",
    "SHOW SUBSCRIPTIONS",
    "KILL QUERY 1",
    "SELECT v INTO n FROM m",
    "DELETE FROM m",
    "DROP MEASUREMENT m",
    "DROP SERIES FROM m",
    "CREATE DATABASE x",
]


async def test_statements_that_tell_or_change_more_are_refused(town):
    login = town.readers.login(town.of_a, town.space.id)

    for text in REFUSED:
        with pytest.raises(Denied, match="not authorized to execute statement"):
            authorize(login, parse_query(text), DATABASE)


async def test_variables_offer_what_the_rooms_nodes_have(town):
    asking = town.asking_as(town.readers.login(town.of_a, town.space.id))

    async def offered(**given):
        variable = Variable(name="x", **given)
        return {each.value for each in (await town.values.of(town.of_a, asking, variable)).values}

    assert await offered(query="SHOW TAG VALUES FROM m WITH KEY = disk") == {"x", "y"}
    assert await offered(query="SHOW MEASUREMENTS") == {"m"}
    assert await offered(query="SELECT v FROM m") == {"1", "2"}
    assert await offered(kind=VariableKind.NODE) == {town.nodes["a"].name}
    assert await offered(kind=VariableKind.ROOM) == {"room-a"}
    assert await offered(kind=VariableKind.SPACE) == {town.space.id}


PROM = [
    (api.query, {"query": ['{__name__=~".+"}']}),
    (api.query, {"query": ["m_v"]}),
    (api.query, {"query": ['count({__name__=~".+"}) by (__name__, disk, core)']}),
    (api.query, {"query": ['last_over_time({__name__=~".+"}[1h])']}),
]


async def test_promql_reads_the_rooms_nodes_alone(town):
    for ask, given in PROM:
        for database in ("", DATABASE, "muster", "only" + MARK):
            told = await prom(town, ask(given, town.now_ns // MS), database)

            assert shows_others(town, told) == [], (given, database)
            assert ('"m_v"' in told) == (database in ("", DATABASE)), (given, database)


async def test_names_and_labels_of_promql_are_those_of_the_rooms_nodes(town):
    match = {"match[]": ['{__name__=~".+"}']}
    assert await prom(town, api.label_names({})) == await prom(town, api.label_names(match))

    names = json.loads(await prom(town, api.label_values("__name__", match)))
    disks = json.loads(await prom(town, api.label_values("disk", match)))
    labels = json.loads(await prom(town, api.label_names(match)))

    assert names == ["cpu_usage", "m_v", "m_w"]
    assert disks == ["x", "y"]
    assert MARK not in json.dumps(labels)
    assert MARK not in await prom(town, api.series({"match[]": ['{__name__=~".+"}']}))


async def prom(town, question, database=""):
    login = town.readers.login(town.of_a, town.space.id)
    return (await town.prom.answer(AskedProm(login, database), question)).text.decode()


async def test_dashboards_of_the_space_are_there_to_be_read(town):
    listed = await town.dashboards.listed(town.of_a, town.space.id)
    kept = await town.dashboards.get(town.of_a, town.space.id, listed[0].id)

    assert kept.built_in
    for action in (Action.DASHBOARD_EDIT, Action.DASHBOARD_SHARE):
        with pytest.raises(NotFound):
            await town.dashboards.get(town.of_a, town.space.id, listed[0].id, action)

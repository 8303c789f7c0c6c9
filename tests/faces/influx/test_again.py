"""Requests that differ from earlier ones in their times alone."""

import json
from copy import copy
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest

from muster.faces.influx import again as module
from muster.faces.influx.again import AskedBefore, Known
from muster.faces.influx.answers import form_of
from muster.faces.influx.callers import Callers, Way
from muster.faces.influx.query import QueryFace
from muster.influxql.planning.repeated import Repeated
from muster.model.identity import Identity
from muster.net.http import Request
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

NOW_S = 1_800_000_000
SELECT = "SELECT mean(v) FROM m WHERE time >= {}s AND time <= {}s GROUP BY time(10s), t"


async def _no_check(identity: Identity, certificate: bytes) -> None: ...


class Asked:
    """The face over a store, asked as net/atonce.py asks it."""

    def __init__(self, house):
        self.logins = copy(house.influx_logins)
        callers = Callers(
            way=Way.OFF,
            logins=self.logins,
            users=house.influx_users,
            check=_no_check,
            saw_writer=_no_check,
            name_of=str,
        )
        face = QueryFace(callers=callers, statements=house.statements, registry=house.registry)
        self.route = face.routes()[0]

    def request(self, q, **given):
        text = urlencode({"db": "d", "epoch": "s", "q": q, **given})
        return Request(
            method="GET",
            path="/query",
            query=dict(parse_qsl(text)),
            query_text=text,
            headers={"host": "localhost"},
            address="127.0.0.1",
        )

    def whole(self, q, **given):
        """As at first."""
        return _read(self.route.at_once(self.request(q, **given)))

    def again(self, q, **given):
        """None: it has to be looked at whole."""
        return _read(self.response(q, **given))

    def response(self, q, **given):
        request = self.request(q, **given)
        found = self.route.again(request)
        if found is None:
            return None
        return found.answer([int(request.query_text[place]) for place in found.places])


def _read(response):
    return None if response is None else json.loads(response.body)["results"]


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        rows = [f"m,t={at % 2} v={at} {(NOW_S + at) * 10**9}" for at in range(60)]
        await house.write("d", "\n".join(rows).encode())
        house.queries._is_ready = True
        yield house


@pytest.fixture
def asked(house):
    return Asked(house)


@pytest.mark.parametrize(
    "select",
    [
        SELECT,
        "SELECT v FROM m WHERE t = '1' AND time > {}s AND time < {}s",
        "SELECT last(v) FROM m WHERE time >= {}s AND time <= {}s GROUP BY t",
        "SELECT top(a, 1) FROM (SELECT mean(v) AS a FROM m WHERE time > {}s AND time <= {}s"
        " GROUP BY t)",
        "SELECT v FROM m WHERE time > {}s AND time <= {}s AND time > now() - 1h ORDER BY time DESC"
        " LIMIT 3",
    ],
)
async def test_another_range_is_answered_as_if_it_was_the_first(asked, house, select):
    first = asked.whole(select.format(NOW_S + 1, NOW_S + 30))
    texts = [select.format(NOW_S + at, NOW_S + 40) for at in (1, 7, 55)]
    found = [asked.again(text) for text in texts]
    fresh = [Asked(house).whole(text) for text in texts]

    assert first
    assert found == fresh


async def test_a_text_without_times_is_known_too(asked):
    before = asked.again("SELECT count(v) FROM m")
    first = asked.whole("SELECT count(v) FROM m")

    assert before is None
    assert asked.again("SELECT count(v) FROM m") == first
    assert asked.again("SELECT count(v) FROM m", epoch="ms") is None


async def test_points_and_series_that_came_since_are_seen(asked, house):
    text = SELECT.format(NOW_S + 1, NOW_S + 90)
    asked.whole(text)
    asked.again(text)
    await house.write("d", f"m,t=0 v=7 {(NOW_S + 70) * 10**9}".encode())
    more = asked.again(text)
    await house.write("d", f"m,t=2 v=7 {(NOW_S + 80) * 10**9}".encode())
    changed = asked.again(text)
    whole = asked.whole(text)

    assert more[0]["series"][0]["values"][7] == [NOW_S + 70, 7]
    assert changed is None
    assert len(whole[0]["series"]) == 3
    assert asked.again(text) == whole


async def test_a_database_that_is_gone_answers_no_more(asked, house):
    text = SELECT.format(NOW_S + 1, NOW_S + 90)
    asked.whole(text)
    await house.databases.drop(house.login, "d")

    assert asked.again(text) is None


async def test_who_asks_by_other_headers_is_another(asked):
    text = SELECT.format(NOW_S + 1, NOW_S + 90)
    asked.whole(text)
    request = asked.request(text)

    for changed in ({"host": "localhost", "x": "1"}, {"host": "127.0.0.1"}):
        other = msgspec.structs.replace(request, headers=changed)
        assert asked.route.again(other) is None
    assert asked.again(text)
    asked.logins._main, asked.logins._main_space = None, lambda: "another"
    assert asked.again(text) is None


def known(q, **given):
    repeated = Repeated()
    repeated.parse(q)
    return Known(
        bool,
        given,
        form_of({}, Request(method="GET", path="/query")),
        None,
        repeated.template(q),
        None,
    )


def kept(text, q, **given):
    before = AskedBefore(random=bytes)
    request = Request(method="GET", path="/query", query=given, query_text=text)
    before.keep(request, q, lambda: known(q, **given))
    return before.find(request)


def test_digits_that_are_no_times_make_another_text():
    q = "SELECT v FROM m WHERE time > 1800000000s"
    found = kept(f"db=d&q={q}", q, db="d")

    assert found[1] == [slice(36, 46)]
    assert kept(f"db=d1800000000&q={q}", q, db="d1800000000") is None
    assert kept(f"db=d1800000000&q={q.replace('18', '%31%38')}", q, db="d1800000000") is None
    assert kept(f"db=d&db=e&q={q}", q, db="e") is None
    short = "SELECT v FROM m WHERE time > 18s"
    assert kept(f"db=d&q={short}", short, db="d") is None


@pytest.mark.parametrize("epoch", ["s", "ms"])
async def test_an_answer_is_written_anew_once_there_is_another(asked, house, epoch):
    text = "SELECT last(v) FROM m WHERE t = '1' AND time >= {}s AND time <= {}s"
    ranges = [(NOW_S + at, NOW_S + 90) for at in (1, 2)]
    asked.whole(text.format(*ranges[0]), epoch=epoch)
    first, second = (asked.response(text.format(*each), epoch=epoch) for each in ranges)
    await house.write("d", f"m,t=1 v=70 {(NOW_S + 70) * 10**9}".encode())
    third = asked.response(text.format(*ranges[0]), epoch=epoch)
    none = asked.again(text.format(NOW_S + 1, NOW_S + 69), epoch=epoch)

    assert first is second
    assert _read(first)[0]["series"][0]["values"][0][1] == 59
    assert _read(third)[0]["series"][0]["values"][0][1] == 70
    assert none[0]["series"][0]["values"][0][1] == 59


async def test_names_are_written_once_until_one_comes(asked, house):
    text = "SHOW TAG VALUES FROM m WITH KEY = t"
    asked.whole(text)
    first, second = asked.response(text), asked.response(text)
    await house.write("d", f"m,t=2 v=7 {(NOW_S + 80) * 10**9}".encode())

    assert first is second
    assert asked.response(text) is None


def test_a_text_that_holds_a_password_is_not_kept():
    q = "SHOW SERIES"

    assert kept("q=SHOW+SERIES&u=a", q, u="a") is not None
    assert kept("q=SHOW+SERIES&u=a&p=b", q, u="a", p="b") is None
    assert kept(f"q=SHOW+SERIES&u={'a' * 2_000}", q, u="a" * 2_000) is None


def test_what_cannot_be_told_is_looked_at_once_and_the_latest_are_kept(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 2)
    before, made = AskedBefore(), []

    def keep(text, q):
        request = Request(method="GET", path="/query", query_text=text)
        before.keep(request, q, lambda: made.append(text))

    for text in ("a", "a", "b", "c", "a"):
        keep(text, "")

    assert made == ["a", "b", "c", "a"]

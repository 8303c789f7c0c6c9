"""Bodies on their way into databases: what is kept, and what is said of the rest."""

import asyncio

import pytest

from muster.clock import DAY_NS
from muster.core.databases.databasebook import DatabaseNotFound, PolicyNotFound
from muster.core.databases.retention import PolicySpec
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import Denied, LimitExceeded, Unavailable
from muster.model.identity import Identity
from muster.model.ids import NodeId
from muster.testing.influxhouse import InfluxHouse
from muster.wire.influxwrite import answer_of
from muster.wire.lineparsed import LineLimits

T = 1_577_836_800_000_000_000


@pytest.fixture
def house():
    with InfluxHouse() as house:
        yield house


async def made(house, name="d", **policy):
    login = house.influx_logins.login_of_nobody("")
    spec = PolicySpec(**policy) if policy else None
    return await house.databases.create(login, name, spec)


async def write(house, text, *, policy="", database="d", writer=Writer()):  # noqa: B008 - frozen
    parsed = await house.writes.parse(text.encode(), 1)
    target = Target(house.space.id, database, policy, 1)
    written = await house.writes.store(parsed, target, writer)
    return answer_of(written.parsed, written.refusals).error


async def test_points_are_kept_with_their_tags_and_those_of_the_hub(house):
    await made(house)

    assert await write(house, f"m,db=x,t=a v=1,w=2i {T}\n") == ""
    assert house.stored(db="d", rp="autogen", space=house.space.id) == {
        ("m", (("db", "x"), ("t", "a")), "v", T): 1.0,
        ("m", (("db", "x"), ("t", "a")), "w", T): 2,
    }


ROWS = f"m,t=a v=1,w=2i {T}\nm,t=b v=3,w=4i {T}\n"


async def write_rows(house, text=ROWS, *, first=ROWS, **target):
    """Twice the same series: the second body may come as rows."""
    for body in (first, text):
        read = await house.writes.read(body.encode(), 1)
        place = Target(house.space.id, "d", target.get("policy", ""), 1)
        written = await house.writes.store(read, place, target.get("writer", Writer()))
    return answer_of(written.parsed, written.refusals).error


async def test_rows_of_many_series_are_kept_whole(house):
    await made(house)
    later = ROWS.replace(str(T), str(T + 1))

    assert await write_rows(house, later) == ""
    assert await write_rows(house, ROWS) == ""
    stored = house.stored(db="d", rp="autogen", space=house.space.id)
    assert stored == {
        ("m", (("t", tag),), field, T + more): value
        for more in (0, 1)
        for (tag, field), value in {
            ("a", "v"): 1.0,
            ("a", "w"): 2,
            ("b", "v"): 3.0,
            ("b", "w"): 4,
        }.items()
    }
    assert house.writes.counts(house.space.id).points == 8


async def test_rows_are_their_writers_and_have_its_tags_beside_those_of_the_hub(house):
    await made(house)
    writer = Writer(Identity("hub", house.space.id, NodeId("n1")), "web-1")
    rows = ROWS.replace("t=b", "t=b,node=x")
    await write_rows(house, rows, first=rows, writer=writer)

    tags = {key[1] for key in house.stored(node="n1")}
    assert tags == {
        (("host", "web-1"), ("t", "a")),
        (("host", "web-1"), ("node", "x"), ("t", "b")),
    }


async def test_of_rows_beyond_the_policy_single_points_are_refused(house):
    await made(house, name="d", duration_ns=DAY_NS)
    now = house.clock.now_ns()
    old = now - 2 * DAY_NS
    rows = "".join(f"m,t={tag} v=1 {time}\n" for time in (old, now) for tag in "ab")
    error = await write_rows(house, rows, first=rows)

    assert error == "partial write: points beyond retention policy dropped=2"
    assert {key[-1] for key in house.stored()} == {now}


async def test_of_rows_with_a_field_of_another_kind_its_points_are_refused(house):
    await made(house)
    await write(house, f"m v=1 {T}\n")
    rows = f"m,t=a v=1i {T}\nk,t=a v=1i {T}\n"
    error = await write_rows(house, rows, first=rows)

    assert error.startswith("partial write: field type conflict: input field")
    assert [key[:2] for key in house.stored()] == [("m", ()), ("k", (("t", "a"),))]


async def test_rows_over_two_shards_are_told_apart(house):
    await made(house, shard_ns=3_600_000_000_000)
    hour = 3_600_000_000_000
    rows = "".join(f"m,t={tag} v=1 {T + more}\n" for more in (0, hour) for tag in "ab")

    assert await write_rows(house, rows, first=rows) == ""
    assert len(house.stored()) == 4


async def test_a_node_writes_as_itself_whatever_its_points_say(house):
    await made(house)
    writer = Writer(Identity("hub", house.space.id, NodeId("n1")), "web-1")
    await write(house, f"m,host=liar,node=other v=1 {T}\n", writer=writer)

    assert house.stored(node="n1") == {
        ("m", (("host", "web-1"), ("node", "other")), "v", T): 1.0,
    }


async def test_points_beyond_the_policy_are_refused_and_the_rest_is_kept(house):
    await made(house, name="d", duration_ns=DAY_NS)
    now = house.clock.now_ns()
    error = await write(house, f"m v=1 {T}\nm v=2 {now}\n")

    assert error == "partial write: points beyond retention policy dropped=1"
    assert list(house.stored().values()) == [2.0]


async def test_a_field_of_another_kind_is_refused(house):
    await made(house)
    await write(house, f"m v=1 {T}\n")
    error = await write(house, f"m v=1i {T}\nm w=1i {T}\n")

    assert error.startswith("partial write: field type conflict: input field")
    assert [key[2] for key in house.stored()] == ["v", "w"]


async def test_points_that_disagree_on_a_new_field_are_refused_by_their_shard(house):
    await made(house)
    lines = f"m v=1 {T}\nm v=1i {T}\nn v=1 {T}\n"

    assert await write(house, f"{lines}k v=1 1\n") == "field type conflict"
    assert [key[0] for key in house.stored()] == ["k"]

    error = await write(house, lines)
    assert error.startswith("partial write: field type conflict: input field")
    assert [key[0] for key in house.stored()] == ["k", "m", "n"]


async def test_the_first_of_them_in_the_body_says_the_kind(house):
    await made(house)
    await write(house, f"k v=1 {T}\n")
    error = await write(house, f"m,a=b w=1i,v=1i {T}\nn v=1 {T}\nm v=1 {T}\n")

    assert error.endswith("is type float, already exists as type integer dropped=1")


async def test_where_there_is_no_room_for_series_points_are_refused_one_by_one(house):
    await made(house)
    house.catalogue.room = 1
    error = await write(house, f"m v=1 {T}\nn v=1 {T}\n")

    assert error == "partial write: a node may have 1 series dropped=1"
    assert [key[0] for key in house.stored()] == ["m"]


async def test_what_is_not_there_cannot_be_written_to(house):
    await made(house)

    with pytest.raises(DatabaseNotFound):
        await write(house, f"m v=1 {T}\n", database="other")
    with pytest.raises(PolicyNotFound):
        await write(house, f"m v=1 {T}\n", policy="other")
    with pytest.raises(Denied):
        await write(house, f"m v=1 {T}\n", database="muster")


async def test_a_full_disk_is_told_and_the_same_points_are_taken_later(house):
    await made(house)
    house.journal.full = True
    with pytest.raises(Unavailable):
        await write(house, f"m v=1 {T}\n")
    house.journal.full = False

    assert await write(house, f"m v=1 {T}\n") == ""
    assert list(house.stored().values()) == [1.0]


async def test_a_dropped_database_takes_its_points_along(house):
    database = await made(house)
    await write(house, f"m v=1 {T}\n")
    await house.databases.drop(house.influx_logins.login_of_nobody(""), "d")
    again = await made(house)
    await write(house, f"m v=2i {T}\n")

    assert again.number != database.number
    assert list(house.stored().values()) == [2]
    assert len(house.catalogue.values_of("stock")) == 1


async def test_writes_of_one_database_have_sequences_that_grow(house):
    await made(house)
    await write(house, f"m v=1 {T}\n")
    await write(house, f"m v=2 {T}\n")
    (first, second) = house.journal.sources

    assert first[:2] == second[:2]
    assert (first[2], second[2]) == (1, 2)


async def test_a_large_body_is_parsed_beside_the_event_loop(house):
    await made(house)
    lines = "".join(f"m,t={at} v={at} {T + at}\n" for at in range(5_000))

    assert await write(house, lines) == ""
    assert len(house.stored()) == 5_000


async def test_a_body_over_the_limit_is_refused():
    with InfluxHouse(limits=LineLimits(body_bytes=4)) as house, pytest.raises(LimitExceeded):
        await house.writes.parse(b"m v=1 5", 1)


async def test_a_writer_that_goes_away_while_its_body_is_parsed_disturbs_nobody(house):
    large = "".join(f"m,t={n} v={n} {T}\n" for n in range(20_000)).encode()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await house.writes.parse(large, 1)

        assert (await house.writes.parse(b"m v=1", 1)).points_total == 1

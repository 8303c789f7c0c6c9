"""Databases, what a login may, and spans of shards."""

from hypothesis import given
from hypothesis import strategies as some

from muster.clock import DAY_NS, SECOND_NS
from muster.model.access import Actor
from muster.model.ids import SpaceId
from muster.model.influx import (
    HOUR_NS,
    MAX_NS,
    MIN_NS,
    Database,
    Login,
    Privilege,
    RetentionPolicy,
    shard_span,
)

HOME = SpaceId("home")
MONDAY_NS = 1_577_664_000 * SECOND_NS  # 2019-12-30T00:00:00Z


def login(**held):
    return Login(space=HOME, actor=Actor(name="influx rd"), name="rd", **held)


def test_a_policy_is_found_by_name_and_the_default_one_without():
    keep = RetentionPolicy(name="keep", shard_ns=7 * DAY_NS)
    database = Database(space=HOME, name="d", default_policy="keep", policies=(keep,))

    assert database.policy("") == database.policy("keep") == keep
    assert database.policy("nope") is None


def test_a_default_that_was_dropped_is_no_policy():
    assert Database(space=HOME, name="d", default_policy="gone").policy("") is None


def test_a_login_may_what_it_was_granted_there_and_what_it_holds_everywhere():
    reader = login(grants={"d1": Privilege.READ})
    writer = login(everywhere=Privilege.WRITE, grants={"d1": Privilege.READ})

    assert reader.may(Privilege.READ, "d1")
    assert not reader.may(Privilege.WRITE, "d1")
    assert not reader.may(Privilege.READ, "d2")
    assert not reader.may(Privilege.ALL, "d1")
    assert writer.may(Privilege.ALL, "d1")
    assert writer.may(Privilege.WRITE, "d2")


def test_an_admin_may_everything_and_everybody_may_nothing():
    assert login(admin=True).may(Privilege.ALL, "")
    assert login().may(Privilege.NONE, "d1")


def test_weekly_shards_run_from_monday_to_monday():
    week = 7 * DAY_NS

    assert shard_span(MONDAY_NS, week) == (MONDAY_NS, MONDAY_NS + week)
    assert shard_span(MONDAY_NS + week - 1, week) == (MONDAY_NS, MONDAY_NS + week)
    assert shard_span(MONDAY_NS - 1, week) == (MONDAY_NS - week, MONDAY_NS)


@given(
    some.integers(MIN_NS, MAX_NS - 1), some.sampled_from((HOUR_NS, DAY_NS, 7 * DAY_NS, 90_061_001))
)
def test_every_time_lies_in_its_shard_and_no_shard_is_longer_than_asked(time_ns, shard_ns):
    start, end = shard_span(time_ns, shard_ns)

    assert start <= time_ns < end
    assert end - start <= shard_ns
    assert shard_span(start, shard_ns) == (start, end)

"""The rules of retention policies, in InfluxDB's words."""

import msgspec
import pytest

from muster.clock import DAY_NS, SECOND_NS
from muster.core.databases.databasebook import PolicyNotFound
from muster.core.databases.retention import (
    MAX_POLICIES,
    PolicySpec,
    check_name,
    made_again,
    new_database,
    new_policy,
    with_changed_policy,
    with_policy,
    without_policy,
    writable,
)
from muster.errors import Conflict, InputError, LimitExceeded
from muster.model.ids import SpaceId
from muster.model.influx import HOUR_NS, MAX_NS, MIN_NS, RetentionPolicy

HOME = SpaceId("home")
TOO_SHORT = "retention policy duration must be at least 1h0m0s"
TOO_LONG_SHARD = "retention policy duration must be greater than the shard duration"
CONFLICT = "retention policy conflicts with an existing policy"


@pytest.fixture
def database():
    return new_database(HOME, "d1", 5, PolicySpec())


def spec(**given):
    return PolicySpec(**{"name": "a", **given})


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "\u202e"])
def test_names_that_cannot_be_are_refused(name):
    with pytest.raises(InputError, match=r"^invalid name$"):
        check_name(name)


def test_names_have_an_end():
    assert check_name("é" * 127)
    with pytest.raises(InputError, match=r"^name too long$"):
        check_name("é" * 128)


def test_a_database_begins_with_autogen_for_ever_in_weeks(database):
    autogen = RetentionPolicy(name="autogen", shard_ns=7 * DAY_NS)

    assert database.policies == (autogen,)
    assert database.default_policy == "autogen"


@pytest.mark.parametrize(
    ("duration_ns", "shard_ns"),
    [
        (0, 7 * DAY_NS),
        (HOUR_NS, HOUR_NS),
        (2 * DAY_NS - 1, HOUR_NS),
        (2 * DAY_NS, DAY_NS),
        (180 * DAY_NS - 1, DAY_NS),
        (180 * DAY_NS, 7 * DAY_NS),
    ],
)
def test_shards_are_as_long_as_the_duration_has_it(duration_ns, shard_ns):
    assert new_policy(spec(duration_ns=duration_ns)).shard_ns == shard_ns


def test_a_shard_of_less_than_an_hour_becomes_an_hour():
    assert new_policy(spec(duration_ns=HOUR_NS, shard_ns=60 * SECOND_NS)).shard_ns == HOUR_NS


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"duration_ns": HOUR_NS - 1}, TOO_SHORT),
        ({"duration_ns": HOUR_NS, "shard_ns": 2 * HOUR_NS}, TOO_LONG_SHARD),
        ({"replicas": 0}, "replication factor must be greater than 0"),
        ({"replicas": 1_001}, "replication factor must be up to 1000"),
        ({"past_limit_ns": -1}, "duration is out of range: -1ns"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(given, text):
    with pytest.raises(InputError) as refusal:
        new_policy(spec(**given))
    assert str(refusal.value) == text


def test_the_same_policy_again_changes_nothing(database):
    one = with_policy(database, new_policy(spec(duration_ns=HOUR_NS)), default=False)

    assert with_policy(one, new_policy(spec(duration_ns=HOUR_NS)), default=False) == one
    with pytest.raises(Conflict, match=r"^retention policy already exists$"):
        with_policy(one, new_policy(spec(duration_ns=2 * HOUR_NS)), default=False)
    with pytest.raises(Conflict, match=CONFLICT):
        with_policy(one, new_policy(spec(duration_ns=HOUR_NS)), default=True)


def test_a_new_policy_may_be_the_default(database):
    assert with_policy(database, new_policy(spec()), default=True).default_policy == "a"


def test_a_database_holds_so_many_policies(database):
    for number in range(MAX_POLICIES - 1):
        database = with_policy(database, new_policy(spec(name=f"p{number}")), default=False)

    with pytest.raises(LimitExceeded, match="up to 100"):
        with_policy(database, new_policy(spec(name="more")), default=False)


def test_what_is_given_changes_and_the_rest_stays(database):
    one = with_policy(database, new_policy(spec(duration_ns=HOUR_NS)), default=False)
    one = with_changed_policy(one, spec(duration_ns=3 * DAY_NS), default=False)
    assert one.policy("a").shard_ns == HOUR_NS
    one = with_changed_policy(one, spec(shard_ns=6 * HOUR_NS), default=False)
    one = with_changed_policy(one, spec(replicas=2), default=False)
    one = with_changed_policy(one, spec(future_limit_ns=5, past_limit_ns=6), default=True)

    assert one.default_policy == "a"
    assert one.policy("a") == RetentionPolicy(
        name="a",
        duration_ns=3 * DAY_NS,
        shard_ns=6 * HOUR_NS,
        replicas=2,
        future_limit_ns=5,
        past_limit_ns=6,
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"duration_ns": HOUR_NS // 2}, TOO_SHORT),
        ({"duration_ns": 20 * HOUR_NS}, TOO_LONG_SHARD),
        ({"shard_ns": 4 * DAY_NS}, TOO_LONG_SHARD),
        ({"duration_ns": 4 * DAY_NS, "shard_ns": 5 * DAY_NS}, TOO_LONG_SHARD),
        ({"replicas": 0}, "replication factor must be greater than 0"),
    ],
)
def test_a_change_that_cannot_be_is_refused(database, given, text):
    one = with_policy(database, new_policy(spec(duration_ns=3 * DAY_NS)), default=False)

    with pytest.raises(InputError) as refusal:
        with_changed_policy(one, spec(**given), default=False)
    assert str(refusal.value) == text


def test_a_policy_that_is_not_there_is_not_changed(database):
    for name in ("nope", ""):
        with pytest.raises(PolicyNotFound, match=f"^retention policy not found: {name}$"):
            with_changed_policy(database, spec(name=name, duration_ns=DAY_NS), default=False)


def test_the_default_that_is_dropped_stays_the_default(database):
    left = without_policy(database, "autogen")

    assert (left.policies, left.default_policy) == ((), "autogen")


@pytest.mark.parametrize(
    "given",
    [{}, {"duration_ns": 0}, {"replicas": 1}, {"shard_ns": 7 * DAY_NS}, {"name": "autogen"}],
)
def test_a_database_made_again_with_the_same_policy_is_the_same(database, given):
    assert made_again(database, PolicySpec(**given)) == database


@pytest.mark.parametrize(
    "given",
    [{"duration_ns": DAY_NS}, {"replicas": 2}, {"shard_ns": DAY_NS}, {"name": "other"}],
)
def test_a_database_made_again_with_another_policy_is_refused(database, given):
    with pytest.raises(Conflict, match=CONFLICT):
        made_again(database, PolicySpec(**given))


def test_a_database_made_again_with_a_policy_that_is_not_the_default_is_refused(database):
    two = with_policy(database, new_policy(spec(duration_ns=DAY_NS)), default=False)

    with pytest.raises(Conflict, match=CONFLICT):
        made_again(two, spec(duration_ns=DAY_NS))


def test_a_database_without_policies_gets_one_when_it_is_made_again(database):
    empty = msgspec.structs.replace(database, policies=())

    assert made_again(empty, spec()).default_policy == "a"
    with pytest.raises(InputError, match=TOO_SHORT):
        made_again(empty, spec(duration_ns=1))


def test_points_are_taken_as_far_back_and_ahead_as_the_policy_says(database):
    now_ns = 100 * DAY_NS
    autogen = database.policy("")
    kept = msgspec.structs.replace(autogen, duration_ns=DAY_NS)
    both = msgspec.structs.replace(kept, past_limit_ns=HOUR_NS, future_limit_ns=HOUR_NS)
    endless = msgspec.structs.replace(autogen, duration_ns=MAX_NS, future_limit_ns=MAX_NS)

    assert writable(autogen, now_ns) == (MIN_NS, MAX_NS)
    assert writable(kept, now_ns) == (99 * DAY_NS, MAX_NS)
    assert writable(both, now_ns) == (now_ns - HOUR_NS, now_ns + HOUR_NS)
    assert writable(endless, now_ns) == (now_ns - MAX_NS, MAX_NS)

"""Continuous queries and subscriptions of a database, in InfluxDB's words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from muster.core.databases import attached
from muster.core.databases.attached import (
    check_destinations,
    with_query,
    with_subscription,
    without_query,
    without_secret,
    without_subscription,
)
from muster.core.databases.databasebook import PolicyNotFound
from muster.core.databases.retention import PolicySpec, new_database
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.model.ids import SpaceId
from muster.model.influx import ContinuousQuery, Subscription

EMPTY = new_database(SpaceId("home"), "d1", 5, PolicySpec())
Q = ContinuousQuery(name="q", query="CREATE CONTINUOUS QUERY q ON d1 BEGIN … END")
S = Subscription(name="s", mode="ALL", destinations=("http://127.0.0.1:9092",))


def test_the_same_query_again_is_fine_and_another_is_not():
    one = with_query(EMPTY, Q)
    shouted = ContinuousQuery(name="q", query=Q.query.upper())

    assert with_query(one, Q) == with_query(one, shouted) == one
    with pytest.raises(Conflict, match=r"^continuous query already exists$"):
        with_query(one, ContinuousQuery(name="q", query="else"))


def test_a_query_that_is_not_there_can_be_dropped():
    left = without_query(with_query(EMPTY, Q), "q")

    assert left == EMPTY
    assert without_query(left, "q") == EMPTY


def test_queries_have_limits(monkeypatch):
    with pytest.raises(LimitExceeded):
        with_query(EMPTY, ContinuousQuery(name="q", query="x" * 65_537))
    with pytest.raises(InputError, match="1 to 255"):
        with_query(EMPTY, ContinuousQuery(name="", query="x"))
    monkeypatch.setattr(attached, "MAX_QUERIES", 1)
    with pytest.raises(LimitExceeded, match="up to 1 "):
        with_query(with_query(EMPTY, Q), ContinuousQuery(name="r", query="x"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:19999",
        "https://h.example:9092",
        "udp://127.0.0.1:19998",
        "http://u:p@h:9092",
        "http://[::1]:9092/write",
    ],
)
def test_destinations_have_a_scheme_and_a_port(url):
    check_destinations(msgspec.structs.replace(S, destinations=(url,)))


@pytest.mark.parametrize(
    "url",
    [
        "bad dest",
        "http://127.0.0.1",
        "http://127.0.0.1:",
        "ftp://127.0.0.1:2",
        "http://:9092",
        "http://h:0",
        "http://h:99999",
        "http://h:x",
        "http://::1:9092",
        "http://[::1:9092",
        "http://h h:1",
        "http://h:1\n",
        "",
    ],
)
def test_other_destinations_are_refused(url):
    with pytest.raises(InputError) as refusal:
        check_destinations(msgspec.structs.replace(S, destinations=(url,)))
    assert str(refusal.value) == f"invalid subscription URL: {url}"


@given(some.text(max_size=40), some.sampled_from(("", "http://", "udp://u:pw@")))
def test_no_text_at_all_breaks_the_check(text, before):
    try:
        check_destinations(msgspec.structs.replace(S, destinations=(before + text,)))
    except InputError as refusal:
        assert "invalid subscription URL" in str(refusal)


def test_a_subscription_has_a_mode_and_some_destinations():
    with pytest.raises(InputError, match="ALL or ANY"):
        check_destinations(msgspec.structs.replace(S, mode="SOME"))
    for urls in ((), S.destinations * 33):
        with pytest.raises(InputError, match="1 to 32"):
            check_destinations(msgspec.structs.replace(S, destinations=urls))


def test_a_password_in_a_url_is_not_shown():
    assert without_secret("http://u:pw@h:1/x?y=z") == "http://u:[REDACTED]@h:1/x?y=z"
    assert without_secret("http://u@h:1") == "http://u@h:1"
    assert "pw" not in without_secret("http://u:pw@[h:1")
    shown = without_secret("http://h:1/x?u=ada&p=pw&db=p&Token=t%41#p=1")
    assert shown == "http://h:1/x?u=ada&p=[REDACTED]&db=p&Token=[REDACTED]#p=1"


def test_a_subscription_is_made_once_and_dropped_once():
    one = with_subscription(EMPTY, "autogen", S)

    assert one.policy("").subscriptions == (S,)
    with pytest.raises(Conflict, match=r"^subscription already exists$"):
        with_subscription(one, "autogen", S)
    left = without_subscription(one, "autogen", "s")
    assert left == EMPTY
    with pytest.raises(NotFound, match=r"^subscription not found$"):
        without_subscription(left, "autogen", "s")


def test_a_subscription_is_of_a_policy_that_is_there():
    for name in ("nope", ""):
        with pytest.raises(PolicyNotFound, match=f"^retention policy not found: {name}$"):
            with_subscription(EMPTY, name, S)
        with pytest.raises(PolicyNotFound):
            without_subscription(EMPTY, name, "s")


def test_subscriptions_have_limits(monkeypatch):
    with pytest.raises(InputError, match="characters that print"):
        with_subscription(EMPTY, "autogen", msgspec.structs.replace(S, name="a\n"))
    monkeypatch.setattr(attached, "MAX_SUBSCRIPTIONS", 1)
    with pytest.raises(LimitExceeded, match="up to 1 "):
        with_subscription(
            with_subscription(EMPTY, "autogen", S), "autogen", msgspec.structs.replace(S, name="t")
        )

"""Lifetimes, and when to renew."""

from hypothesis import given
from hypothesis import strategies as st

from muster.pki import profile

SECOND_NS = 1_000_000_000
NOW_NS = 1_800_000_000 * SECOND_NS
DAY_NS = 86_400 * SECOND_NS


def test_an_agent_certificate_lives_a_day_from_now():
    assert profile.AGENT.span(NOW_NS)[1] == NOW_NS + DAY_NS


def test_a_lifetime_can_be_made_shorter_and_not_longer():
    assert profile.AGENT.span(NOW_NS, 60)[1] == NOW_NS + 60 * SECOND_NS
    assert profile.SERVER.span(NOW_NS, 10**9) == profile.SERVER.span(NOW_NS)


def test_an_agents_lifetime_can_be_made_longer_up_to_ninety_days():
    ninety = NOW_NS + 90 * 86_400 * SECOND_NS

    assert profile.AGENT.span(NOW_NS, 10**9)[1] == ninety
    assert profile.AGENT.span(NOW_NS, 90 * 86_400)[1] == ninety


@given(st.integers(profile.MIN_LIFETIME_S, profile.SERVER.lifetime_s), st.floats(-1, 1))
def test_a_new_certificate_is_never_due_at_once(lifetime_s, jitter):
    for kind in (profile.AGENT, profile.SERVER):
        not_before_ns, not_after_ns = kind.span(NOW_NS, lifetime_s)
        due_ns = profile.renew_at(not_before_ns, not_after_ns, jitter)

        assert NOW_NS < due_ns < not_after_ns


@given(st.floats(allow_nan=False))
def test_jitter_stays_within_a_twentieth_of_the_life(jitter):
    due_ns = profile.renew_at(0, 1000 * SECOND_NS, jitter)

    assert 450 * SECOND_NS <= due_ns <= 550 * SECOND_NS


def test_every_certificate_outlives_the_renewal_of_its_issuer():
    assert profile.SERVER.lifetime_s < profile.RENEW_ISSUER_S
    assert profile.RENEW_ISSUER_S < profile.AGENTS.lifetime_s < profile.ROOT.lifetime_s

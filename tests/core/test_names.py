"""Names and facts that come from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.names import MAX_FACT, check_name, check_text, check_user_name, is_id, tidy_facts
from muster.errors import InputError
from muster.model.inventory import Facts


@pytest.mark.parametrize("name", ["web", "web-01.example", "Büro 3", "東京", "x" * 100])
def test_names_that_print_are_taken(name):
    assert check_name(name, "name") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " web",
        "web ",
        "a\nb",
        "a\x00",
        "a\x1b[31m",
        "a\u202eb",
        "a\u200bb",
        "a\u2028b",
        "x" * 101,
    ],
)
def test_names_that_could_forge_something_are_refused(name):
    with pytest.raises(InputError):
        check_name(name, "name")


def test_a_text_may_be_empty_and_not_too_long():
    assert check_text("", 5, "reason") == ""
    for text in ("123456", "a\n"):
        with pytest.raises(InputError, match="reason"):
            check_text(text, 5, "reason")


numbers = st.integers(-(1 << 70), 1 << 70)


@given(
    st.builds(
        Facts, hostname=st.text(max_size=400), os=st.text(), cores=numbers, boot_time_ns=numbers
    )
)
def test_facts_are_cut_to_what_is_kept(facts):
    tidy = tidy_facts(facts)

    assert tidy.hostname.isprintable()
    assert len(tidy.hostname) <= MAX_FACT
    assert 0 <= tidy.cores < 1 << 63
    assert 0 <= tidy.boot_time_ns < 1 << 63
    assert tidy_facts(tidy) == tidy


def test_honest_facts_stay_as_they_are():
    facts = Facts(hostname="web", os="Debian GNU/Linux 12 (bookworm)", cores=4, compiled=True)

    assert tidy_facts(facts) == facts


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("0c0c0c0c-1111-4111-8111-111111111111", True),
        ("aaaqeayeaudaocaj", True),
        ("", False),
        ("a" * 37, False),
        ("a\x00", False),
        ("\ud800", False),
        ("../x", False),
        ("é", False),
        ("a\n", False),
    ],
)
def test_what_cannot_be_an_id_is_told_before_it_is_looked_up(text, fits):
    assert is_id(text) is fits


@pytest.mark.parametrize(
    "name",
    [
        "hub",
        "operator",
        "system",
        "stranger",
        "Operator",
        "HUB",
        "node web",
        "token 7",
        "influx user rd",
        "ada by API token k3x7p2mq5rt6w2ya",
    ],
)
def test_a_user_cannot_be_called_what_the_audit_log_calls_others(name):
    with pytest.raises(InputError, match="stands for something else in the audit log"):
        check_user_name(name)


@pytest.mark.parametrize("name", ["admin", "ada", "hubert", "node", "tokens", "operator 2"])
def test_other_names_are_free_for_users(name):
    assert check_user_name(name) == name

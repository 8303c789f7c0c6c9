"""The arguments of netdata-claim.sh, all of them, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.agent.netdata.arguments import parse, parse_line
from muster.agent.netdata.outcome import ClaimFailed

ALL = (
    "-token=T -rooms=R1,R2 -url=https://h:1 -id=ABCD -hostname=web 1 -proxy=http://p:1"
    " -user=netdata -noproxy -insecure -noreload -daemon-not-running -verbose"
)


def test_every_argument_is_understood():
    words = ALL.replace("web 1", "web\0").split(" ")
    given = parse([word.replace("\0", " 1") for word in words])

    assert given.token.reveal() == "T"
    assert (given.rooms, given.url, given.id) == ("R1,R2", "https://h:1", "abcd")
    assert (given.hostname, given.proxy, given.user) == ("web 1", "http://p:1", "netdata")
    assert given.no_proxy and given.insecure and given.no_reload
    assert given.not_running and given.verbose


def test_the_three_of_two_words_are_the_same():
    one = parse(["-token=T", "-rooms=R", "-url=U"])
    two = parse(["--claim-token", "T", "--claim-rooms", "R", "--claim-url", "U"])

    assert (two.token.reveal(), two.rooms, two.url) == ("T", "R", "U")
    assert (one.rooms, one.url, one.id) == (two.rooms, two.url, None)


@pytest.mark.parametrize(
    "word", ["-foo", "-foo=secret", "foo", "token=x", "--token=x", "-token", "", "-tokens=x"]
)
def test_an_unknown_argument_is_code_1_and_its_value_is_not_shown(word):
    with pytest.raises(ClaimFailed) as caught:
        parse([word])

    assert caught.value.exit_code == 1
    assert str(caught.value).startswith("Unknown argument")
    assert "secret" not in str(caught.value)


def test_an_empty_address_is_as_none_and_an_empty_token_is_one():
    given = parse(["-url=", "-token="])

    assert (given.url, given.token.reveal()) == (None, "")


def test_a_word_that_never_comes_is_code_1():
    with pytest.raises(ClaimFailed, match="--claim-token needs a value"):
        parse(["--claim-token"])


def test_one_text_holds_them_as_the_daemon_takes_them():
    given = parse_line("-token=T -hostname='a b' -proxy=\"http://p:1\"")

    assert (given.hostname, given.proxy) == ("a b", "http://p:1")
    with pytest.raises(ClaimFailed, match="cannot be read"):
        parse_line("-hostname='a")


@pytest.mark.parametrize("words", [["-token=" + "x" * 20_000], ["-proxy=" + "x" * 5_000]])
def test_what_is_too_long_is_a_clean_error(words):
    with pytest.raises(ClaimFailed, match="longer than") as caught:
        parse(words)

    assert caught.value.exit_code == 1


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_words_are_arguments_or_code_1(words):
    try:
        parse(words)
    except ClaimFailed as error:
        assert error.exit_code == 1

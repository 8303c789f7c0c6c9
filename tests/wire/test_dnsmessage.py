import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, ProtocolError
from muster.wire.dnsmessage import format_query, is_reply_to, parse_reply

QUERY = bytes.fromhex("1234 0100 0001 0000 0000 0000 07") + b"example\3org\0" + b"\0\1\0\1"
ANSWER = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x01\x02\x03\x04"


def reply(flags, query=QUERY, answers=0):
    return query[:2] + flags.to_bytes(2, "big") + b"\0\1" + bytes((0, answers)) + query[8:]


def test_a_question_is_laid_out_as_the_rfc_says():
    assert format_query(0x1234, "example.org", "A") == QUERY
    assert format_query(0x1234, "example.org.", "A") == QUERY
    assert format_query(1, ".", "NS")[12:] == b"\0\0\2\0\1"


def test_a_name_of_another_alphabet_goes_as_ascii():
    assert b"\x0exn--mnchen-3ya" in format_query(1, "münchen.de", "A")


@pytest.mark.parametrize("domain", ["a..b", "x" * 64, ".".join(["x" * 60] * 5), "\ud800.de"])
def test_what_is_no_domain_is_refused(domain):
    with pytest.raises(InputError):
        format_query(1, domain, "A")


def test_an_answer_tells_its_code_and_whether_it_is_whole():
    whole = parse_reply(QUERY, reply(0x8180, answers=1) + ANSWER)

    assert (whole.code_name, whole.is_cut, whole.answers) == ("NOERROR", False, 1)
    assert parse_reply(QUERY, reply(0x8383)).code_name == "NXDOMAIN"
    assert parse_reply(QUERY, reply(0x8380)).is_cut
    assert parse_reply(QUERY, reply(0x818F)).code_name == "RCODE15"


def test_letters_may_come_back_in_another_case():
    assert parse_reply(QUERY, reply(0x8180).replace(b"example", b"eXAMple")).rcode == 0


def test_a_refusal_may_leave_the_question_out():
    assert parse_reply(QUERY, QUERY[:2] + b"\x81\x85" + bytes(8)).code_name == "REFUSED"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        QUERY,
        b"\0\0" + reply(0x8180)[2:],
        reply(0x8180).replace(b"example", b"exemple"),
        QUERY[:2] + b"\x81\x80" + bytes(8),
    ],
)
def test_what_answers_something_else_is_refused(data):
    with pytest.raises(ProtocolError):
        parse_reply(QUERY, data)


@given(st.binary(max_size=80))
def test_any_bytes_are_an_answer_or_a_protocol_error(data):
    try:
        parse_reply(QUERY, data)
    except ProtocolError as error:
        assert str(error)
    is_reply_to(QUERY, data)

"""The claim's text: written, read, and bounded."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.evidence import Evidence, SshHostKey
from muster.model.inventory import Facts
from muster.wire import claim
from muster.wire.claim import Claim, format_claim, message_of, parse_claim

CLAIM = Claim(
    token_id="t",
    csr="-----BEGIN",
    facts=Facts(hostname="web", cores=4),
    evidence=Evidence(machine_id="ab", ssh=(SshHostKey(key="k", signature="s"),)),
    time_ns=7,
)


def test_a_claim_is_read_as_it_was_written():
    assert parse_claim(format_claim(CLAIM)) == CLAIM


def test_fields_of_newer_agents_are_left_alone():
    assert parse_claim(json.dumps({"token_id": "t", "csr": "c", "novelty": [1]})).csr == "c"


def test_the_message_is_of_one_purpose_only():
    assert message_of("{}") == b"muster-claim-1\0{}"


def test_a_long_text_is_neither_written_nor_read():
    long = Claim(token_id="t", csr="x" * claim.MAX_TEXT)
    with pytest.raises(InputError, match="longer"):
        format_claim(long)
    with pytest.raises(InputError, match="longer"):
        parse_claim(" " * (claim.MAX_TEXT + 1))


def test_half_a_surrogate_is_no_text():
    with pytest.raises(InputError, match="text"):
        message_of("\ud800")


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_whatever_arrives_is_a_claim_or_refused(text):
    with contextlib.suppress(InputError):
        assert isinstance(parse_claim(text), Claim)

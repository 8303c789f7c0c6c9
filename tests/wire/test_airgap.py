import pytest

from muster.errors import InputError
from muster.wire.airgap import (
    MAX_TEXT,
    GapRequest,
    digest_of,
    format_text,
    message_of,
    read_json,
)

REQUEST = GapRequest(csr="PEM", created_ns=1, expires_ns=2, pins=("p",))


def test_a_request_is_read_as_it_was_written_and_unknown_fields_are_left_alone():
    text = format_text(REQUEST)

    assert read_json(text, GapRequest, "request") == REQUEST
    assert read_json(text[:-1] + ',"newer":1}', GapRequest, "request") == REQUEST


def test_what_is_signed_begins_with_its_domain_and_the_digest_is_over_it():
    assert message_of("text") == b"muster-request-1\0text"
    assert digest_of("text") != digest_of("texts")
    with pytest.raises(InputError, match="no text"):
        message_of("\ud800")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"csr":1}', "[" * 5_000, "x" * (2 * MAX_TEXT + 1)]
)
def test_what_is_no_request_is_refused(text):
    with pytest.raises(InputError, match="request"):
        read_json(text, GapRequest, "request")


def test_what_is_too_long_to_sign_is_not_signed():
    with pytest.raises(InputError, match="longer"):
        format_text(GapRequest(csr="x" * MAX_TEXT, created_ns=1, expires_ns=2))

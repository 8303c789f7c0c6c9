import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.inventory import Facts
from muster.wire.recover import MAX_TEXT, Recovery, format_recovery, message_of, parse_recovery

ASKED = Recovery(csr="pem", hub="hub", serial="1f", facts=Facts(hostname="laptop"), time_ns=7)


def test_what_is_signed_is_read_as_it_was_said():
    assert parse_recovery(format_recovery(ASKED)) == ASKED


def test_fields_that_nobody_knows_yet_are_left_alone():
    assert parse_recovery('{"csr":"a","hub":"b","serial":"c","new":1}').csr == "a"


def test_a_text_that_is_too_long_is_neither_made_nor_read():
    long = Recovery(csr="x" * MAX_TEXT, hub="", serial="")
    with pytest.raises(InputError):
        format_recovery(long)
    with pytest.raises(InputError):
        parse_recovery(" " * (MAX_TEXT + 1))


def test_the_bytes_that_are_signed_are_those_of_this_wire_alone():
    assert message_of("x") == b"muster-recover-1\0x"
    with pytest.raises(InputError):
        message_of("\ud800")


@given(st.text(max_size=60))
def test_arbitrary_texts_are_read_or_refused(text):
    with contextlib.suppress(InputError):
        parse_recovery(text)

import pytest

from muster.errors import InputError, LimitExceeded
from muster.wire.snappybounds import LONGEST, check_length, check_size


def test_a_block_of_copies_alone_is_let_by():
    check_length(64_000, 3_000, 64_000)


def test_a_length_beyond_what_copies_can_give_is_a_fault_of_the_block():
    with pytest.raises(InputError, match="corrupt"):
        check_length(64_000, 2_000, 1 << 40)


def test_a_length_over_the_limit_names_both():
    with pytest.raises(LimitExceeded, match="limit of 10 bytes: it unpacks to 11"):
        check_length(11, 11, 10)


def test_what_no_length_can_tell_is_not_packed():
    with pytest.raises(LimitExceeded):
        check_size(LONGEST + 1)

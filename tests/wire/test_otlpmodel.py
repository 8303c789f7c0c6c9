import math

import pytest

from muster.errors import InputError
from muster.wire.otlpmodel import real, whole


@pytest.mark.parametrize(
    ("given", "read"), [(5, 5), ("5", 5), ("-9223372036854775808", -(1 << 63))]
)
def test_whole_numbers_may_be_texts(given, read):
    assert whole(given) == read


@pytest.mark.parametrize(
    "given", ["", "x", "1.5", "--1", "1" * 21, "18446744073709551616", "\u0661"]
)
def test_what_is_no_whole_number_of_64_bits_is_refused(given):
    with pytest.raises(InputError):
        whole(given)


def test_numbers_may_be_words():
    assert real("Infinity") == math.inf
    assert math.isnan(real("NaN"))
    assert real(1) == 1.0


def test_other_words_are_refused():
    with pytest.raises(InputError, match="not a number"):
        real("much")

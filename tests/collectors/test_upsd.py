import pytest

from muster.collectors.api import Sample
from muster.collectors.upsd import MAX_UPSES, collect, talk
from muster.errors import InputError


def points(**upses):
    return list(collect(Sample(time_ns=5, groups={"upsd": upses}), None))


def test_each_ups_that_is_listed_is_asked():
    conversation = talk()
    listing = next(conversation)
    listed = b'BEGIN LIST UPS\nUPS a "x"\nUPS b "END LIST UPS"\nEND LIST UPS\n'
    assert listing.whole(listed[:30]) == 0
    assert listing.whole(listed + b"x") == len(listed)
    first = conversation.send(listed)
    assert first.say == b"LIST VAR a\n"
    assert conversation.send(b"1").say == b"LIST VAR b\n"
    last = conversation.send(b"2")
    assert (last.say, last.whole(b"OK"), last.whole(b"OK Goodbye\n")) == (b"LOGOUT\n", 0, 11)
    with pytest.raises(StopIteration) as end:
        conversation.send(b"OK Goodbye\n")
    assert end.value.value == {"a": b"1", "b": b"2"}


def test_there_is_a_bound_on_upses_and_on_lists():
    conversation = talk()
    want = next(conversation)
    want = conversation.send(b"".join(b"UPS u%d x\n" % number for number in range(100)))
    for _ in range(MAX_UPSES):
        want = conversation.send(b"ERR DRIVER-NOT-CONNECTED\n")
    assert want.say == b"LOGOUT\n"
    with pytest.raises(ValueError, match="does not end"):
        next(talk()).whole(bytes(1 << 20))


def test_flags_become_bits_and_tags():
    (found,) = points(ups=b'VAR ups ups.status "OB LB DISCHRG"\nVAR ups ups.load "7"\n')

    assert found.fields == {"status_flags": 80, "load_percent": 7.0, "ups_status": "OB LB DISCHRG"}
    assert found.tags == {"ups_name": "ups", "status_OB": "true", "status_LB": "true"}


def test_a_ups_whose_driver_is_away_is_left_out():
    assert points(ups=b"ERR DATA-STALE\n") == []


@pytest.mark.parametrize(
    "text", [b'VAR ups ups.load "x"', b"VAR ups ups.load 5", b"VAR ups", b'VAR a ups.load "inf"']
)
def test_a_value_of_another_form_is_an_input_error(text):
    with pytest.raises(InputError):
        points(ups=text)

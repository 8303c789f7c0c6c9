import pytest

from muster.collectors.apcupsd import collect, talk
from muster.collectors.api import Sample
from muster.errors import InputError


def points(text):
    return list(collect(Sample(time_ns=5, groups={"apcupsd": {"status": text}}), None))


def test_the_answer_is_whole_with_its_empty_line():
    conversation = talk()
    want = next(conversation)
    answer = b"\0\3ab\n\0\2c\n\0\0"

    assert want.say == b"\0\6status"
    assert [want.whole(answer[:length]) for length in range(len(answer))] == [0] * len(answer)
    assert want.whole(answer + b"more") == len(answer)
    with pytest.raises(StopIteration) as end:
        conversation.send(answer)
    assert end.value.value == {"status": b"ab\nc\n"}


def test_times_come_in_several_units():
    (found,) = points(
        b"STATUS : ONLINE\nSTATFLAG : 0x08\nTIMELEFT : 1.5 Hours\nTONBATT : 2 Seconds\n"
    )

    assert found.fields == {
        "status_flags": 8,
        "time_left_ns": 5_400_000_000_000,
        "time_on_battery_ns": 2_000_000_000,
    }


def test_a_daemon_that_lost_its_ups_has_no_point():
    assert points(b"STATUS   : COMMLOST \nSTATFLAG : 0x05000100\n") == []
    assert points(b"") == []


def test_without_a_daemon_there_is_nothing_and_one_that_fails_says_so():
    assert list(collect(Sample(time_ns=5), None)) == []
    with pytest.raises(InputError, match="refused"):
        list(collect(Sample(time_ns=5, faults={"apcupsd": "Connection refused"}), None))


@pytest.mark.parametrize(
    "line", [b"STATFLAG : x", b"STATFLAG : 8\nLINEV : nan V", b"STATFLAG : 8\nTIMELEFT : 3 Weeks"]
)
def test_a_value_of_another_form_is_an_input_error(line):
    with pytest.raises(InputError):
        points(b"STATUS : x\n" + line)

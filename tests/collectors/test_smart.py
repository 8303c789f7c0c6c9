import pytest

from muster.collectors.api import Sample
from muster.collectors.smart import MAX_DISKS, collect, talk


def test_one_line_asks_and_each_line_of_the_answer_is_a_disk():
    conversation = talk()
    want = next(conversation)
    assert (want.say, want.whole) == (b"smart 1\n", None)
    with pytest.raises(StopIteration) as end:
        conversation.send(b'{"a":1}\n{"b":2}\n')
    assert end.value.value == {"00": b'{"a":1}', "01": b'{"b":2}'}


def test_disks_have_a_bound():
    conversation = talk()
    next(conversation)
    with pytest.raises(StopIteration) as end:
        conversation.send(b"{}\n" * 500)
    assert len(end.value.value) == MAX_DISKS


def test_without_a_helper_or_disks_there_is_nothing():
    assert list(collect(Sample(time_ns=5), None)) == []
    assert list(collect(Sample(time_ns=5, groups={"smart": {}}), None)) == []

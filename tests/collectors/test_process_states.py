import pytest

from muster.collectors.api import Sample
from muster.collectors.process_states import STATS, collect, digest
from muster.errors import InputError


def fields(*texts):
    group = {f"/proc/{pid}/stat": digest(text) for pid, text in enumerate(texts, 1)}
    points = list(collect(Sample(time_ns=5, groups={STATS: group}), None))
    return points[0].fields if points else None


def test_states_are_counted():
    found = fields(b"1 (init) S 0", b"2 (a) Z 1", b"3 (b) I 1", b"4 (c) t 1", b"5 (d) T 1")

    assert (found["sleeping"], found["zombie"], found["idle"], found["stopped"]) == (1, 1, 1, 2)
    assert found["total"] == 5


def test_both_names_of_zombies_have_the_same_count():
    found = fields(b"1 (a) Z 1")

    assert found["zombie"] == found["zombies"] == 1


def test_running_and_blocked_ones_are_in_the_total_alone():
    found = fields(b"1 (a) R 1", b"2 (b) D 1")

    assert found["total"] == 2
    assert sum(found.values()) == 2


def test_a_name_with_parentheses_misleads_nobody():
    assert fields(b"1 (a) Z (b) S 1")["sleeping"] == 1


def test_a_state_of_a_later_kernel_is_unknown():
    assert fields(b"1 (a) Q 1")["unknown"] == 1


def test_where_processes_cannot_be_listed_there_is_nothing():
    assert fields() is None


@pytest.mark.parametrize("text", [b"", b"1 init S", b"1 (init) "])
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/1/stat"):
        fields(text)


def test_little_is_kept_of_each_process():
    assert digest(b"1 (init) S 0 1 1 0 -1 4194560 " + b"0 " * 200) == b") S"
    assert len(digest(b"x" * 4096)) <= 80

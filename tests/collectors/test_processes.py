import pytest

from muster.collectors.api import Sample
from muster.collectors.processes import LOAD, STAT, collect
from muster.errors import InputError

TEXTS = {
    STAT: b"cpu 1\nprocesses 900\nprocs_running 3\nprocs_blocked 1\n",
    LOAD: b"0.1 0.2 0.3 3/456 789\n",
}


def fields(**texts):
    (point,) = collect(Sample(time_ns=5, texts={**TEXTS, **texts}), None)
    return point.fields


def test_what_the_kernel_counts_itself_is_read():
    assert fields() == {"running": 3, "blocked": 1, "total_threads": 456}


@pytest.mark.parametrize(
    ("path", "text"), [(STAT, b"cpu 1\n"), (LOAD, b"0.1 0.2 0.3"), (LOAD, b"1 2 3 4 5")]
)
def test_another_shape_is_an_input_error(path, text):
    with pytest.raises(InputError, match=path):
        fields(**{path: text})

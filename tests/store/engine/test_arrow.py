"""Columns go to Arrow and back by their buffers, and pandas stays out."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from muster.store.engine.arrow import numbers_from_arrow, numbers_to_arrow, texts_to_arrow

WITHOUT_PANDAS = """
import sys
import numpy as np, pyarrow as pa
from muster.store.engine.arrow import numbers_from_arrow, numbers_to_arrow, texts_to_arrow
table = pa.Table.from_arrays([numbers_to_arrow(np.arange(3)), texts_to_arrow("abc")], ["n", "t"])
numbers_from_arrow(table["n"]), table["t"].to_pylist()
numbers_from_arrow(pa.chunked_array([], pa.uint32()))
sys.exit("pandas" in sys.modules)
"""


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint64, np.float64])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_numbers_come_back(dtype, count):
    values = np.arange(count).astype(dtype)
    arrow = numbers_to_arrow(values)
    back = numbers_from_arrow(pa.chunked_array([arrow]))

    assert back.dtype == dtype
    assert back.tolist() == values.tolist() == arrow.to_pylist()


def test_a_column_of_several_chunks_or_none_is_one_array():
    parts = [numbers_to_arrow(np.array(part)) for part in ([1, 2], [3])]

    assert numbers_from_arrow(pa.chunked_array(parts)).tolist() == [1, 2, 3]
    assert numbers_from_arrow(pa.chunked_array([], pa.int64())).tolist() == []


def test_every_second_number_comes_back():
    assert numbers_to_arrow(np.arange(6)[::2]).to_pylist() == [0, 2, 4]


@pytest.mark.parametrize("texts", [[], [""], ["a", "", "ä€😀"]])
def test_texts_come_back(texts):
    assert texts_to_arrow(texts).to_pylist() == texts


def test_pandas_is_not_imported():
    done = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], check=False)

    assert done.returncode == 0

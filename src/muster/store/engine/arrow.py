"""Between numpy and Arrow, by their buffers alone.

pyarrow's own conversions import pandas at the first array they see: 50 MB and 150 ms for
nothing that is used here.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_TYPES = {
    np.dtype(np.uint8): pa.uint8(),
    np.dtype(np.int64): pa.int64(),
    np.dtype(np.uint64): pa.uint64(),
    np.dtype(np.float64): pa.float64(),
}


def numbers_to_arrow(values: NDArray[Any]) -> pa.Array:
    """An Arrow array that shares the memory of a one-dimensional one."""
    plain = np.ascontiguousarray(values)
    return pa.Array.from_buffers(_TYPES[plain.dtype], len(plain), [None, pa.py_buffer(plain)])


def texts_to_arrow(texts: Sequence[str]) -> pa.Array:
    data = [text.encode() for text in texts]
    offsets = np.zeros(len(data) + 1, np.int32)
    np.cumsum([len(each) for each in data], out=offsets[1:])
    buffers = pa.py_buffer(offsets), pa.py_buffer(b"".join(data))
    return pa.StringArray.from_buffers(len(data), *buffers)


def numbers_from_arrow(column: pa.ChunkedArray) -> NDArray[Any]:
    """The numbers of a column without nulls; they may not be written to."""
    if not column.num_chunks:  # joining none of them makes an array of Python objects
        return np.empty(0, column.type.to_pandas_dtype())
    numbers: NDArray[Any] = np.from_dlpack(column.combine_chunks())
    return numbers

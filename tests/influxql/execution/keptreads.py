"""What is kept of a plan reads: points of a source in memory."""

import struct

import numpy as np

from muster.influxql.execution.rawmatrices import is_one
from muster.influxql.source import Matrix


class Reads:
    """Those of a source, counted."""

    def __init__(self, source, place, series, fields):
        self._ask = source, place, series, fields
        self.count = 0

    def matrix(self, start_ns, end_ns, windows):
        source, place, series, fields = self._ask
        found = source.matrices(place, series, fields, start_ns, end_ns)
        if not found or not is_one(found, len(series) * len(fields)):
            return None
        if len({each.values.dtype for each in found}) != 1:
            return None
        self.count += 1
        values = np.concatenate([each.values for each in found])
        return Matrix(np.arange(len(values)), found[0].times, values)

    def newest(self, start_ns, end_ns):
        found = self.latest(start_ns, end_ns)
        if found is None or len({each and each[0] for each in found}) != 1 or None in found:
            return None
        form = "".join("d" if isinstance(value, float) else "q" for _, value in found)
        return found[0][0], struct.pack("=" + form, *(value for _, value in found))

    def latest(self, start_ns, end_ns):
        source, place, series, fields = self._ask
        self.count += 1
        return source.latest(place, series, fields, start_ns, end_ns)

"""One hour's sums as a file."""

import numpy as np
import pytest

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.store.engine.sumfile import HOUR_NS, SumFile, dense, write

TEN = 10 * SECOND_NS
HOUR = 480_000
CELLS = 360


def sums(*cells):
    """`cells`: (field, tags, cell, n, s)."""
    field, tags, cell, n, s = zip(*cells, strict=True)
    return {
        "field": np.array(field, np.uint64),
        "tags": np.array(tags, np.uint64),
        "ts": HOUR * HOUR_NS + np.array(cell) * TEN,
        "n": np.array(n),
        "s": np.array(s, np.float64).view(np.int64),
    }


def made(path, *parts):
    dense_parts = [dense(sums(*part), ("s",), HOUR, TEN) for part in parts]
    assert write(path, dense_parts, ("s",))
    return SumFile(path, ("s",), CELLS)


def keys(*pairs):
    fields, tags = zip(*pairs, strict=True)
    return np.array(fields, np.uint64), np.array(tags, np.uint64)


def test_every_cell_is_found_again_and_others_are_empty(tmp_path):
    part = [(7, 1, 0, 10, 1.5), (7, 1, 359, 9, 2.5), (7, 2**63 + 5, 4, 1, -3.0)]
    file = made(tmp_path / "a.sums", part, [(9, 1, 1, 2, 4.0)])

    mine, rows = file.places(*keys((9, 1), (7, 3), (7, 2**63 + 5), (7, 1)))

    assert mine.tolist() == [0, 2, 3]
    n, s = file.column("n", rows), file.column("s", rows).view(np.float64)
    assert n.shape == s.shape == (3, CELLS)
    assert [np.flatnonzero(row).tolist() for row in n] == [[1], [4], [0, 359]]
    assert (n[2, 0], s[2, 0], n[2, 359], s[2, 359]) == (10, 1.5, 9, 2.5)
    assert (s[0, 1], s[1, 4]) == (4.0, -3.0)


def test_a_file_may_hold_no_series(tmp_path):
    part = dense(sums((1, 1, 0, 1, 1.0)), ("s",), HOUR, TEN)
    none = part._replace(fields=part.fields[:0], tags=part.tags[:0], n=part.n[:0],
                         columns={"s": part.columns["s"][:0]})  # fmt: skip
    assert write(tmp_path / "a.sums", [none], ("s",))

    mine, rows = SumFile(tmp_path / "a.sums", ("s",), CELLS).places(*keys((1, 1)))
    assert not len(mine)
    assert not len(rows)


def test_series_whose_codes_are_the_same_are_not_written(tmp_path):
    spread = 0x9E3779B97F4A7C15
    twins = [(0, 0, 0, 1, 1.0), (1, spread, 0, 1, 2.0)]

    assert not write(tmp_path / "a.sums", [dense(sums(*twins), ("s",), HOUR, TEN)], ("s",))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: b"", lambda data: data[:20],
                                  lambda data: b"X" + data[1:]])  # fmt: skip
def test_what_is_no_such_file_is_refused(tmp_path, harm):
    path = tmp_path / "a.sums"
    made(path, [(7, 1, 0, 10, 1.5)])
    path.write_bytes(harm(path.read_bytes()))

    with pytest.raises(InputError, match=r"a\.sums"):
        SumFile(path, ("s",), CELLS)


def test_a_reader_keeps_a_file_that_is_deleted(tmp_path):
    file = made(tmp_path / "a.sums", [(7, 1, 0, 10, 1.5)])
    (tmp_path / "a.sums").unlink()

    assert file.column("n", file.places(*keys((7, 1)))[1])[0, 0] == 10

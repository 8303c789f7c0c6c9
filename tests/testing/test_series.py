"""The store in memory; its promises are checked in tests/conformance."""

import numpy as np
import pytest

from muster.errors import Unavailable
from muster.model.metric import Kind
from muster.ports.series import Rows
from muster.testing.series import MemoryStore

ONE = {
    Kind.INTEGER: Rows(
        np.ones(1, np.uint64), np.ones(1, np.uint64), np.ones(1, np.int64), np.ones(1, np.int64)
    )
}


def test_a_rewrite_that_is_not_announced_is_a_fault_of_the_writer():
    store = MemoryStore()
    store.append("a", ONE)

    with pytest.raises(AssertionError, match="rewritten"):
        store.append("b", ONE)
    store.append("c", ONE, rewrites=True)


def test_it_fails_on_request_and_after_its_end():
    store = MemoryStore()
    store.failing = "broken"
    with pytest.raises(Unavailable, match="broken"):
        store.open()
    store.failing = ""
    store.close()

    with pytest.raises(Unavailable, match="closed"):
        store.append("a", ONE)

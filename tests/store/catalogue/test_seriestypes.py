"""What tells series apart."""

import numpy as np

from muster.store.catalogue.seriestypes import KIND_BITS, NAME_BITS, keys_of


def test_a_key_holds_tag_set_name_and_kind():
    keys = keys_of(np.array([1, 0]), np.array([2, (1 << NAME_BITS) - 1]), np.array([4, 3], "u1"))

    assert keys.tolist() == [1 << 32 | 2 << KIND_BITS | 4, (1 << 32) - 8 | 3]

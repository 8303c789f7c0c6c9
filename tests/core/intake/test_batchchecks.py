"""A batch that makes no sense is refused, and so are ever new epochs."""

from array import array

import pytest

from muster.core.intake.batchchecks import Epochs, check_bounds, check_shapes, is_whole
from muster.errors import InputError, LimitExceeded
from muster.model.metric import Batch, Block, Kind, Layout
from muster.testing.cohorts import series_of

LAYOUT = Layout((series_of("m", "a", Kind.INTEGER), series_of("m", "b", Kind.INTEGER)))
DAY_S = 86_400.0


def block(values, present=None):
    return Block(LAYOUT, array("q", [1]), array("q", values), present)


@pytest.mark.parametrize(("epoch", "sequence"), [("", 1), ("e" * 65, 1), ("e", 0), ("e", 1 << 63)])
def test_an_epoch_or_sequence_out_of_bounds_is_refused(epoch, sequence):
    with pytest.raises(InputError, match="not a batch of node n1"):
        check_bounds("n1", Batch(epoch, sequence, ()))
    check_bounds("n1", Batch("e" * 64, (1 << 63) - 1, ()))


@pytest.mark.parametrize("wrong", [block([1]), block([1, 2, 3]), block([1, 2], b"\1")])
def test_a_block_that_contradicts_itself_is_refused(wrong):
    assert not is_whole(wrong)
    with pytest.raises(InputError, match="a block of 1 rows and 2 series holds"):
        check_shapes("n1", Batch("e", 1, (block([1, 2]), wrong)))


def test_whole_blocks_pass():
    assert is_whole(block([1, 2], b"\1\0"))
    check_shapes("n1", Batch("e", 1, (block([1, 2]),)))


def test_too_many_epochs_within_a_day_have_to_wait_and_those_there_are_go_on():
    epochs = Epochs()
    for number in range(100):
        epochs.note("n1", f"e{number}", 0.0)
    with pytest.raises(LimitExceeded, match="100 epochs within a day"):
        epochs.note("n1", "one more", 1.0)
    epochs.note("n1", "e7", 1.0)
    epochs.note("n1", "one more", DAY_S)

    epochs.note("n1", "e7", DAY_S + 1)  # it was not forgotten with the others
    for number in range(98):
        epochs.note("n1", f"f{number}", DAY_S + 1)
    with pytest.raises(LimitExceeded):
        epochs.note("n1", "yet one", DAY_S + 1)

"""Whether a batch makes sense, before anything of it is kept."""

from muster.errors import InputError, LimitExceeded
from muster.model.ids import NodeId
from muster.model.metric import Batch, Block

_EPOCH = 64  # characters
_EPOCHS = 100  # of one node in a day: where each of them stands is kept for good
_DAY_S, _EPOCHS_WAIT_S = 86_400.0, 3_600.0


def check_bounds(node: NodeId, batch: Batch) -> None:
    """Errors: InputError for an epoch or a sequence out of bounds."""
    if not (0 < batch.sequence < 1 << 63 and 0 < len(batch.epoch) <= _EPOCH):
        raise InputError(
            f"not a batch of node {node}: epoch {batch.epoch[:99]!r}, sequence {batch.sequence}"
        )


def check_shapes(node: NodeId, batch: Batch) -> None:
    """Errors: InputError for a block that contradicts itself."""
    for block in batch.blocks:
        if not is_whole(block):
            raise InputError(
                f"batch {batch.sequence} of node {node}: a block of {block.rows} rows and "
                f"{len(block.layout.series)} series holds {len(block.values)} values"
            )


def is_whole(block: Block) -> bool:
    """Whether there is a cell, and no more, for each row and series."""
    cells = block.rows * len(block.layout.series)
    return len(block.values) == cells and len(block.present or b"") in (0, cells)


class Epochs:
    """Those of one node. A spool begins a new one when it is lost: seldom."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}  # to the monotonic time of its newest batch

    def note(self, node: NodeId, epoch: str, now: float) -> None:
        """A batch of an epoch has come. Errors: LimitExceeded for too many in a day."""
        if epoch not in self._seen and len(self._seen) >= _EPOCHS:
            self._seen = {one: at for one, at in self._seen.items() if now - at < _DAY_S}
            if len(self._seen) >= _EPOCHS:
                raise LimitExceeded(
                    f"node {node} began {_EPOCHS} epochs within a day: see why its spool"
                    " does not last",
                    retry_after_s=_EPOCHS_WAIT_S,
                )
        self._seen[epoch] = now

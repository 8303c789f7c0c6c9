"""Layouts of series with the one field `value`, made once and checked then."""

from muster.errors import InputError
from muster.model.metric import Kind, Layout, Series, Tags
from muster.wire.prometheusparts import FIELD, KEY_BYTES, NAME, RemoteLimits


class LayoutBook:
    """Remembers the layouts that it made: they come again with the next request."""

    def __init__(self, limits: RemoteLimits) -> None:
        self._limits = limits
        self._made: dict[tuple[str, Tags], Layout] = {}

    def layout(self, name: str, tags: Tags) -> Layout:
        """The same object for the same series, mostly. Errors: InputError."""
        known = self._made.get((name, tags))
        if known is None:
            self._check(name, tags)
            known = Layout((Series(name, tags, FIELD, Kind.FLOAT),))
            self._made[name, tags] = known
        return known

    def trim(self) -> None:
        """Forget all when it is too much; between requests."""
        if len(self._made) > self._limits.remembered:
            self._made.clear()

    def _check(self, name: str, tags: Tags) -> None:
        if len(tags) > self._limits.labels:
            raise InputError(f"too many labels: {len(tags)} > {self._limits.labels}")
        texts = [NAME, name, *(text for tag in tags for text in tag)]
        size = sum(len(text.encode()) + 1 for text in texts)
        if size > KEY_BYTES:
            raise InputError(f"labels of {size} bytes: at most {KEY_BYTES} are stored")

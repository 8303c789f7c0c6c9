"""Moments at which a node's agent began anew, and what of its surroundings was another then.

Shown beside the node's values: a gap in a chart and its cause are seen together.
"""

from enum import StrEnum

import msgspec

from muster.model.clone import Holder, differences


class MarkKind(StrEnum):
    """What was another than in the run before."""

    RESTARTED = "restarted"  # the agent alone
    REBOOTED = "rebooted"
    RECREATED = "recreated"
    MOVED = "moved"


_WORDS = {
    MarkKind.RESTARTED: "agent restarted",
    MarkKind.REBOOTED: "machine rebooted",
    MarkKind.RECREATED: "container recreated",
    MarkKind.MOVED: "on another machine",
}


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `starts` > 1: the agent also began where no hub heard of it."""

    time_ns: int  # when the agent began, by its clock: as the values beside it
    kinds: tuple[MarkKind, ...]
    starts: int = 1

    @property
    def text(self) -> str:
        """For people: "machine rebooted, container recreated"."""
        words = ", ".join(_WORDS[each] for each in self.kinds)
        return f"{words} ({self.starts} starts)" if self.starts > 1 else words


def kinds_between(last: Holder, now: Holder) -> tuple[MarkKind, ...]:
    """What changed from one run of an agent to the next; what one of them does not say does not."""
    recreated = (MarkKind.RECREATED,) if _differ(last.container, now.container) else ()
    if differences(last, now):
        return (MarkKind.MOVED, *recreated)
    if _differ(last.evidence.boot_id, now.evidence.boot_id):
        return (MarkKind.REBOOTED, *recreated)
    return recreated or (MarkKind.RESTARTED,)


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)

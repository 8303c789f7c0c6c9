"""The chain of hashes over audit events, and the walk along it that finds what was changed.

Every event has a hash over the one before it and its own words, so that nothing can be
altered, taken out or put in between without all that follows being made anew. There is no
key: who can write the file can make it all anew, and only a hash noted elsewhere tells.

Source: docs/formats/records.md
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

GENESIS = "0" * 64  # what the first event follows
FORGOTTEN = "audit.prune"  # an event's action: its object and detail are a Checkpoint


class Checkpoint(msgspec.Struct, frozen=True):
    """An event's id and its hash. As the beginning of a chain: of the last one forgotten."""

    id: int
    hash: str


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The first event that is not as it was written."""

    event: int
    what: str  # altered, missing, inserted or checkpoint
    text: str


class ChainReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk found. `begins` is the last event that was forgotten; its id 0: none was."""

    ok: bool
    events: int  # that were found as they were written
    begins: Checkpoint
    newest: Checkpoint  # of those that were found so
    fault: Fault | None = None


def hash_of(previous: str, id: int, words: Sequence[bytes]) -> str:
    """The hash of one event.

    Shapes: `words` are time, actor, action, object, address, outcome, detail and space, as
            they are written; SHA-256 over the previous hash (64 digits) and then, each as a
            netstring (`LENGTH:BYTES,`), the id and the words. So no two events look alike.
    """
    parts = [previous.encode()]
    parts += (b"%d:%s," % (len(word), word) for word in (b"%d" % id, *words))
    return hashlib.sha256(b"".join(parts)).hexdigest()


class ChainWalk:
    """Takes every event in the order of ids and stops at the first that does not fit.

    `noted` are hashes that were kept elsewhere, by the id of their event. With `cut` the events
    are those after any `begins`, as in an export, and not all that the records hold.
    """

    def __init__(self, begins: Checkpoint, noted: Mapping[int, str], *, cut: bool = False) -> None:
        self._cut = cut
        self._begins = begins
        self._last = begins
        self._noted = noted
        self._events = 0
        self._fault: Fault | None = None
        self._vouched = Checkpoint(0, GENESIS)  # by the newest event of a pruning
        if noted.get(begins.id, begins.hash) != begins.hash:
            self._stop(begins.id, "checkpoint", "it had another hash when that was noted")

    def take(self, id: int, words: Sequence[bytes], written: str) -> bool:
        """Whether to go on."""
        due = self._last.id + 1
        if self._fault is not None:
            return False
        if id < due:
            return self._stop(id, "inserted", "it is from before the beginning of the chain")
        if id > due:
            return self._gone(due, id - 1)
        if hash_of(self._last.hash, id, words) != written:
            return self._stop(id, "altered", "its words and its hash do not belong together")
        if self._noted.get(id, written) != written:
            return self._stop(id, "altered", "it had another hash when that was noted")
        self._last = Checkpoint(id, written)
        self._events += 1
        if words[2] == FORGOTTEN.encode() and words[3].isdigit():
            self._vouched = Checkpoint(int(words[3]), words[6].decode("ascii", "replace"))
        return True

    def end(self, given: int) -> ChainReport:
        """All were taken. `given` is the newest id that was ever given, by another count."""
        newest = max(given, *self._noted, 0)
        if self._fault is None and self._last.id < newest:
            self._gone(self._last.id + 1, newest)
        if self._fault is None and self._begins.hash != GENESIS and not self._cut:
            self._check_beginning()
        return ChainReport(
            ok=self._fault is None,
            events=self._events,
            begins=self._begins,
            newest=self._last,
            fault=self._fault,
        )

    def _check_beginning(self) -> None:
        """Events went by a pruning, which the chain itself tells of, or were taken away."""
        begins, vouched = self._begins, self._vouched
        if begins.id > vouched.id:
            self._gone(vouched.id + 1, begins.id, "; no event says that they were forgotten")
        elif begins == Checkpoint(vouched.id, begins.hash) != vouched:
            self._stop(begins.id, "checkpoint", "the chain does not begin where a pruning ended")

    def _gone(self, first: int, last: int, why: str = "") -> bool:
        text = f"events {first} to {last} are gone" if last > first else f"event {first} is gone"
        return self._stop(first, "missing", text + why)

    def _stop(self, event: int, what: str, text: str) -> bool:
        self._fault = Fault(event=event, what=what, text=text)
        return False

"""What one link was asked to send by itself: contexts and alerts, and what they are made of."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from muster.faces.netdata.around import Around
from muster.model.ids import NodeId
from muster.model.keyclaim import KeyClaim
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    ContextsCheckpoint,
    SendAlarmCheckpoint,
    SendAlarmConfiguration,
    StartAlarmStreaming,
)

# For nothing known. Not 0: that is the agent's own hash of contexts that it never told anybody,
# and it keeps those of a time before its claim to itself when the hashes agree.
NOTHING_KNOWN = 1
# An agent of 2.x drops what changed in its contexts once its link has been away for 15 minutes,
# though its hash is the same: after a little less, what is known of it is not believed.
BELIEVED_S = 600.0
AGAIN_S = 60.0  # until a snapshot of contexts is asked for again
_CONFIGURATIONS = 200  # asked for and not answered
_FIRST = 1  # batch and sequence that agents of 1.37 begin at; it must not be 0


class Told(Protocol):
    """A link that can be told something."""

    @property
    def claim(self) -> KeyClaim: ...
    def say(self, message: msgspec.Struct) -> None: ...


class Streams:
    """What was asked for over one link."""

    __slots__ = ("_again", "_asked", "_doubted", "_nodes")

    def __init__(self) -> None:
        self._nodes: set[NodeId] = set()
        self._doubted: set[NodeId] = set()  # what is known of them may lack something
        self._again: dict[NodeId, float] = {}  # when contexts were asked for once more
        self._asked: set[str] = set()  # hashes of configurations

    def start(self, around: Around, link: Told, node: NodeId) -> None:
        """Ask for contexts and alerts of a node, once: what is known decides how much comes."""
        if node in self._nodes:
            return
        self._nodes.add(node)
        known = 0 if node in self._doubted else around.contexts.version(node)
        self._doubted.discard(node)
        self._ask_contexts(link, node, known)
        version = around.alerts.version(node)
        link.say(
            StartAlarmStreaming(
                node_id=node, batch_id=_FIRST, start_sequence_id=_FIRST, version=version
            )
        )

    def doubt(self, node: NodeId, away_s: float) -> None:
        """A node is back that nothing was heard of for so long: called before `start`."""
        if away_s >= BELIEVED_S:
            self._doubted.add(node)

    def missing(self, nodes: set[NodeId]) -> set[NodeId]:
        """Those of some nodes that nothing was asked of yet."""
        return nodes - self._nodes

    def stop(self, node: NodeId) -> None:
        self._nodes.discard(node)
        self._doubted.discard(node)
        self._again.pop(node, None)

    def ask_contexts_again(self, around: Around, link: Told, node: NodeId) -> None:
        """Something was lost: ask for all of them, though not all the time."""
        now = around.clock.monotonic()
        if now - self._again.get(node, -AGAIN_S) >= AGAIN_S:
            self._again[node] = now
            self._ask_contexts(link, node, around.contexts.version(node))

    def compare_alerts(self, around: Around, link: Told) -> None:
        """Let the agent compare: where an alert's change was lost, it sends all."""
        for node in self._nodes:
            version = around.alerts.version(node)
            link.say(SendAlarmCheckpoint(node_id=node, claim_id=link.claim.id, version=version))

    def ask_configurations(
        self, around: Around, link: Told, entries: Iterable[AlarmLogEntry]
    ) -> None:
        """What alerts are made of, as far as nobody of their space has told it yet."""
        for entry in entries:
            hash = entry.config_hash
            known = around.alerts.configuration(link.claim.space, hash) if hash else None
            if not hash or known or hash in self._asked or len(self._asked) >= _CONFIGURATIONS:
                continue
            self._asked.add(hash)
            link.say(SendAlarmConfiguration(config_hash=hash))

    def was_asked(self, config_hash: str) -> bool:
        """Whether this link owes a configuration; it is paid with the question."""
        if config_hash not in self._asked:
            return False
        self._asked.discard(config_hash)
        return True

    @staticmethod
    def _ask_contexts(link: Told, node: NodeId, known: int) -> None:
        hash = known or NOTHING_KNOWN
        link.say(ContextsCheckpoint(claim_id=link.claim.id, node_id=node, version_hash=hash))

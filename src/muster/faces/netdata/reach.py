"""What the hub knows of one Netdata node at this moment, as queries and the API need it.

The link's side (nodes.py, contexts.py, alerts.py) keeps it; api.py, charts.py, functions.py
and keep.py read it. A child behind a parent has its parent's `claim_id` and `queries`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from muster.faces.netdata.queries import Queries
from muster.model.ids import NodeId
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    Collector,
    ContextUpdated,
    UpdateNodeInfo,
)


class Reach(Protocol):
    """One node that Netdata's dialect speaks for."""

    @property
    def node(self) -> NodeId: ...
    @property
    def machine(self) -> str:
        """Its machine GUID."""
        ...

    @property
    def claim_id(self) -> str:
        """Of the agent that speaks for it."""
        ...

    @property
    def via(self) -> NodeId | str:
        """The parent's node id; empty: it speaks for itself."""
        ...

    @property
    def hops(self) -> int: ...
    @property
    def children(self) -> Sequence[NodeId]:
        """Nodes that it speaks for."""
        ...

    @property
    def queries(self) -> Queries | None:
        """Of the open link; None while there is none, or the node cannot be queried."""
        ...

    @property
    def capabilities(self) -> Mapping[str, int]:
        """Those that are enabled, to their versions."""
        ...

    @property
    def info(self) -> UpdateNodeInfo | None: ...
    @property
    def collectors(self) -> Sequence[Collector]: ...
    @property
    def contexts_version(self) -> int: ...
    def contexts(self) -> Sequence[ContextUpdated]:
        """Those that are not deleted."""
        ...

    def alerts(self) -> Sequence[AlarmLogEntry]:
        """The newest entry of each alert."""
        ...

    def alert_log(self) -> Sequence[AlarmLogEntry]:
        """Transitions, newest first."""
        ...

    def alert_config(self, config_hash: str) -> AlarmConfiguration | None: ...


ReachOf = Callable[[NodeId], Reach | None]
"""None for a node of another dialect, or one that was never heard of."""

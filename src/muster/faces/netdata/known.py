"""What the hub knows of one Netdata node: a reach.Reach, made when somebody asks."""

from collections.abc import Mapping, Sequence

from muster.faces.netdata.around import Around
from muster.faces.netdata.queries import Queries
from muster.model.ids import NodeId
from muster.model.keyclaim import Member
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    Collector,
    ContextUpdated,
    UpdateNodeInfo,
)


class KnownNode:
    """See reach.Reach. While the node is connected it is as its best link has it."""

    def __init__(self, around: Around, member: Member) -> None:
        self._around = around
        self._member = member
        session = around.sessions.of(member.node)
        self._way = session.best if session is not None else None
        self._said = around.said.get(member.node)

    @property
    def node(self) -> NodeId:
        return self._member.node

    @property
    def machine(self) -> str:
        return self._member.machine

    @property
    def claim_id(self) -> str:
        return self._way.speaker.claim_id if self._way else ""

    @property
    def via(self) -> NodeId | str:
        if self._way is not None:
            return self._way.speaker.node if self._way.hops else ""
        return self._member.via

    @property
    def hops(self) -> int:
        return self._way.hops if self._way else self._member.hops

    @property
    def children(self) -> Sequence[NodeId]:
        behind = self._around.claims.members.behind(self._member.node)
        known = self._around.inventory.find
        return [each.node for each in behind if known(each.node) is not None]

    @property
    def queries(self) -> Queries | None:
        if self._way is None or not (self._way.is_live or self._way.is_queryable):
            return None
        return self._way.speaker.queries

    @property
    def capabilities(self) -> Mapping[str, int]:
        return self._said.capabilities

    @property
    def info(self) -> UpdateNodeInfo | None:
        return self._said.info

    @property
    def collectors(self) -> Sequence[Collector]:
        return self._said.collectors

    @property
    def contexts_version(self) -> int:
        return self._around.contexts.version(self.node)

    def contexts(self) -> Sequence[ContextUpdated]:
        return self._around.contexts.of(self.node)

    def alerts(self) -> Sequence[AlarmLogEntry]:
        return self._around.alerts.of(self.node)

    def alert_log(self) -> Sequence[AlarmLogEntry]:
        return self._around.alerts.log(self.node)

    def alert_config(self, config_hash: str) -> AlarmConfiguration | None:
        return self._around.alerts.configuration(self._member.space, config_hash)

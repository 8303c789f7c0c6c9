"""Answers of an agent that are passed on where they are read.

Half of the time that a question takes is the agent's; to wake the link's task for its answer, and
with it the one that asked, would take as long as all that is done with it. So an answer that comes
whole, while the link waits for its next message, goes to who asked at once. All else is the link's.
"""

from typing import Protocol

from muster.core.pace import Pace
from muster.faces.netdata.outbox import Outbox
from muster.faces.netdata.queries import Queries
from muster.wire.netdata.broker import Broker


class Hears(Protocol):
    """agentlink.AgentLink, as far as it is needed here."""

    @property
    def takes_replies(self) -> bool:
        """It is open, and nobody has said goodbye."""
        ...

    def hear(self) -> None:
        """Its agent has shown that it is there."""
        ...


class Replies:
    """Those of one link, within its pace."""

    __slots__ = ("_broker", "_link", "_outbox", "_pace", "_queries")

    def __init__(
        self, link: Hears, broker: Broker, outbox: Outbox, pace: Pace, queries: Queries
    ) -> None:
        self._link = link
        self._broker = broker
        self._outbox = outbox
        self._pace = pace
        self._queries = queries

    def look(self, data: bytes) -> bool:
        """Take a message if it is an answer; False: it is something else, and nothing was done."""
        if not (self._link.takes_replies and self._pace.has(1)):
            return False
        reply = self._broker.receive_reply(data)
        if reply is None:
            return False
        self._pace.spend(1)
        self._link.hear()
        self._queries.take_reply(reply.topic.rpartition("/")[2], reply.payload)
        self._outbox.acknowledge_later()
        return True

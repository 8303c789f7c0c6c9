"""The links of all Netdata agents: their route, which node has which, and the passing of time.

Source: docs/faces/netdata.md, "Link"
"""

import asyncio
import logging

from muster.core.changes import GONE, NodeChange
from muster.errors import LimitExceeded, MusterError
from muster.faces.netdata.agentlink import AgentLink
from muster.faces.netdata.around import Around
from muster.faces.netdata.known import KnownNode
from muster.faces.netdata.nodes import Nodes
from muster.faces.netdata.reach import Reach
from muster.model.ids import NodeId
from muster.model.keyclaim import Member
from muster.net.http import Public, Request, Route, Socket

log = logging.getLogger(__name__)

PATH = "/mqtt"
SUBPROTOCOL = "mqtt"
WRITE_S = 5.0  # how often what was said of nodes goes to disk
COMPARE_S = 600.0  # how often agents compare their alerts with what is known here
_STRANGERS = 2_000  # connections that have not said yet who they are
_REMEMBERED = 4_096  # nodes that were asked about, and what each is to its agent


class NetdataLinks:
    """Opens, knows and looks after all links. `run` as long as the hub runs."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._nodes = Nodes(around)
        self._all: set[AgentLink] = set()
        self._of_node: dict[NodeId, AgentLink] = {}
        self._members: dict[NodeId, Member] = {}
        self._write_due = self._compare_due = around.clock.monotonic()

    def __len__(self) -> int:
        return len(self._of_node)

    def counts(self) -> dict[str, int]:
        """What came of all links since the hub's start, by name."""
        return {f"netdata.{name}": count for name, count in self._around.counts.by_name().items()}

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path=PATH,
                allow=Public.PROOF,
                socket=self.serve,
                foreign=True,
                subprotocol=SUBPROTOCOL,
                max_body_bytes=self._around.settings.packet_bytes,
                summary="The link of a Netdata agent: MQTT 5 in a WebSocket"
                " (docs/formats/netdata-link.md)",
            )
        ]

    async def serve(self, request: Request, socket: Socket) -> None:
        """Hold one link until it ends. Errors: LimitExceeded when too many strangers wait."""
        if len(self._all) - len(self._of_node) >= _STRANGERS:
            raise LimitExceeded("too many connect at once; try again later", retry_after_s=10)
        link = AgentLink(self._around, self._nodes, self, request, socket)
        self._all.add(link)
        try:
            await link.run()
        finally:
            self.depart(link)

    def link_of(self, node: NodeId) -> AgentLink | None:
        """See agentlink.Register."""
        return self._of_node.get(node)

    def enter(self, link: AgentLink) -> None:
        """See agentlink.Register."""
        self._of_node[link.node] = link

    def depart(self, link: AgentLink) -> None:
        """See agentlink.Register."""
        self._all.discard(link)
        if link.is_open and self._of_node.get(link.node) is link:
            del self._of_node[link.node]

    def reach(self, node: NodeId) -> Reach | None:
        """What is known of a node of this dialect: a reach.ReachOf."""
        member = self._members.get(node) or self._around.claims.members.of(node)
        if member is None:
            return None
        if len(self._members) >= _REMEMBERED:
            self._members.clear()
        self._members[node] = member
        return KnownNode(self._around, member)

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes."""
        self._members.pop(node, None)
        if change in GONE:
            self._around.forget(node)

    async def run(self) -> None:
        """Look at all links every second, and write what they said; until cancelled."""
        try:
            while True:
                await asyncio.sleep(1)
                self.look()
                await self.write_when_due()
        finally:
            await self._around.write()

    def look(self) -> None:
        """What time brings: late agents, questions that are due."""
        now = self._around.clock.monotonic()
        compare = now - self._compare_due >= COMPARE_S
        if compare:
            self._compare_due = now
        for link in tuple(self._all):
            try:
                link.look()
                if compare and link.is_open:
                    link.compare_alerts()
            except MusterError as error:  # one link's trouble keeps nobody else from their turn
                log.warning("link not looked at", extra={"error": str(error)})

    async def write_when_due(self) -> None:
        now = self._around.clock.monotonic()
        if now - self._write_due >= WRITE_S:
            self._write_due = now
            await self._around.write()

"""Series of what is gone are found no more: of removed nodes, and of dropped databases."""

import logging
from collections.abc import Callable
from functools import partial

from muster.core.changes import NodeChange
from muster.core.intake.ingest import Ingest
from muster.errors import MusterError
from muster.hub.wires.influx import InfluxParts
from muster.model.ids import NodeId
from muster.ports.records import NodeRecords
from muster.store.catalogue.catalogue import Catalogue
from muster.store.head.head import Head

log = logging.getLogger(__name__)


class Forgetting:
    """Told of nodes as they go; `look` finds at a start what was missed."""

    def __init__(
        self,
        *,
        nodes: NodeRecords,
        catalogue: Catalogue,
        ingest: Ingest,
        influx: InfluxParts,
        head: Head,
    ) -> None:
        self._nodes = nodes
        self._catalogue = catalogue
        self._ingest = ingest
        self._influx = influx
        self._head = head

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        if change is NodeChange.REMOVED:
            self._ingest.forget(node)
            self._influx.ingest.forget(node)
            self._head.forget(node)

    def look(self) -> None:
        """A hub may die between the removal of a node, or a database, and that of its series."""
        known = {node.id for node in self._nodes.nodes()} | set(self._nodes.expired())
        for node in self._catalogue.nodes() - known - self._influx.stocks.ids():
            log.info("series of what was removed are dropped", extra={"node": node})
            _try(partial(self.node_changed, node, NodeChange.REMOVED))
        _try(self._influx.forget_dropped)


def _try(work: Callable[[], None]) -> None:
    try:
        work()
    except MusterError as error:  # a full disk: they are found until the next start
        log.warning("series not dropped", extra={"error": str(error)})

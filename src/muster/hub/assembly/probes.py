"""Probes on the hub: their object, built by hand."""

from muster.clock import Clock
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.links import Links
from muster.core.nodes.probes import Probes
from muster.hub.places import LocalNode, Places
from muster.ports.records import Records


def probes_of(
    records: Records, inventory: Inventory, links: Links, places: Places, clock: Clock
) -> Probes:
    """The probes of a hub whose own agent lies in its data folder."""
    return Probes(
        records=records.probes,
        nodes=records.nodes,
        audit=records.audit,
        inventory=inventory,
        links=links,
        own_node=LocalNode(places.agent),
        clock=clock,
    )

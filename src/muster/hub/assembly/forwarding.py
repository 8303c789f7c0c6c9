"""Points sent on to others: the hub's objects for it, built by hand."""

import os
import random

from muster.clock import Clock
from muster.core.forwarding.forwarding import Forwarding, Senders
from muster.core.forwarding.forwardleftovers import Leftovers
from muster.core.forwarding.forwardrules import ForwardSettings, RoomsOf, form_of
from muster.core.nodes.roster import Roster
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.hub.wires.influx import InfluxParts
from muster.model.ids import NodeId
from muster.net.forwardsend import HttpOptions, HttpSender, UdpSender
from muster.ports.forwarding import Form, Sender
from muster.ports.records import NodeRecords, Records
from muster.store.forward.forwardqueues import ForwardQueues

_REMEMBERED_S = 10.0
_NODES = 50_000


class ForwardParts:
    """Queues on disk, and what fills and empties them."""

    def __init__(
        self,
        settings: Settings,
        places: Places,
        influx: InfluxParts,
        records: Records,
        clock: Clock,
    ) -> None:
        subscriptions = settings.influx.subscriptions
        options = HttpOptions(is_base=True, gzip=subscriptions.gzip, ca_file=subscriptions.ca_file)

        def to_url(url: str, form: Form) -> Sender:
            if url.startswith("udp:"):
                return UdpSender(url)
            return HttpSender(url, form, options, environment=os.environ)

        queues = ForwardQueues(
            folder=places.forward,
            clock=clock,
            reserve_bytes=2 * settings.store.journal.reserve_bytes,
        )
        self.leftovers = Leftovers(queues=queues, audit=records.audit, clock=clock)
        self.forwarding = Forwarding(
            queues=queues,
            find=influx.databases.find,
            every=influx.databases.every,
            settings=settings.forward,
            senders=Senders(sender_of, to_url),
            rooms_of=rooms_of(records.nodes, clock),
            clock=clock,
            random=random.random,
            subscriptions=subscriptions,
            own=settings.influx.own,
            leftovers=self.leftovers,
        )
        influx.send_on(self.forwarding)


def rooms_of(nodes: NodeRecords, clock: Clock) -> RoomsOf:
    """Ids and names of a node's rooms, looked up again after a while."""
    roster = Roster(records=nodes)
    known: dict[NodeId, tuple[float, frozenset[str]]] = {}

    def look(id: NodeId) -> frozenset[str]:
        now = clock.monotonic()
        found = known.get(id)
        if found is not None and now - found[0] < _REMEMBERED_S:
            return found[1]
        if len(known) >= _NODES:
            known.clear()
        node, rooms = nodes.node(id), roster.rooms()
        ids = roster.rooms_of(node) if node is not None else ()
        names = frozenset((*ids, *(rooms[each].name for each in ids if each in rooms)))
        known[id] = (now, names)
        return names

    return look


def sender_of(settings: ForwardSettings) -> Sender:
    """Who sends to the neighbour that settings name."""
    if form_of(settings) is Form.DATAGRAMS:
        return UdpSender(settings.url)
    options = HttpOptions(
        database=settings.database,
        policy=settings.policy,
        gzip=settings.gzip,
        ca_file=settings.ca_file,
        certificate=settings.certificate,
        key=settings.key,
        credentials_file=settings.credentials_file,
    )
    return HttpSender(settings.url, form_of(settings), options, environment=os.environ)

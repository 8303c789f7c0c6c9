"""Points on their way out: to subscriptions of databases, and to neighbours that settings name.

What comes in is kept in the queues of all that want it before it is acknowledged: of what a hub
that dies has not acknowledged its writer sends all again. Ways to subscriptions come and go with
them.

Source: docs/guide/neighbours.md
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from muster.clock import Clock
from muster.core.forwarding.forwardlane import Lane, LaneTitle, LaneView
from muster.core.forwarding.forwardleftovers import OF_SETTINGS, Leftovers
from muster.core.forwarding.forwardrules import (
    ForwardSettings,
    Origin,
    RoomsOf,
    Rule,
    SubscriptionSettings,
    form_of,
)
from muster.core.forwarding.forwardwriting import Body, ForwardWriter, Rows, Style, packets_of
from muster.errors import MusterError
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import AUTOGEN, STOCK, Database, RetentionPolicy, Subscription
from muster.ports.forwarding import Form, Packet, Queue, Queues, Sender

log = logging.getLogger(__name__)

_LOOK_S = 10.0
_MOST_WAYS = 1_000  # of all spaces
_OF_SUBSCRIPTIONS = "sub-"

Find = Callable[[SpaceId, str], Database | None]
Every = Callable[[], Iterable[Database]]


class Senders(NamedTuple):
    """Who sends to what: made by the hub, which knows the network."""

    to_setting: Callable[[ForwardSettings], Sender]
    to_url: Callable[[str, Form], Sender]


class _Way(NamedTuple):
    """A lane, and what it takes."""

    lane: Lane
    style: Style
    rule: Rule | None = None  # None: of a subscription, which is looked up


class Forwarding:
    """Used on the event loop's thread."""

    def __init__(
        self,
        *,
        queues: Queues,
        find: Find,
        every: Every,
        settings: Mapping[str, ForwardSettings],
        senders: Senders,
        rooms_of: RoomsOf,
        clock: Clock,
        random: Callable[[], float],
        subscriptions: SubscriptionSettings,
        own: str,
        leftovers: Leftovers,
    ) -> None:
        """`own` is the name of the database of what agents send."""
        self._own = own
        self._leftovers = leftovers
        self._queues = queues
        self._find = find
        self._every = every
        self._senders = senders
        self._clock = clock
        self._random = random
        self._subscriptions = subscriptions
        self._writer = ForwardWriter()
        self._ways: dict[str, _Way] = {}
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._told_too_many = False
        for name, each in settings.items():
            self._add_setting(name, each, rooms_of)

    def wants(self, stamps: Mapping[str, str]) -> bool:
        """See muster.ports.forwarding.Outward."""
        return bool(self._meant(self._origin(stamps)))

    async def keep(self, stamps: Mapping[str, str], rows: Rows) -> None:
        """See muster.ports.forwarding.Outward."""
        origin = self._origin(stamps)
        ways = self._meant(origin)
        if not ways or not rows:
            return
        bodies: dict[Style, list[Body]] = {}
        packets: list[tuple[Queue, Packet]] = []
        for way in ways:
            if way.style not in bodies:
                bodies[way.style] = await self._writer.written(way.style, rows)
            found = packets_of(bodies[way.style], origin.database, origin.policy)
            packets += [(way.lane.queue, packet) for packet in found]
            if dropped := sum(body.dropped for body in bodies[way.style]):
                await way.lane.queue.drop(dropped, "points are too long for datagrams")
        if packets:
            await self._queues.keep(packets)
            for way in ways:
                way.lane.wake()

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        self._jobs = {}
        async with asyncio.TaskGroup() as jobs:
            while True:
                try:
                    await self._look(jobs)
                except MusterError as error:
                    log.warning("subscriptions are not looked at", extra={"error": str(error)})
                self._news.clear()
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await self._news.wait()
                except TimeoutError:
                    continue

    def views(self) -> list[LaneView]:
        """Every way out and how it is, those of settings first."""
        self._meet_subscriptions()
        return [self._ways[name].lane.view() for name in sorted(self._ways)]

    def _origin(self, stamps: Mapping[str, str]) -> Origin:
        """What agents send by the hub's own link is of the built-in database."""
        node = NodeId(stamps["node"])
        of_node = stamps.get(STOCK) != node
        return Origin(
            SpaceId(stamps["space"]),
            stamps.get("db", self._own),
            stamps.get("rp", AUTOGEN),
            node if of_node else None,
            stamps.get("host", "") if of_node else "",
        )

    def _meant(self, origin: Origin) -> list[_Way]:
        meant = [
            way for way in self._ways.values() if way.rule is not None and way.rule.fits(origin)
        ]
        database = self._find(origin.space, origin.database)
        policy = database.policy(origin.policy) if database is not None else None
        if database is not None and policy is not None and self._subscriptions.enabled:
            meant += self._subscribed(database, policy).values()
        return meant

    def _add_setting(self, name: str, settings: ForwardSettings, rooms_of: RoomsOf) -> None:
        form = form_of(settings)
        rule = Rule(settings, rooms_of)
        lane = self._lane(
            OF_SETTINGS + name,
            LaneTitle(name=name, kind="forward"),
            form,
            [self._senders.to_setting(settings)],
            settings.queue_bytes,
        )
        self._ways[lane.queue.name] = _Way(lane, Style(form, rule.measurements), rule)

    def _subscribed(self, database: Database, policy: RetentionPolicy) -> dict[str, _Way]:
        """The ways of a policy's subscriptions, made where they are new."""
        found: dict[str, _Way] = {}
        for subscription in policy.subscriptions:
            for name, urls in _lanes_of(database.number, policy.name, subscription):
                way = self._ways.get(name)
                if way is None and len(self._ways) >= _MOST_WAYS:
                    self._tell_too_many()
                    continue
                if way is None:
                    way = self._add_subscription(name, database, policy, subscription, urls)
                found[name] = way
        return found

    def _tell_too_many(self) -> None:
        """Once: it is asked for with each write."""
        if not self._told_too_many:
            self._told_too_many = True
            log.error(
                "subscriptions are not served: there are too many", extra={"most": _MOST_WAYS}
            )

    def _add_subscription(
        self,
        name: str,
        database: Database,
        policy: RetentionPolicy,
        subscription: Subscription,
        urls: Sequence[str],
    ) -> _Way:
        by_udp = any(url.startswith("udp:") for url in urls)
        form = Form.DATAGRAMS if by_udp else Form.LINES
        title = LaneTitle(
            name=subscription.name,
            kind="subscription",
            space=database.space,
            database=database.name,
            policy=policy.name,
            mode=subscription.mode,
        )
        senders = [self._senders.to_url(url, form) for url in urls]
        lane = self._lane(name, title, form, senders, self._subscriptions.queue_bytes)
        self._ways[name] = _Way(lane, Style(form))
        self._news.set()
        return self._ways[name]

    def _lane(
        self, name: str, title: LaneTitle, form: Form, senders: list[Sender], limit_bytes: int
    ) -> Lane:
        return Lane(
            title=title,
            form=form,
            queue=self._queues.queue(name, limit_bytes),
            senders=senders,
            clock=self._clock,
            random=self._random,
        )

    def _meet_subscriptions(self) -> set[str]:
        """Names of the ways of all subscriptions there are."""
        names: set[str] = set()
        for database in self._every() if self._subscriptions.enabled else ():
            for policy in database.policies:
                names.update(self._subscribed(database, policy))
        return names

    async def _look(self, jobs: asyncio.TaskGroup) -> None:
        """Start ways that are new, and end those whose subscription was dropped."""
        wanted = self._meet_subscriptions()
        wanted.update(name for name, way in self._ways.items() if way.rule is not None)
        for name in [name for name in self._ways if name not in wanted]:
            del self._ways[name]
            if (job := self._jobs.pop(name, None)) is not None:
                job.cancel()
        for name, way in self._ways.items():
            if name not in self._jobs:
                self._jobs[name] = jobs.create_task(way.lane.run())
        names = [name for name in await self._queues.names() if name not in self._ways]
        for name in names:
            if name.startswith(_OF_SUBSCRIPTIONS):
                await self._queues.remove(name)
        await self._leftovers.look(name for name in names if name.startswith(OF_SETTINGS))


@lru_cache(maxsize=4_096)
def _lanes_of(
    number: int, policy: str, subscription: Subscription
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A queue's name and the destinations that share it.

    To one of ANY goes each chunk, so they have one queue; each of ALL has its own.
    """
    urls = tuple(dict.fromkeys(subscription.destinations))
    groups = [(url,) for url in urls] if subscription.mode == "ALL" else [urls]
    named = []
    for group in groups:
        words = (number, policy, subscription.name, subscription.mode, *group)
        digest = hashlib.sha256(msgspec.json.encode(words)).hexdigest()
        named.append((f"{_OF_SUBSCRIPTIONS}{digest[:32]}", tuple(group)))
    return tuple(named)

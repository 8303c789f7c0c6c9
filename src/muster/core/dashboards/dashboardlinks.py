"""Public links: whoever has one sees a single dashboard, and nothing else of the hub.

Admins of a space make them, list them and end them; these always sign in. A link is 256 random
bits of which only the hash is kept. It ends at its time, when it is revoked, with its dashboard,
and for as long as the hub's settings forbid public links.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from muster.clock import DAY_NS, SECOND_NS, Clock
from muster.core.access import require_object
from muster.core.audit import make_event
from muster.core.dashboards.dashboards import Dashboards, DashboardSettings, Kept
from muster.core.names import check_text
from muster.core.throttle import Throttle
from muster.errors import Denied, LimitExceeded, NotFound, Unauthenticated, Unavailable
from muster.log import Secret
from muster.model.access import Action, Actor, Role
from muster.model.address import network_of
from muster.model.dashboard import Dashboard
from muster.model.ids import SpaceId
from muster.model.influx import Login, Privilege
from muster.ports.dashboards import DashboardLink, LinkRecords
from muster.ports.records import AuditRecords
from muster.wire.checkedtext import SECRET_BYTES
from muster.wire.linktoken import BadLink, encode_link, read_link

MAX_NAME = 100
MAX_DAYS = 3_650
_KEEP_NS = 30 * DAY_NS  # how long ended ones stay listed
_TOUCH_NS = 60 * SECOND_NS  # how exact the last use is kept


class NewLink(NamedTuple):
    """A link just made: the only moment its text exists on the hub."""

    record: DashboardLink
    text: Secret


class Visitor(NamedTuple):
    """Who came by a link: what they look at, and as whom they ask."""

    link: DashboardLink
    kept: Kept
    actor: Actor
    login: Login


class DashboardLinks:
    """What is done with links, and by them."""

    def __init__(
        self,
        *,
        records: LinkRecords,
        audit: AuditRecords,
        dashboards: Dashboards,
        clock: Clock,
        settings: DashboardSettings,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._records = records
        self._audit = audit
        self._dashboards = dashboards
        self._clock = clock
        self._settings = settings
        self._random = random
        limit = settings.wrong_links_per_network_and_minute
        self._wrong = Throttle(clock=clock, limit=limit, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)
        self._asked = Throttle(clock=clock, limit=settings.public_queries_per_minute, window_s=60)

    async def create(
        self, actor: Actor | None, space: SpaceId, dashboard: str, name: str, days: int
    ) -> NewLink:
        """Make a link; 0 days: without an end.

        Errors: NotFound, Denied, InputError, LimitExceeded.
        """
        actor = require_object(actor, Action.DASHBOARD_SHARE, space, "space")
        if not self._settings.public_links:
            raise Denied("this hub's settings forbid public links ([dashboards] public_links)")
        check_text(name, MAX_NAME, "name")
        await self._dashboards.get(actor, space, dashboard, Action.DASHBOARD_SHARE)
        text = encode_link(self._random(SECRET_BYTES))
        now_ns = self._clock.now_ns()
        link = DashboardLink(
            id=base64.b32encode(self._random(10)).decode().lower(),
            space=space,
            dashboard=dashboard,
            name=name,
            sha256=_hash(text),
            created_ns=now_ns,
            created_by=actor.name,
            expires_ns=now_ns + min(days, MAX_DAYS) * DAY_NS if days else 0,
        )
        event = make_event(
            self._clock,
            actor,
            "dashboard.share",
            dashboard,
            detail=f"link {link.id} {name}",
            space=space,
        )
        await asyncio.to_thread(self._records.prune, space, now_ns - _KEEP_NS)
        await asyncio.to_thread(self._records.create, link, event, self._settings.links_most)
        return NewLink(link, text)

    async def listed(
        self, actor: Actor | None, space: SpaceId, dashboard: str
    ) -> list[DashboardLink]:
        """The newest first. Errors: NotFound, also of the dashboard; Denied."""
        actor = require_object(actor, Action.DASHBOARD_SHARE, space, "space")
        await self._dashboards.get(actor, space, dashboard, Action.DASHBOARD_SHARE)
        return self._records.links(space, dashboard)

    def counts(self, space: SpaceId) -> dict[str, int]:
        """How many good links each dashboard has. Nobody's access is asked."""
        found: dict[str, int] = {}
        for link in self._records.links(space):
            if self.state_of(link) == "valid":
                found[link.dashboard] = found.get(link.dashboard, 0) + 1
        return found

    async def revoke(self, actor: Actor | None, space: SpaceId, dashboard: str, id: str) -> None:
        """Whoever has it sees nothing from now on. Errors: NotFound, Denied."""
        actor = require_object(actor, Action.DASHBOARD_SHARE, space, "space")
        if all(link.id != id for link in self._records.links(space, dashboard)):
            raise NotFound("no such link")
        event = make_event(
            self._clock, actor, "dashboard.unshare", dashboard, detail=f"link {id}", space=space
        )
        await asyncio.to_thread(self._records.revoke, id, self._clock.now_ns(), event)

    async def remove_dashboard(
        self, actor: Actor | None, space: SpaceId, dashboard: str, *, seen: str = ""
    ) -> None:
        """Remove a dashboard; its links end first, so that none shows a later one of its id.

        Errors: NotFound, Denied, Conflict.
        """

        async def end_links(actor: Actor) -> None:
            detail = "all links, with the dashboard"
            event = make_event(
                self._clock, actor, "dashboard.unshare", dashboard, detail=detail, space=space
            )
            now_ns = self._clock.now_ns()
            await asyncio.to_thread(self._records.revoke_all, space, dashboard, now_ns, event)

        await self._dashboards.remove(actor, space, dashboard, seen=seen, before=end_links)

    def state_of(self, link: DashboardLink) -> str:
        """`valid`, `expired`, `revoked` or, as the settings say, `forbidden`."""
        if link.revoked_ns:
            return "revoked"
        if link.expires_ns and link.expires_ns <= self._clock.now_ns():
            return "expired"
        return "valid" if self._settings.public_links else "forbidden"

    async def open(self, text: Secret, address: str) -> Visitor:
        """Who comes with a link.

        Errors: Unauthenticated, the same for whatever is wrong; LimitExceeded after many wrong
                ones, or when this one asks too often.
        """
        link = self._find(text)
        if link is None or self.state_of(link) != "valid":
            raise await self._refusal(link, address)
        if wait_s := self._asked.take(link.id):
            raise LimitExceeded("this link is asked too often; wait a little", retry_after_s=wait_s)
        try:
            kept = await self._dashboards.shown(link.space, link.dashboard)
        except NotFound:
            raise _unknown() from None
        await self._touch(link)
        actor = Actor(
            name=f"public link {link.id}", roles={link.space: Role.VIEWER}, address=address
        )
        login = Login(space=link.space, actor=actor, name=actor.name, everywhere=Privilege.READ)
        return Visitor(link, kept, actor, login)

    def _find(self, text: Secret) -> DashboardLink | None:
        try:
            return self._records.find(_hash(read_link(text)))
        except BadLink:
            return None

    async def _refusal(self, link: DashboardLink | None, address: str) -> Exception:
        network = network_of(address)
        wait_s = self._wrong.take(network)
        if not self._noted.take(network):
            event = make_event(
                self._clock,
                Actor(name="stranger", address=address),
                "dashboard.visit",
                link.dashboard if link is not None else "",
                outcome=Unauthenticated.code,
                space=link.space if link is not None else "",
            )
            await asyncio.to_thread(self._audit.add, event)
        if wait_s:
            return LimitExceeded("too many wrong links; wait a little", retry_after_s=wait_s)
        return _unknown()

    async def _touch(self, link: DashboardLink) -> None:
        now_ns = self._clock.now_ns()
        if now_ns - link.used_ns >= _TOUCH_NS:
            with contextlib.suppress(Unavailable):  # a full disk keeps nobody from looking
                await asyncio.to_thread(self._records.touch, link.id, now_ns)


def shown_in_public(dashboard: Dashboard) -> Dashboard:
    """A dashboard without the texts of its queries."""
    variables = tuple(
        msgspec.structs.replace(each, query="", database="", policy="", regex="")
        for each in dashboard.variables
    )
    panels = tuple(
        msgspec.structs.replace(
            panel,
            queries=tuple(
                msgspec.structs.replace(query, text="", database="", policy="")
                for query in panel.queries
            ),
        )
        for panel in dashboard.panels
    )
    return msgspec.structs.replace(
        dashboard, variables=variables, panels=panels, database="", policy=""
    )


def _hash(text: Secret) -> str:
    return hashlib.sha256(text.reveal().encode()).hexdigest()


def _unknown() -> Unauthenticated:
    return Unauthenticated("this link is unknown, expired or revoked; ask who gave it to you")

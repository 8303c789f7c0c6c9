"""A simulated agent's process: claims, comes online, stays, comes back, is banned, is stopped.

Source: specification 3 (session life), 4.5 (backoff), 6.5 (ending and banning)
"""

import asyncio
import random
from collections.abc import Callable

from muster.clock import SECOND_NS, Clock
from muster.testing.netdata.backoff import Backoff
from muster.testing.netdata.claiming import Claimed, Claiming, Sleep, Wish
from muster.testing.netdata.conversation import Conversation
from muster.testing.netdata.dial import Dialer, Place, Unreachable
from muster.testing.netdata.entrance import Admission, Entrance, NotAdmitted
from muster.testing.netdata.installation import Installation
from muster.testing.netdata.link import Link, Opened, Outcome
from muster.testing.netdata.machine import Alert, Host
from muster.testing.netdata.mqttclient import packet_ids
from muster.testing.netdata.queryserver import QueryServer
from muster.testing.netdata.quirks import V2_10, Quirks, Waits
from muster.testing.netdata.violation import Violation
from muster.testing.netdata.webapi import WebApi


class Agent:
    """One process on one installation. `run` is its life; everything else is what is done to it.

    `dialer` opens what the agent itself opens, `claim_dialer` what its claim does, whose trust
    comes from another file.
    """

    def __init__(
        self,
        disk: Installation,
        dialer: Dialer,
        *,
        clock: Clock,
        quirks: Quirks = V2_10,
        waits: Waits | None = None,
        claim_dialer: Dialer | None = None,
        seed: int | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.disk = disk
        self.quirks = quirks
        self._dialer, self._clock, self._sleep = dialer, clock, sleep
        self._waits = waits or Waits()
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._claiming = Claiming(claim_dialer or dialer, quirks, self._waits, sleep)
        self._backoff = Backoff(self._random.random)
        self._ids = packet_ids()
        self._doubted = {host.machine_guid for host in disk.machine.hosts if host.node_id}
        self._session_us = 0
        self._pulse = asyncio.Event()
        self._stopped = asyncio.Event()
        self.api = WebApi(
            disk.machine, quirks, lambda: clock.now_ns() // SECOND_NS, self._aclk_state
        )
        self.queries = QueryServer(self.api, quirks, clock)
        self.link: Link | None = None
        self._counted: Link | None = None
        self.is_banned = False
        self.attempts = 0
        self.onlines = 0  # how often it came online
        self.online_at = self.offline_at = 0.0  # monotonic
        self.why = ""  # the last reason for not being online
        self.violations: list[Violation] = []

    @property
    def is_online(self) -> bool:
        return self.link is not None and self.link.is_online

    @property
    def own(self) -> Host:
        return self.disk.machine.own

    @property
    def is_ready(self) -> bool:
        """Online, and all its hosts have their node ids."""
        return self.is_online and all(host.node_id for host in self.disk.machine.hosts)

    async def claim(self, wish: Wish) -> Claimed:
        """Claim, or claim again; a link by the claim before ends with its farewell.

        Errors: Violation.
        """
        disk = self.disk
        claimed = await self._claiming.claim(
            wish, self.own.machine_guid, self.own.hostname, disk.public_pem
        )
        if claimed.is_good:
            disk.claim_id, disk.url = claimed.claim_id, wish.url
            self.reload_claiming_state()
            if self.link:
                self.link.leave(Outcome("disconnected, claimed again"))
        elif claimed.status == 409 and disk.claim_id and claimed.exit_code:
            disk.url = wish.url  # the script does so, and keeps the claim id it had
        return claimed

    def reload_claiming_state(self) -> None:
        """Forget the ban. A wait that runs is not cut short."""
        self.is_banned = False

    async def run(self) -> None:
        """Live until stopped. Errors: Violation, which is kept in `violations` too."""
        try:
            while not self._stopped.is_set():
                await self._wait(self._next_s())
                if self._stopped.is_set():
                    return
                if self.disk.claim_id:
                    await self._attempt()
                else:
                    await self._sleep(self._waits.batch_s)
        except Violation as error:
            self.violations.append(error)
            self.why = str(error)
            self._pulse.set()
            raise

    def stop(self) -> None:
        """SIGTERM: farewell, and the end."""
        self._stopped.set()
        if self.link:
            self.link.leave(Outcome("stopped"))

    def kill(self) -> None:
        """SIGKILL, or the cable is pulled: not a word."""
        self._stopped.set()
        if self.link:
            self.link.kill()

    async def until(self, condition: Callable[[], bool], timeout_s: float = 300.0) -> None:
        """Wait for something to become true of this agent. Errors: TimeoutError, Violation."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                if self.violations:
                    raise self.violations[0]
                self._pulse.clear()
                await self._pulse.wait()

    def turn_alert(self, host: Host, alert: Alert, status: str, value: float) -> None:
        """Let an alert go over to another status, and tell the hub if it listens."""
        alert.turn(status, value, self._clock.now_ns() // SECOND_NS)
        if self.link and self.is_online:
            self.link.react([*self.link.conversation.alert_turned(host, alert)])

    def change_contexts(self, host: Host, changed: list[str]) -> None:
        """Tell the hub that these contexts came, changed or are gone."""
        if self.link and self.is_online:
            self.link.react([*self.link.conversation.contexts_changed(host, changed)])

    def change_host(self, host: Host, *, live: bool, queryable: bool = True) -> None:
        """A child connects or drops."""
        host.live, host.queryable = live, queryable
        if self.link and self.is_online:
            self.link.react(self.link.conversation.host_changed(host))

    def _aclk_state(self) -> tuple[bool, bool]:
        return bool(self.disk.claim_id), self.is_online

    def _next_s(self) -> float:
        if self.is_banned:
            return self._waits.ban_s
        return self._backoff.next_s()

    async def _wait(self, seconds: float) -> None:
        seconds *= self._waits.backoff_share
        if seconds <= 0:
            await asyncio.sleep(0)  # everybody else's turn, also where nothing is waited for
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return

    async def _attempt(self) -> None:
        self.attempts += 1
        try:
            admission = await self._enter()
            outcome = await self._keep_link(admission)
        except NotAdmitted as error:
            outcome = Outcome(str(error), error.retry_s, error.banned)
        except Unreachable as error:
            outcome = Outcome(str(error))
        self._end_with(outcome)

    async def _enter(self) -> Admission:
        disk = self.disk
        entrance = Entrance(
            self._dialer, self.quirks, disk.claim_id, disk.key, self._waits.request_s
        )
        env = await entrance.discover(Place.parse(disk.url))
        backoff = env.backoff
        self._backoff.learn(backoff.base, backoff.min_seconds, backoff.max_seconds)
        return await entrance.enter(env)

    async def _keep_link(self, admission: Admission) -> Outcome:
        self._session_us = max(self._session_us + 1, self._clock.now_ns() // 1000)
        self.queries.begin(self._session_us)
        conversation = Conversation(
            self.disk.machine,
            quirks=self.quirks,
            waits=self._waits,
            clock=self._clock,
            claim_id=self.disk.claim_id,
            session_us=self._session_us,
            doubted=self._doubted,
        )
        made = Opened(
            dialer=self._dialer,
            place=admission.place,
            who=admission.who,
            topics=admission.topics,
            ids=self._ids,
            quirks=self.quirks,
            waits=self._waits,
            clock=self._clock,
            nonce=self._random.randbytes(16),
            mask=self._random.randbytes(4),
        )
        link = self.link = Link(made, conversation, self.queries, self._changed)
        if self._stopped.is_set():
            link.kill()  # what was asked of the hub before that took its time
        try:
            return await link.run()
        finally:
            self.offline_at = self._clock.monotonic()
            if link.is_stable:
                self._backoff.stable()

    def _changed(self) -> None:
        if self.is_online and self.link is not self._counted:
            self._counted = self.link
            self.onlines += 1
            self.online_at = self._clock.monotonic()
        self._pulse.set()

    def _end_with(self, outcome: Outcome) -> None:
        self.why = outcome.why
        if outcome.reconnect_s is not None:
            self._backoff.override(outcome.reconnect_s)
        self.is_banned = self.is_banned or outcome.banned
        self._pulse.set()

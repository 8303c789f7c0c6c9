"""The agent, put together by hand and run in one TaskGroup.

SIGTERM and SIGINT end it within three seconds: goodbye to the hub, spool synced; within ten where
a thread waits for a disk, a device or a program that does not answer.
"""

import asyncio
import gc
import logging
import os
import random
import signal
from asyncio import sslproto
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from muster import __version__
from muster.agent.ask import Questions
from muster.agent.collecting.scheduler import Scheduler
from muster.agent.exits import failure_of
from muster.agent.joining.lock import held
from muster.agent.linking.session import LaterAnswer
from muster.agent.machine.facts import gather_facts
from muster.agent.machine.volatile import lies_on
from muster.agent.memberships.hublane import HubLane, HubStatus, no_hub
from muster.agent.memberships.hubset import HubSet
from muster.agent.memberships.settingstold import told_settings
from muster.agent.netdata.use import is_in_use
from muster.agent.probes import OWN, AgentProbes, ProbeSettings, ProbingHub
from muster.agent.settings import AgentSettings
from muster.agent.spool.segment import sync_paths
from muster.agent.status import AgentStatus, StatusServer, cpu_seconds, measure_process
from muster.clock import Clock, SystemClock
from muster.collectors import COLLECTORS
from muster.collectors.probes import PROBES
from muster.ending import BoundedEnd
from muster.errors import MusterError
from muster.model.metric import Block
from muster.wire.cells import COMPILED
from muster.wire.messages import Answer, Ask

if TYPE_CHECKING:
    from muster.agent.netdata.front import Front

log = logging.getLogger(__name__)

SYNC_EVERY_S = 5.0
TLS_READ_BYTES = 32 << 10  # two of TLS's records; a hub says little


class Agent:
    """All parts of one agent. `run` until `stop`."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        clock: Clock,
        reload: Callable[[], ProbeSettings | None] = lambda: None,
    ) -> None:
        """`reload` gives the settings of probes anew when their file has changed."""
        self._settings = settings
        self._clock = clock
        self._started = clock.monotonic()
        self._began_ns = clock.now_ns()
        self._cpu_at_start_s = cpu_seconds()
        self._stop = asyncio.Event()
        self._scheduler = Scheduler(
            COLLECTORS,
            clock,
            disabled=settings.collect.disabled,
            intervals=settings.collect.intervals,
            addresses=settings.collect.addresses,
        )
        self._front: Front | None = None  # what is said in Netdata's words, once anybody asks
        self._front_wanted = asyncio.Event()
        self._hubs = HubSet(
            data=settings.data,
            lane=self._lane,
            waits=lambda: self._front is not None,
            kept_out=lambda name: self._front is not None and self._front.kept_out(name),
        )
        self._probes = AgentProbes(
            settings=settings.probes,
            clock=clock,
            emit=self._feed_probed,
            hubs=lambda: {lane.name: _probing(lane) for lane in self._hubs.lanes},
            reload=reload,
        )
        self._server = StatusServer(settings.data, self.status, self._obey)
        if is_in_use(settings.data, os.environ, settings.netdata_api.port):
            self._have_front()

    def _lane(self, name: str) -> HubLane:
        return HubLane(
            name=name,
            settings=self._settings,
            clock=self._clock,
            facts=partial(
                gather_facts,
                data=self._settings.data,
                machine=self._settings.machine,
                hostname=self._settings.hostname,
            ),
            answers=self._answer,
            collectors=(*COLLECTORS, *PROBES),
            # Waits and renewals spread out; nothing secret is drawn from it.
            random=random.Random().random,  # noqa: S311
        )

    def _have_front(self) -> "Front":
        """Made when it is first needed: most agents never speak Netdata's words."""
        if self._front is None:
            from muster.agent.netdata.front import Front

            self._front = Front(
                settings=self._settings,
                hubs=self._hubs,
                clock=self._clock,
                environment=os.environ,
                collectors=self._scheduler.status,
            )
            self._front_wanted.set()
        return self._front

    async def _run_front(self) -> None:
        await self._front_wanted.wait()
        await self._have_front().run()

    async def _obey(self, command: str) -> object:
        return await self._have_front().obey(command)

    def _feed(self, blocks: list[Block]) -> None:
        self._hubs.feed(blocks)
        if self._front is not None:
            self._front.feed(blocks)

    def _feed_probed(self, owner: str, blocks: list[Block]) -> None:
        """What a hub asked for goes to that hub alone."""
        if owner == OWN:
            self._feed(blocks)
        for lane in self._hubs.lanes:
            if lane.name == owner:
                lane.feed(blocks)

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()

    async def run(self) -> None:
        """Collect, spool and send until `stop`. Errors: NotClaimed, SettingsError."""
        self._hubs.begin()
        if kind := lies_on(self._settings.data):
            log.warning(
                "identity will be lost: the folder is on no volume",
                extra={"folder": str(self._settings.data), "kind": kind},
            )
        names = ",".join(lane.name for lane in self._hubs.lanes)
        log.info("agent starts", extra={"hubs": names, "version": __version__})
        _settle_memory()
        try:
            async with asyncio.TaskGroup() as jobs:
                running = [
                    jobs.create_task(job)
                    for job in (
                        self._keep(),
                        self._scheduler.run(self._feed),
                        self._server.run(),
                        self._run_front(),
                        self._probes.run(),
                        self._sync(),
                    )
                ]
                await self._stop.wait()
                for job in running:
                    job.cancel()
        finally:
            await self._sync_now(self._hubs.unsynced(all_of_it=True))
            self._hubs.end()
        left = sum(lane.spool.last - lane.spool.acked for lane in self._hubs.lanes)
        log.info("agent ends", extra={"unacknowledged": left})

    async def _keep(self) -> None:
        await self._hubs.run()
        log.warning("no hub is left")
        self.stop()

    def status(self) -> AgentStatus:
        """What is said at the agent's own socket: of all hubs."""
        lanes = self._hubs.lanes
        own = lanes[0].status() if lanes else no_hub(self._settings.data, self._began_ns)
        return self._status_of(own, self._hubs.status())

    def _status_of(self, own: HubStatus, hubs: list[HubStatus]) -> AgentStatus:
        return AgentStatus(
            version=__version__,
            compiled=COMPILED,
            data=str(self._settings.data),
            node=own.node,
            link=own.link,
            spool=own.spool,
            collectors=self._scheduler.status(),
            process=measure_process(self._clock.monotonic() - self._started, self._cpu_at_start_s),
            missed_ticks=self._scheduler.missed_ticks,
            refused_batches=own.refused_batches,
            hubs=hubs,
            probes=self._probes.status(),
        )

    def _answer(self, lane: HubLane, ask: Ask) -> Answer | LaterAnswer:
        """To a hub's question: of itself alone, and of what it may have."""
        if ask.method == "probe":
            return partial(self._probe_once, _probing(lane), ask)
        return Questions(
            {
                "status": lambda _: self._told_status(lane),
                "ping": lambda _: {"time_ns": self._clock.now_ns()},
                "doctor": lambda _: self._doctor(lane),
                "settings": lambda _: told_settings(self._settings, lane.name),
                "probes": partial(self._probes.take, lane.name, _probing(lane)),
            }
        ).answer(ask)

    def _probe_once(self, hub: ProbingHub, ask: Ask, say: Callable[[Answer], None]) -> None:
        """The answer comes when the probe is done."""

        def reply(result: object, error: str) -> None:
            say(Answer(id=ask.id, result=result, error=error))

        try:
            self._probes.test(hub, ask.arguments, reply)
        except MusterError as error:
            reply(None, str(error))

    def _told_status(self, lane: HubLane) -> AgentStatus:
        whole = self._status_of(lane.status(), [])
        shown = [each for each in whole.collectors if lane.filter.shows(each.name)]
        probes = [
            each
            for each in whole.probes
            if each.hub in (OWN, lane.name) and lane.filter.shows(each.kind)
        ]
        return msgspec.structs.replace(whole, collectors=shown, probes=probes)

    def _doctor(self, lane: HubLane) -> dict[str, Any]:
        """What the hub cannot see from its side."""
        disk = os.statvfs(self._settings.data)
        own = lane.status()
        failing = [c.name for c in self._scheduler.status() if c.failing]
        return {
            "disk_free_bytes": disk.f_bavail * disk.f_frsize,
            "disk_total_bytes": disk.f_blocks * disk.f_frsize,
            "spool": own.spool,
            "clock_skew_s": own.link.clock_skew_s,
            "proxy": own.link.proxy,
            "renewal_error": own.link.renewal_error,
            "failing": [name for name in failing if lane.filter.shows(name)],
        }

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            await self._sync_now(self._hubs.unsynced(all_of_it=False))

    async def _sync_now(self, paths: list[Path]) -> None:
        """The one place where the agent waits for its disk, in a thread."""
        if not paths:
            return
        try:
            await asyncio.to_thread(sync_paths, paths)
        except OSError as error:
            log.warning("spool not synced", extra={"cause": str(error)})


def _probing(lane: HubLane) -> ProbingHub:
    return ProbingHub(lane.folder, lane.filter.shows)


def _settle_memory() -> None:
    """What was imported lives for ever: never look at it again, and look seldom at all."""
    # asyncio takes 256 KiB for what one connection reads at once, and keeps them.
    sslproto.SSLProtocol.max_size = TLS_READ_BYTES
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _serve(
    settings: AgentSettings, reload: Callable[[], ProbeSettings | None], end: BoundedEnd
) -> None:
    """Run an agent until a signal says stop, and then no longer than `end` lets it.

    Errors: NotClaimed, SettingsError.
    """
    agent = Agent(settings, clock=SystemClock(), reload=reload)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        agent.stop()
        end.begin()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await agent.run()


def run(settings: AgentSettings, reload: Callable[[], ProbeSettings | None] = lambda: None) -> int:
    """Run one agent on its folder; the exit code. `reload` as Agent has it.

    Errors: AgentFailed (not claimed, already running, disk); SettingsError.
    """
    os.umask(0o077)
    end = BoundedEnd()
    try:
        with held(settings.data):
            asyncio.run(_serve(settings, reload, end))
    except MusterError as error:
        raise failure_of(error) from error
    finally:
        end.came()
    return 0

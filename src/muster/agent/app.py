"""The agent, put together by hand and run in one TaskGroup.

SIGTERM and SIGINT end it within three seconds: goodbye to the hub, spool synced.
"""

import asyncio
import gc
import logging
import os
import random
import shutil
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from muster import __version__
from muster.agent.ask import Questions
from muster.agent.buffer import Spool
from muster.agent.exits import failure_of
from muster.agent.facts import gather_facts
from muster.agent.fork import finish_fork
from muster.agent.holder import Run
from muster.agent.identity import load_identity
from muster.agent.links import Links
from muster.agent.lock import held
from muster.agent.mending import Mending
from muster.agent.renewal import Renewal
from muster.agent.scheduler import Scheduler
from muster.agent.segment import sync_paths
from muster.agent.settings import AgentSettings
from muster.agent.status import AgentStatus, StatusServer, cpu_seconds, measure_process
from muster.agent.volatile import lies_on
from muster.clock import Clock, SystemClock
from muster.collectors import COLLECTORS
from muster.errors import MusterError
from muster.model.metric import Block
from muster.net.backoff import Backoff
from muster.wire.cells import COMPILED
from muster.wire.columns import ColumnEncoder

log = logging.getLogger(__name__)

SYNC_EVERY_S = 5.0


class Agent:
    """All parts of one agent. `run` until `stop`."""

    def __init__(self, settings: AgentSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._started = clock.monotonic()
        self._cpu_at_start_s = cpu_seconds()
        self._stop = asyncio.Event()
        self._refused = 0
        data = settings.data
        # Waits and renewals spread out; nothing secret is drawn from it.
        draw = random.Random().random  # noqa: S311
        self._spool = Spool(folder=data / "spool", encoder=ColumnEncoder(), settings=settings.spool)
        self._scheduler = Scheduler(
            COLLECTORS,
            clock,
            disabled=settings.collect.disabled,
            intervals=settings.collect.intervals,
        )
        self._run = Run(data=data, clock=clock, machine=settings.machine)
        questions = Questions(
            {
                "status": lambda _: self.status(),
                "ping": lambda _: {"time_ns": clock.now_ns()},
                "doctor": self._doctor,
            }
        )
        self._links = Links(
            data=data,
            spool=self._spool,
            clock=clock,
            facts=partial(gather_facts, data=data),
            answer=questions.answer,
            renewal=Renewal(data=data, clock=clock, random=draw),
            backoff=Backoff(random=draw),
            settings=settings.link,
            mending=Mending(
                data=data,
                spool=self._spool,
                clock=clock,
                proxy=settings.link.proxy,
                hub=settings.link.hub,
                enrol=settings.link.enrol,
                holder=self._run.holder,
            ),
            holder=self._run.holder,
        )
        self._server = StatusServer(data, self.status)

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()

    async def run(self) -> None:
        """Collect, spool and send until `stop`. Errors: NotClaimed, SettingsError."""
        identity = load_identity(self._settings.data)
        self._spool.open()
        finish_fork(self._settings.data, self._spool)
        self._run.begin()
        if kind := lies_on(self._settings.data):
            log.warning(
                "identity will be lost: the folder is on no volume",
                extra={"folder": str(self._settings.data), "kind": kind},
            )
        log.info("agent starts", extra={"node": identity.node.node, "version": __version__})
        _settle_memory()
        try:
            async with asyncio.TaskGroup() as jobs:
                running = [
                    jobs.create_task(job)
                    for job in (
                        self._links.run(),
                        self._scheduler.run(self._emit),
                        self._server.run(),
                        self._sync(),
                    )
                ]
                await self._stop.wait()
                for job in running:
                    job.cancel()
        finally:
            await self._sync_now(self._spool.unsynced())
        log.info("agent ends", extra={"unacknowledged": self._spool.last - self._spool.acked})

    def status(self) -> AgentStatus:
        try:
            node = load_identity(self._settings.data).node
        except MusterError:
            node = None
        return AgentStatus(
            version=__version__,
            compiled=COMPILED,
            data=str(self._settings.data),
            node=node,
            link=self._links.status(),
            spool=self._spool.status(),
            collectors=self._scheduler.status(),
            process=measure_process(self._clock.monotonic() - self._started, self._cpu_at_start_s),
            missed_ticks=self._scheduler.missed_ticks,
            refused_batches=self._refused,
        )

    def _emit(self, blocks: list[Block]) -> None:
        try:
            self._spool.append(blocks)
        except MusterError as error:
            self._refused += 1
            if self._refused == 1:
                log.warning("a tick fits into no frame", extra={"cause": str(error)})

    def _doctor(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the hub cannot see from its side."""
        disk = shutil.disk_usage(self._settings.data)
        link = self._links.status()
        return {
            "disk_free_bytes": disk.free,
            "disk_total_bytes": disk.total,
            "spool": self._spool.status(),
            "clock_skew_s": link.clock_skew_s,
            "proxy": link.proxy,
            "renewal_error": link.renewal_error,
            "failing": [c.name for c in self._scheduler.status() if c.failing],
        }

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_EVERY_S)
            await self._sync_now(self._spool.take_unsynced())

    async def _sync_now(self, paths: list[Path]) -> None:
        """The one place where the agent waits for its disk, in a thread."""
        if not paths:
            return
        try:
            await asyncio.to_thread(sync_paths, paths)
        except OSError as error:
            log.warning("spool not synced", extra={"cause": str(error)})


def _settle_memory() -> None:
    """What was imported lives for ever: never look at it again, and look seldom at all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def serve(settings: AgentSettings) -> None:
    """Run an agent until a signal says stop. Errors: NotClaimed, SettingsError."""
    agent = Agent(settings, clock=SystemClock())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()


def run(settings: AgentSettings) -> int:
    """Run one agent on its folder; the exit code.

    Errors: AgentFailed (not claimed, already running, disk); SettingsError.
    """
    os.umask(0o077)
    try:
        with held(settings.data):
            asyncio.run(serve(settings))
    except MusterError as error:
        raise failure_of(error) from error
    return 0

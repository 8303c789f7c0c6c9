"""When probes run: each at the seconds of its interval's grid, all of them beside each other.

A probe that is still at work when its turn comes misses that turn. At most eight are at work at
once; what waits for a place travels under the second in which it was due.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from muster.agent.collecting.rows import Columns, Table
from muster.agent.probestatus import Emit, ProbeStatus, Reply
from muster.agent.probing.run import Outcome
from muster.clock import SECOND_NS, Clock
from muster.errors import LimitExceeded, MusterError
from muster.model.metric import Block
from muster.model.probe import Probe, Reach, kind_of

log = logging.getLogger(__name__)

MAX_AT_WORK = 8
MAX_TESTS = 4  # asked for by a hub, at once

Run = Callable[[Probe, Reach, int], Awaitable[Outcome]]


class _Job:
    """One probe of one owner, and what is remembered of it."""

    def __init__(self, owner: str, probe: Probe, reach: Reach) -> None:
        self.owner = owner
        self.probe = probe
        self.reach = reach
        self.slot: int | None = None
        self.is_busy = False
        self._columns = Columns()
        self._table = Table([self._columns])
        self.status = ProbeStatus(
            kind=kind_of(probe),
            target=probe.target,
            hub=owner,
            interval_s=probe.interval_s,
        )

    def is_due(self, time_ns: int) -> bool:
        slot = time_ns // (self.probe.interval_s * SECOND_NS)
        if slot == self.slot:
            return False
        self.slot = slot
        if self.is_busy:
            self.status = msgspec.structs.replace(self.status, skipped=self.status.skipped + 1)
        return not self.is_busy

    def block(self, outcome: Outcome, time_ns: int) -> Block | None:
        """The row of a run. Errors: MusterError for one that fits no row."""
        if outcome.fault and outcome.fault != self.status.fault:
            extra = {"probe": self.probe.target[:120], "cause": outcome.fault}
            log.info("probe fails", extra=extra)
        self.status = msgspec.structs.replace(
            self.status,
            runs=self.status.runs + 1,
            last_run_ns=time_ns,
            fault=outcome.fault[:500],
        )
        strings: list[str] = []
        part = self._columns.fill(outcome.points, strings)
        return self._table.block(time_ns, (part,), strings)


class Prober:
    """Runs probes for ever; `assign` says which."""

    def __init__(
        self,
        *,
        clock: Clock,
        run: Run,
        emit: Emit,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._run = run
        self._emit = emit
        self._wait = wait
        self._jobs: dict[tuple[str, Probe], _Job] = {}
        self._places = asyncio.Semaphore(MAX_AT_WORK)
        self._tests: asyncio.Queue[tuple[Probe, Reach, Reply]] = asyncio.Queue(MAX_TESTS)
        self._testing = 0

    def assign(self, owner: str, probes: Sequence[Probe], reach: Reach) -> None:
        """All probes of an owner from now on. What stays goes on; what is new begins at once."""
        wanted = {(owner, probe): None for probe in probes}
        for key in [key for key in self._jobs if key[0] == owner and key not in wanted]:
            del self._jobs[key]
        for key in wanted:
            if key not in self._jobs:
                self._jobs[key] = _Job(owner, key[1], reach)
            self._jobs[key].reach = reach

    def test(self, probe: Probe, reach: Reach, reply: Reply) -> None:
        """Once, now, beside the others; its points are told and go nowhere else.

        Errors: LimitExceeded.
        """
        if self._testing >= MAX_TESTS:
            raise LimitExceeded(f"{MAX_TESTS} probes are being tried out here", retry_after_s=5)
        self._testing += 1
        self._tests.put_nowait((probe, reach, reply))

    def status(self) -> list[ProbeStatus]:
        """One entry per probe, as they were given."""
        return [job.status for job in self._jobs.values()]

    async def run(self) -> None:
        """Probe until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._run_tests(tasks))
            while True:
                now_ns = self._clock.now_ns()
                await self._wait((SECOND_NS - now_ns % SECOND_NS) / SECOND_NS)
                self.tick(tasks)

    def tick(self, tasks: asyncio.TaskGroup) -> None:
        """Start what is due in this second."""
        time_ns = (self._clock.now_ns() + SECOND_NS // 10) // SECOND_NS * SECOND_NS
        for job in list(self._jobs.values()):
            if job.is_due(time_ns):
                job.is_busy = True
                tasks.create_task(self._probe(job, time_ns))

    async def _probe(self, job: _Job, time_ns: int) -> None:
        try:
            async with self._places:
                outcome = await self._run(job.probe, job.reach, time_ns)
            if self._jobs.get((job.owner, job.probe)) is not job:
                return  # taken away meanwhile
            block = job.block(outcome, time_ns)
            if block is not None:
                self._emit(job.owner, [block])
        except MusterError as error:
            extra = {"probe": job.probe.target[:120], "cause": str(error)}
            log.warning("probe without a row", extra=extra)
        except Exception:  # one probe's fault is not the others'
            log.exception("probe broke", extra={"probe": job.probe.target[:120]})
        finally:
            job.is_busy = False

    async def _run_tests(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            tasks.create_task(self._test(*await self._tests.get()))

    async def _test(self, probe: Probe, reach: Reach, reply: Reply) -> None:
        try:
            outcome = await self._run(probe, reach, self._clock.now_ns())
            reply(shown(outcome), "")
        except Exception:
            log.exception("probe broke", extra={"probe": probe.target[:120]})
            reply(None, "fault in the agent, see its log")
        finally:
            self._testing -= 1


def shown(outcome: Outcome) -> dict[str, object]:
    """What a trial came to, as JSON has it."""
    points = [
        {"measurement": each.measurement, "tags": dict(each.tags), "fields": dict(each.fields)}
        for each in outcome.points
    ]
    return {"points": points, "fault": outcome.fault}

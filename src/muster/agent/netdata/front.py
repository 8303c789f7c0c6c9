"""All that one agent says and does in Netdata's words, put together by hand."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from muster import __version__
from muster.agent.collecting.scheduler import CollectorStatus
from muster.agent.machine.facts import gather_facts
from muster.agent.netdata.commands import Commands
from muster.agent.netdata.keeper import Hubs, Keeper
from muster.agent.netdata.running import Said
from muster.agent.settings import AgentSettings
from muster.clock import Clock
from muster.model.metric import Block

if TYPE_CHECKING:
    from muster.agent.netdata.api.server import LocalApi


class Front:
    """`run` until cancelled; `feed` each tick."""

    def __init__(
        self,
        *,
        settings: AgentSettings,
        hubs: Hubs,
        clock: Clock,
        environment: Mapping[str, str],
        collectors: Callable[[], Sequence[CollectorStatus]],
    ) -> None:
        facts = gather_facts(
            data=settings.data, machine=settings.machine, hostname=settings.hostname
        )
        self.keeper = Keeper(
            data=settings.data,
            environment=environment,
            proxy=settings.link.proxy,
            hubs=hubs,
            clock=clock,
            hostname=lambda: facts.hostname,
            enabled=settings.netdata.enabled,
        )
        self.kept_out = self.keeper.kept_out
        self._commands = Commands(
            self.keeper, settings.data, __version__, str(settings.link.proxy) or "none"
        )
        self._api: LocalApi | None = None
        if settings.netdata_api.port:
            from muster.agent.netdata.api.server import make_api

            self._api = make_api(
                settings=settings.netdata_api,
                keeper=self.keeper,
                facts=facts,
                collectors=collectors,
                clock=clock,
            )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self.keeper.run())
            if self._api is not None:
                jobs.create_task(self._api.run())

    async def obey(self, command: str) -> Said:
        """One command of netdatacli."""
        return await self._commands.obey(command)

    def feed(self, blocks: Sequence[Block]) -> None:
        if self._api is not None:
            self._api.feed(blocks)

"""One hub of an agent: a spool, a link and an identity of its own, and what it may have."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from muster.agent.joining.fork import finish_fork
from muster.agent.joining.holder import Run
from muster.agent.joining.identity import NodeFile, load_identity
from muster.agent.joining.renewal import Renewal
from muster.agent.linking.links import Links, LinkSettings
from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.linking.mending import Mending
from muster.agent.linking.session import LaterAnswer
from muster.agent.memberships.allowed import Declared, Filter
from muster.agent.memberships.hubs import (
    MAIN,
    allowed_mark,
    hub_folder,
    is_less,
    read_allowed,
    settle_spool,
)
from muster.agent.memberships.ownsettings import FILE
from muster.agent.settings import AgentSettings
from muster.agent.spool.buffer import Spool, SpoolStatus
from muster.clock import Clock
from muster.config import load
from muster.errors import MusterError
from muster.files import hold
from muster.model.inventory import Facts
from muster.model.metric import Block
from muster.net.backoff import Backoff
from muster.wire.columns import ColumnEncoder
from muster.wire.messages import Answer, Ask

log = logging.getLogger(__name__)

AGAIN_S = 30.0  # until what has failed is begun again
Answers = Callable[["HubLane", Ask], Answer | LaterAnswer]


class HubStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster agent hubs` shows of one. `only` None: it may have everything."""

    name: str
    node: NodeFile | None
    link: LinkStatus
    spool: SpoolStatus
    only: list[str] | None = None
    refused_batches: int = 0


def no_hub(data: Path, since_ns: int) -> HubStatus:
    """What is shown of an agent that waits for its claim."""
    return HubStatus(
        name=MAIN,
        node=None,
        link=LinkStatus(
            state=LinkState.WAITING, since_ns=since_ns, cause=f"{data} has no link to a hub"
        ),
        spool=SpoolStatus(
            epoch="",
            first=0,
            last=0,
            acked=0,
            batches=0,
            values=0,
            bytes=0,
            max_bytes=0,
            segments=0,
            lost_batches=0,
            lost_values=0,
            damaged_bytes=0,
            in_memory=0,
            fault="",
        ),
    )


class HubLane:
    """What goes to one hub. `open` before `feed` and `run`; `close` at the end."""

    def __init__(
        self,
        *,
        name: str,
        settings: AgentSettings,
        clock: Clock,
        facts: Callable[[], Facts],
        answers: Answers,
        collectors: Sequence[Declared],
        random: Callable[[], float],
    ) -> None:
        self.name = name
        self.folder = data = hub_folder(settings.data, name)
        self._collectors = collectors
        self._lock = -1
        self._refused = 0
        self._mark = (-1, 0)
        self._only: frozenset[str] | None = frozenset()
        self.filter = Filter(self._only, collectors)
        self.spool = Spool(folder=data / "spool", encoder=ColumnEncoder(), settings=settings.spool)
        self._run = Run(data=data, clock=clock, machine=settings.machine)
        link = settings.link if name == MAIN else link_of(settings.link, data)
        self._links = Links(
            data=data,
            spool=self.spool,
            clock=clock,
            facts=facts,
            answer=lambda ask: answers(self, ask),
            renewal=Renewal(data=data, clock=clock, random=random),
            backoff=Backoff(random=random),
            settings=link,
            mending=Mending(
                data=data,
                spool=self.spool,
                clock=clock,
                proxy=link.proxy,
                hub=link.hub,
                enrol=link.enrol,
                holder=self._run.holder,
                facts=facts,
            ),
            holder=self._run.holder,
        )

    def open(self) -> NodeFile:
        """Take up what lies on the disk. The first hub's folder is held by the caller.

        Errors: NotClaimed, SettingsError; Held when somebody else works in the folder; OSError.
        """
        if self.name != MAIN:
            self._lock = hold(self.folder / "agent.lock")
        try:
            identity = load_identity(self.folder)
            if settle_spool(self.folder):
                log.warning("spool dropped: the hub may have less now", extra={"hub": self.name})
            self.look()
            self.spool.open()
            finish_fork(self.folder, self.spool)
            self._run.begin()
        except BaseException:
            self.close()
            raise
        return identity.node

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def look(self) -> bool:
        """Read anew what the hub may have, if that has changed; whether that is less.

        Then this lane has had its day: another one drops what is spooled, and goes on.
        """
        mark = allowed_mark(self.folder)
        if mark == self._mark:
            return False
        only = read_allowed(self.folder)
        less = is_less(self._only, only)
        if not less and not self._note_spooled():
            return False
        self._mark, self._only = mark, only
        self.filter = Filter(only, self._collectors)
        return less

    def _note_spooled(self) -> bool:
        """Before the hub gets more it is written down what the spool may hold from now on."""
        try:
            settle_spool(self.folder)
        except MusterError as error:
            extra = {"hub": self.name, "cause": str(error)}
            log.warning("what a hub may have stays as it was", extra=extra)
            return False
        return True

    def feed(self, blocks: Iterable[Block]) -> None:
        """Spool what the hub may have of one tick."""
        mine = self.filter.take(blocks)
        if not mine:
            return
        try:
            self.spool.append(mine)
        except MusterError as error:
            self._refused += 1
            if self._refused == 1:
                extra = {"hub": self.name, "cause": str(error)}
                log.warning("a tick fits into no frame", extra=extra)

    async def run(self) -> None:
        """Keep the link until cancelled. A fault that one hub brings about is not the others'."""
        while True:
            try:
                await self._links.run()
            except Exception:
                log.exception("link failed", extra={"hub": self.name})
            await asyncio.sleep(AGAIN_S)

    def status(self) -> HubStatus:
        return HubStatus(
            name=self.name,
            node=self.node(),
            link=self._links.status(),
            spool=self.spool.status(),
            only=None if self._only is None else sorted(self._only),
            refused_batches=self._refused,
        )

    def link(self) -> tuple[LinkStatus, SpoolStatus]:
        """What is looked at every second: nothing of it is read from the disk."""
        return self._links.status(), self.spool.status()

    def node(self) -> NodeFile | None:
        try:
            return load_identity(self.folder).node
        except MusterError:
            return None


def link_of(link: LinkSettings, folder: Path) -> LinkSettings:
    """How one of the other hubs is reached: as its own file says, else by the agent's proxy.

    A file that cannot be used is logged: a hub of its own must not keep the agent from the rest.
    """
    link = msgspec.structs.replace(link, hub="", enrol="")
    file = folder / FILE
    if not file.is_file():
        return link
    defaults = {"link.proxy": link.proxy.reveal()}
    try:
        return load(AgentSettings, file=file, defaults=defaults).value.link
    except MusterError as error:
        log.warning("settings of a hub not used", extra={"file": str(file), "cause": str(error)})
        return link

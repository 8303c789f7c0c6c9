"""Inside the running agent: a claim in Netdata's words is made, adopted, obeyed and told of.

At the start, and at each reload:
 1. disabled: the link that came by such a claim is let go
 2. no claim: an identity that came by one goes; then the sources are asked, and claimed by
 3. a claim: its hub is asked once for a link of our own (adopt.py); a foreign cloud has none
What takes cryptography runs in a program of its own. What may pass is tried again, ever more
seldom; what asks for a person waits for a reload or a start. Claims by Muster's own tokens are
left alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from muster.agent.joining.identity import is_claimed, load_identity, remove_identity
from muster.agent.joining.renewal import run_program
from muster.agent.linking.linkstatus import LinkStatus
from muster.agent.memberships.hubs import MAIN
from muster.agent.netdata.adopted import (
    Adopted,
    Ending,
    forget_adopted,
    read_adopted,
    write_adopted,
)
from muster.agent.netdata.cloudfolder import CloudFolder, lib_folder, read
from muster.agent.netdata.ini import is_on
from muster.agent.netdata.nativeclaim import native_node
from muster.agent.netdata.outcome import PASSING, REMEDY, ClaimExit, ClaimFailed, Outcome
from muster.agent.netdata.sources import Wanted, base_url_of, find_wanted, is_disabled
from muster.agent.netdata.state import CloudState, CloudStatus, LinkWatch
from muster.agent.netdata.task import LIMIT_S, MODULE, task_of
from muster.agent.spool.buffer import SpoolStatus
from muster.clock import Clock
from muster.errors import MusterError
from muster.net.proxy import ProxySetting

log = logging.getLogger(__name__)

RELOAD_S = 10.0  # how long a reload waits for the link
_TICK_S = 1.0
_FIRST_S, _LONGEST_S = 15.0, 900.0

Program = Callable[[str, bytes], Awaitable[str]]

_NO_LINK = {
    Ending.FOREIGN: "ACLK: claimed by a cloud that is no hub of ours: there is no link to it",
    Ending.REFUSED: "ACLK: the hub has done with this claim",
    Ending.LATER: "ACLK: the hub gives no link yet",
}


class Hubs(Protocol):
    """What it needs of the links: agent/memberships/hubset.py."""

    def hasten(self) -> None: ...
    async def leave(self, name: str) -> None: ...
    def main_link(self) -> tuple[LinkStatus, SpoolStatus] | None: ...


async def run_netdata_program(step: str, task: bytes) -> str:
    """Errors: RenewalFailed with what it said."""
    return await run_program([step], task, module=MODULE, limit_s=LIMIT_S)


class Keeper:
    """`run` until cancelled; `kept_out` is asked by the links, the rest by commands and the API."""

    def __init__(
        self,
        *,
        data: Path,
        environment: Mapping[str, str],
        proxy: ProxySetting,
        hubs: Hubs,
        clock: Clock,
        hostname: Callable[[], str],
        enabled: bool = True,
        program: Program = run_netdata_program,
    ) -> None:
        self._data = data
        self._environment = environment
        self._proxy = proxy
        self._hubs = hubs
        self._clock = clock
        self._hostname = hostname
        self._enabled = enabled
        self._program = program
        self.cloud = CloudFolder(lib_folder(data, environment))
        self._watch = LinkWatch()
        # The main link has to stay away: at first, until it is known whether its claim holds.
        self._held_back = is_claimed(data) and not native_node(data)
        self._reason = ""
        self._reload = asyncio.Event()
        self._settled = asyncio.Event()
        self._wait_s = _FIRST_S
        self._lock = asyncio.Lock()  # one claim, or one reading of the disk, at a time

    def kept_out(self, name: str) -> bool:
        """Whether a hub's link has to stay away now."""
        return name == MAIN and self._held_back

    @property
    def is_off(self) -> bool:
        """Whether this agent has no cloud at all: a claim does not change that."""
        return is_disabled(self._environment) or not self._enabled

    def is_enabled(self) -> bool:
        """Whether this agent may speak to a cloud in Netdata's words now."""
        if self.is_off:
            return False
        return is_on(self.cloud.read_conf().get("enabled", "yes"), otherwise=True)

    async def run(self) -> None:
        while True:
            self._reload.clear()
            async with self._lock:
                retry = await self._settle_safely()
            self._settled.set()
            await self._rest(self._next_wait() if retry else float("inf"))

    async def _rest(self, left_s: float) -> None:
        """Look at the link each second, until it is time or somebody asks for a reload."""
        while not self._reload.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._reload.wait()
            link = self._hubs.main_link()
            self._watch.look(link[0] if link else None, self._clock.now_ns())
            left_s -= _TICK_S
            if left_s <= 0:
                return

    async def reload(self) -> CloudState:
        """Read the disk anew and wait up to 10 s for what comes of it."""
        self._wait_s = _FIRST_S
        self._drop_endings()
        self._settled.clear()
        self._reload.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(RELOAD_S):
                await self._settled.wait()
                while self.state().claim_id and self.state().status is CloudStatus.OFFLINE:
                    adopted = read_adopted(self._data)
                    if adopted is not None and adopted.ending is Ending.FOREIGN:
                        break
                    await asyncio.sleep(0.05)
        return self.state()

    def hurry(self) -> None:
        """Look at the disk now, without waiting for what comes of it."""
        self._reload.set()

    async def claim(self, wanted: Wanted) -> Outcome:
        """Claim as asked, now, and take it up. What was claimed before is replaced."""
        async with self._lock:
            if node := native_node(self._data):
                text = f"this agent is node {node} by a token of Muster's own; muster agent unclaim"
                return Outcome(exit_code=ClaimExit.ALREADY_CLAIMED, text=f"{text} frees it")
            outcome = await self._run_claim(wanted)
        if not outcome.exit_code:
            await self.reload()
        return outcome

    def state(self) -> CloudState:
        """All that is known now."""
        adopted = read_adopted(self._data)
        native = native_node(self._data)
        claim_id = native or self.cloud.read_claim_id()
        conf = self.cloud.read_conf()
        found = None if self._held_back else self._hubs.main_link()
        link, spool = found or (None, None)
        current = adopted is not None and adopted.claim_id == claim_id
        why = adopted.text if adopted and current and adopted.ending is not Ending.ADOPTED else ""
        return CloudState(
            enabled=bool(native) or self.is_enabled(),
            claim_id=claim_id,
            url=(f"https://{link.hub}" if native and link else base_url_of(conf)),
            proxy=str(self._proxy) if str(self._proxy) != "environment" else "env",
            machine_guid=read(self.cloud.guid).strip() or native,
            hostname=self._hostname(),
            node=native or (adopted.node if adopted and current else ""),
            link=link,
            refused=bool(adopted and current and adopted.ending is Ending.REFUSED),
            reason=self._reason or why,
            connects=self._watch.connects,
            connected_ns=self._watch.connected_ns,
            disconnected_ns=self._watch.disconnected_ns,
            received=spool.acked if spool else 0,
            pending=spool.batches if spool else 0,
        )

    def _drop_endings(self) -> None:
        """A reload asks again what was refused, or foreign, before."""
        adopted = read_adopted(self._data)
        if adopted is not None and adopted.ending in (Ending.REFUSED, Ending.FOREIGN):
            write_adopted(self._data, msgspec.structs.replace(adopted, ending=Ending.LATER))

    def _next_wait(self) -> float:
        wait_s = self._wait_s
        self._wait_s = min(_LONGEST_S, 2 * wait_s)
        return wait_s

    async def _settle_safely(self) -> bool:
        """Whether it is to be tried again. A disk's refusal ends nothing else."""
        try:
            return await self._settle()
        except (MusterError, OSError) as error:
            self._tell("CLAIM: the claim cannot be taken up", str(error))
            return True

    async def _settle(self) -> bool:
        self._reason = ""
        native = native_node(self._data)
        # 1
        if not self.is_enabled():
            if not native and is_claimed(self._data):
                log.warning("ACLK: cloud functionality is disabled", extra={"data": self._data})
                await self._hold_back()
            return False
        # 2
        if not self.cloud.read_claim_id():
            if self.cloud.has_broken_id():
                log.error("CLAIM: claimed_id is no UUID: this agent counts as not claimed")
            if not native:
                await self._give_up_access()
            return bool(not native and await self._claim_by_source())
        # 3
        return bool(not native and await self._adopt_if_new())

    async def _claim_by_source(self) -> bool:
        try:
            wanted = find_wanted(self.cloud, self._environment)
        except ClaimFailed as error:
            self._tell("CLAIM: cannot claim", f"{error}; {REMEDY.get(error.exit_code, '')}")
            return False
        if wanted is None:
            return False
        outcome = await self._run_claim(wanted)
        if outcome.exit_code:
            return outcome.exit_code in PASSING
        return await self._adopt_if_new()

    def _task(self, wanted: Wanted | None = None) -> bytes:
        return task_of(self._data, self.cloud.lib, self._proxy, self._hostname(), wanted)

    async def _run_claim(self, wanted: Wanted) -> Outcome:
        """Errors: RenewalFailed when the program cannot be run."""
        output = await self._program("claim", self._task(wanted))
        outcome = msgspec.json.decode(output, type=Outcome)
        if outcome.exit_code:
            remedy = REMEDY.get(outcome.exit_code, "")
            self._tell("CLAIM: failed to claim", f"{outcome.text}; what to do: {remedy}")
        else:
            self._reason = ""
            log.info(
                "CLAIM: Agent was successfully claimed.",
                extra={"claim_id": outcome.claim_id, "by": wanted.source},
            )
        return outcome

    async def _adopt_if_new(self) -> bool:
        """3: whether it is to be tried again."""
        adopted = read_adopted(self._data)
        conf = self.cloud.read_conf()
        same = (
            adopted is not None
            and adopted.claim_id == self.cloud.read_claim_id()
            and adopted.url == base_url_of(conf)
        )
        if adopted is not None and same and self._is_done(adopted):
            self._let_in()
            return False
        await self._hold_back()  # the identity of an earlier claim, until there is a new one
        ended = msgspec.json.decode(await self._program("adopt", self._task()), type=Adopted)
        if ended.ending is Ending.ADOPTED:
            log.info("ACLK: the hub gave this agent a link", extra={"node": ended.node})
            self._let_in()
            return False
        self._tell(_NO_LINK[ended.ending], ended.text)
        return ended.ending is Ending.LATER

    def _is_done(self, adopted: Adopted) -> bool:
        if adopted.ending is Ending.ADOPTED:
            return is_claimed(self._data)
        return adopted.ending is Ending.REFUSED and not is_claimed(self._data)

    async def _give_up_access(self) -> None:
        """2: whoever removed the claim has removed the access."""
        if read_adopted(self._data) is None:
            return
        if is_claimed(self._data):
            await self._hold_back()
            node = load_identity(self._data).node.node
            remove_identity(self._data)
            log.warning("CLAIM: cloud.d holds no claim any more: left", extra={"node": node})
        forget_adopted(self._data)

    async def _hold_back(self) -> None:
        self._held_back = True
        await self._hubs.leave(MAIN)

    def _let_in(self) -> None:
        self._held_back = False
        self._hubs.hasten()

    def _tell(self, message: str, cause: str) -> None:
        self._reason = cause
        log.error(message, extra={"cause": cause})

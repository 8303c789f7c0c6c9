"""The link to the hub: opened, kept, lost, opened again; and handed over at renewal.

One job keeps the link, another renews the certificate. When a renewed one is in force, the
next link is opened while the old one still runs, and takes over in one step: the spool goes
on where the hub says it is, so nothing is lost and nothing counted twice.
Elsewhere: what is said (session.py), bytes (wire/link.py), sockets (net/websocket.py).
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from muster.agent.joining.identity import Identity, load_identity
from muster.agent.joining.renewal import NoAnswer, Renewal
from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.linking.mending import (
    CredentialExpired,
    Mending,
    RecoveryRefused,
    code_of,
    ends_with_certificate,
)
from muster.agent.linking.session import (
    EpochChanged,
    ForkOrdered,
    LaterAnswer,
    LinkEnded,
    Phase,
    Session,
    WindowSettings,
)
from muster.agent.linking.trust import Trust, anchors_sha256
from muster.agent.spool.buffer import Spool
from muster.clock import Clock
from muster.errors import MusterError, Unavailable
from muster.model.address import split_address
from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.net.backoff import Backoff
from muster.net.client import Target
from muster.net.proxy import ProxySetting
from muster.net.tls import client_context
from muster.net.websocket import WebSocket, connect
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import Answer, Ask, Goodbye, Renewed

log = logging.getLogger(__name__)

PATH = "/v1/link"
SKEW_WARN_S = 5.0
_SETTLED_S = 10.0  # a link that lasted this long was a success
_RENEW_S, _GOODBYE_S = 30.0, 1.0
# The hub's answer to a node that an administrator took away: knocking on changes nothing, but
# a hub that is restored from a backup may know the node again.
_REFUSALS = frozenset(("node_revoked", "node_unknown"))
_REFUSED_S = 300.0  # at least, until the next attempt
# Somebody is asked, and may answer at any moment: the hub says how often to look.
_PROMPT = frozenset(("identity_copied", "recovery_waiting"))
_LOOK_S = 60.0  # how long to sleep at most before looking at the wall clock again


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the hub is reached."""

    hub: str = ""  # "host:port" in place of what the hub said at the claim
    enrol: str = ""  # "host:port" for a new certificate; none: the port after that of `hub`
    proxy: ProxySetting = ProxySetting("environment")  # "environment", "none" or a URL
    window: WindowSettings = WindowSettings()


class Links:
    """Keeps one link to the hub for as long as `run` runs."""

    def __init__(
        self,
        *,
        data: Path,
        spool: Spool,
        clock: Clock,
        facts: Callable[[], Facts],
        answer: Callable[[Ask], Answer | LaterAnswer],
        renewal: Renewal,
        backoff: Backoff,
        settings: LinkSettings | None = None,
        environment: Mapping[str, str] = os.environ,
        mending: Mending | None = None,
        holder: Callable[[str], Holder] = lambda _: Holder(),
    ) -> None:
        self._data = data
        self._spool = spool
        self._clock = clock
        self._facts = facts
        self._answer = answer
        self._renewal = renewal
        self._trust = Trust(data, renewal)
        self._backoff = backoff
        self._settings = settings or LinkSettings()
        self._environment = environment
        self._mending = mending or Mending(
            data=data, spool=spool, clock=clock, proxy=self._settings.proxy, facts=facts
        )
        self._holder = holder
        self._session: Session | None = None
        self._opened = asyncio.Event()
        self._switch = asyncio.Event()  # a renewed credential is in force
        self._renewed: asyncio.Future[Renewed] | None = None
        self._renewal_error = ""
        self._is_rebased = False  # the spool began anew, and no link has opened since
        self._status = LinkStatus(state=LinkState.CONNECTING, since_ns=clock.now_ns())

    async def run(self) -> None:
        """Keep the link until cancelled; then say goodbye."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self._renew_when_due())
            await self._keep()

    def status(self) -> LinkStatus:
        session = self._session
        found = msgspec.structs.replace(
            self._status, failures=self._backoff.failures, renewal_error=self._renewal_error
        )
        with suppress(MusterError):
            due_ns = self._renewal.due_ns(load_identity(self._data).node)
            found = msgspec.structs.replace(found, renewal_due_ns=due_ns)
        if session is None or session.phase is Phase.GREETING:
            return found
        paused = session.phase is Phase.PAUSED
        return msgspec.structs.replace(
            found,
            state=LinkState.PAUSED if paused else LinkState.OPEN,
            cause=session.pause_reason,
            code="later" if paused else "",
            clock_skew_s=session.clock_skew_s,
            ack_ms=session.ack_ms,
            under_way=session.under_way,
        )

    async def _keep(self) -> None:
        socket: WebSocket | None = None
        while True:
            try:
                if socket is None:
                    socket = await self._connect()
                socket = await self._serve(socket)
            except EpochChanged as error:
                log.warning("spool starts a new epoch", extra={"cause": str(error)})
                socket = None
                if self._is_rebased:  # again, without a link between: the fault is the hub's
                    await asyncio.sleep(self._wait_after(error))
                self._is_rebased = True
            except MusterError as error:
                socket = None
                await self._mend(error)

    async def _mend(self, error: MusterError) -> None:
        """Mend what can be mended, then wait; not at all when that has helped."""
        try:
            if await self._mending.mend(error):
                self._backoff.reset()
                return
        except MusterError as other:
            error = other
        await asyncio.sleep(self._wait_after(error))

    def _wait_after(self, error: MusterError) -> float:
        """Note why there is no link, and choose how long to wait."""
        asked_s = error.retry_after_s if isinstance(error, LinkEnded | RecoveryRefused) else 0.0
        code = code_of(error)
        state = LinkState.WAITING
        if code in _REFUSALS:
            asked_s, state = max(asked_s, _REFUSED_S), LinkState.REFUSED
        if code in _PROMPT:
            self._backoff.reset()
        wait_s = self._backoff.next_s(asked_s)
        if self._backoff.failures == 1 or code != self._status.code:
            log.warning("no link to the hub", extra={"cause": str(error), "code": code})
        self._set(state, cause=str(error), code=code, retry_s=round(wait_s, 1))
        return wait_s

    def _set(self, state: LinkState, **changes: object) -> None:
        fields = {"state": state, "since_ns": self._clock.now_ns(), "cause": "", "retry_s": 0.0}
        self._status = msgspec.structs.replace(self._status, **(fields | changes))

    async def _connect(self) -> WebSocket:
        """Open a socket with the identity in force. Errors: MusterError kin of every layer."""
        identity = load_identity(self._data)
        address = self._settings.hub or identity.node.agents
        host, port = split_address(address)
        proxy = self._settings.proxy.choose(host, port, self._environment)
        context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
        if self._session is None:
            shown = proxy.shown if proxy else ""
            # Why the last try failed stays to be read while the next one is under way.
            self._set(LinkState.CONNECTING, hub=address, proxy=shown, cause=self._status.cause)
        target = Target(host=host, port=port, context=context, proxy=proxy)
        limit = LinkCodec(Role.AGENT).max_message_bytes
        try:
            return await connect(target, PATH, max_message_bytes=limit)
        except MusterError as error:
            if ends_with_certificate(error, identity.node, self._clock.now_ns()):
                raise CredentialExpired(identity.node, error) from error
            raise

    async def _serve(self, socket: WebSocket) -> WebSocket:
        """Hold one link; returns the socket of its successor, or raises why it ended."""
        wake = asyncio.Event()
        undo = self._spool.on_append(wake.set)
        codec = LinkCodec(Role.AGENT)
        session = self._session = Session(
            spool=self._spool,
            clock=self._clock,
            facts=self._facts(),
            holder=self._holder(load_identity(self._data).node.hub),
            anchors=anchors_sha256(load_identity(self._data)),
            answer=self._answer,
            window=self._settings.window,
            wake=wake.set,
        )
        began = self._clock.monotonic()
        farewell = Goodbye(code="shutdown", text="the agent ends the link")
        try:
            await socket.send(codec.send(session.hello()))
            successor = await self._converse(socket, codec, session, wake)
            farewell = Goodbye(code="renewed", text="goes on with a renewed certificate")
            return successor
        finally:
            undo()
            session.close()
            self._session = None
            self._opened.clear()
            if session.welcome and self._clock.monotonic() - began >= _SETTLED_S:
                self._backoff.reset()
            await _leave(socket, codec, farewell)

    async def _converse(
        self, socket: WebSocket, codec: LinkCodec, session: Session, wake: asyncio.Event
    ) -> WebSocket:
        successor: WebSocket | None = None
        failure: MusterError | None = None
        try:
            async with asyncio.TaskGroup() as jobs:
                reader = jobs.create_task(self._read(socket, codec, session, wake))
                writer = jobs.create_task(_write(socket, codec, session, wake))
                successor = await self._successor()
                reader.cancel()
                writer.cancel()
        except* MusterError as group:
            failure = _most_telling(group)
        if successor is not None:
            return successor
        raise failure or Unavailable("the link ended")

    async def _read(
        self, socket: WebSocket, codec: LinkCodec, session: Session, wake: asyncio.Event
    ) -> None:
        async for data in socket.messages():
            for message in codec.receive(data):
                session.receive(message)
                if session.welcome and not self._opened.is_set():
                    self._note_open(socket, session)
            if session.renewed and self._renewed and not self._renewed.done():
                self._renewed.set_result(session.renewed)
            if pushed := session.anchors:
                session.anchors = None
                await self._trust.take(session, pushed)
            wake.set()

    def _note_open(self, socket: WebSocket, session: Session) -> None:
        self._opened.set()
        self._is_rebased = False
        name = session.welcome.name if session.welcome else ""
        self._set(LinkState.OPEN, tls=socket.tls, name=name, code="")
        self._mending.welcome()
        log.info("link open", extra={"hub": self._status.hub, "as": name})
        if abs(session.clock_skew_s) >= SKEW_WARN_S:
            log.warning(
                "this machine's clock and the hub's do not agree",
                extra={"hub_minus_ours_s": session.clock_skew_s},
            )

    async def _successor(self) -> WebSocket:
        """Wait for a renewed credential, then open the link that will use it."""
        backoff = Backoff(random=lambda: 0.5)
        await self._switch.wait()
        while True:
            try:
                socket = await self._connect()
            except MusterError as error:
                log.warning("next link not opened yet", extra={"cause": str(error)})
                await asyncio.sleep(backoff.next_s(1.0))
            else:
                self._switch.clear()
                return socket

    async def _renew_when_due(self) -> None:
        while True:
            try:
                identity = load_identity(self._data)
                due_s = self._renewal.due_in_s(identity.node)
            except MusterError:  # the other job says so
                due_s = _LOOK_S
            else:
                if due_s <= 0:
                    await self._opened.wait()
                    await self._renew(identity)
                    continue
            await self._renewal.wait(min(due_s, _LOOK_S))

    async def _renew(self, identity: Identity) -> None:
        try:
            request = await self._renewal.make_request()
            fresh = await self._renewal.install(await self._ask_for(request))
        except MusterError as error:
            self._renewal_error = str(error)
            wait_s = self._renewal.put_off(identity.node)
            log.warning("renewal failed", extra={"cause": str(error), "retry_s": round(wait_s, 1)})
        else:
            self._renewal_error = ""
            self._switch.set()
            log.info("credential renewed", extra={"serial": fresh.node.serial})

    async def _ask_for(self, request: str) -> Renewed:
        session = self._session
        if session is None or not self._opened.is_set():
            raise Unavailable("the link was lost before the renewal")
        self._renewed = asyncio.get_running_loop().create_future()
        try:
            session.renew(request)
            async with asyncio.timeout(_RENEW_S):
                return await self._renewed
        except TimeoutError as error:
            raise NoAnswer(f"the hub certified no new key within {_RENEW_S:g} s") from error
        finally:
            self._renewed = None


async def _write(
    socket: WebSocket, codec: LinkCodec, session: Session, wake: asyncio.Event
) -> None:
    while True:
        while (message := session.take()) is not None:
            await socket.send(codec.send(message))
        wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(session.wait_s()):
                await wake.wait()


async def _leave(socket: WebSocket, codec: LinkCodec, farewell: Goodbye) -> None:
    """Say goodbye if that can still be said, and close. Never fails."""
    with suppress(MusterError, TimeoutError):
        async with asyncio.timeout(_GOODBYE_S):
            await socket.send(codec.send(farewell))
    await socket.close(1001)


def _most_telling(group: BaseExceptionGroup[MusterError]) -> MusterError:
    """Of the errors of one link, the hub's own words come before a broken socket."""
    leaves: list[MusterError] = []
    stack: list[BaseException] = [group]
    while stack:
        error = stack.pop()
        if isinstance(error, BaseExceptionGroup):
            stack += error.exceptions
        elif isinstance(error, MusterError):
            leaves.append(error)
    return max(leaves, key=lambda error: isinstance(error, LinkEnded | EpochChanged | ForkOrdered))

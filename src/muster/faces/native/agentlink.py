"""One agent's link, from Hello to Goodbye.

Steps:
 1. the listener has verified the certificate and says whose it is
 2. Hello within a few seconds, in a protocol version we speak
 3. the certificate is admitted: known, neither revoked nor retired; first use activates it
 4. a copy of an agent that still answers is turned away; else an older link of the node is
    ended, and only then is read what of its spool is on disk
 5. Welcome; from here on Pushes are decoded in order, stored in order, acknowledged when on disk
 6. Goodbye with a reason, whoever ends it
What the payload claims to be does not count: the Identity is the certificate's.
Batches: linkbatches.py; heartbeats: linkbeats.py; questions: linkquestions.py;
renewals: linkrenewals.py

Source: docs/formats/link.md
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from muster.clock import SECOND_NS
from muster.core.audit import clean
from muster.core.enrolment.admission import CredentialRefused
from muster.core.enrolment.clones import ForkDue
from muster.core.nodes.links import SHUTDOWN
from muster.core.pace import Pace
from muster.errors import (
    InputError,
    MusterError,
    ProtocolError,
    Unavailable,
    cause_of,
)
from muster.faces.native.linkbatches import LinkBatches
from muster.faces.native.linkbeats import LinkBeats
from muster.faces.native.linkcontext import LinkContext
from muster.faces.native.linkprobes import LinkProbes
from muster.faces.native.linkquestions import LinkQuestions
from muster.faces.native.linkrenewals import LinkRenewals
from muster.faces.native.linktrust import LinkTrust
from muster.log import Secret
from muster.model.clone import CloneHolder
from muster.model.identity import Identity
from muster.model.inventory import Link, Told
from muster.net.http import Request, Socket
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import (
    AnchorsKept,
    Answer,
    Beat,
    Fork,
    Goodbye,
    Hello,
    Message,
    Push,
    Renew,
    Welcome,
)

log = logging.getLogger(__name__)

_FAREWELL_S = 2.0
_ALIVE_S = 3.0  # for an agent to show that it is there: less than a heartbeat


class AgentLink:
    """One link of one node: a ports.session.Session, where its properties are told."""

    def __init__(
        self, hub: LinkContext, request: Request, identity: Identity, socket: Socket
    ) -> None:
        self._hub = hub
        self._clock = hub.clock
        self._identity = identity
        self._certificate = request.peer_certificate
        self._address = request.address
        self._settle = request.settle
        self._socket = socket
        self._messages = aiter(socket)
        self._codec = LinkCodec(Role.HUB)
        self._pace = Pace(hub.clock, hub.settings.messages_per_second)
        self._beats = LinkBeats(hub.clock, self._say)
        self._batches = LinkBatches(hub, identity, self._say, self._beats)
        self._questions = LinkQuestions(self._say)
        self._trust = LinkTrust(hub.trust, identity.node, self._certificate, self._say)
        self._probes = LinkProbes(hub.probes, identity.node, hub.clock, self._questions.ask)
        # Of what a link rarely needs there is nothing until then: each Event or Queue of ten
        # thousand links is some megabytes.
        self._renewals: LinkRenewals | None = None  # few links ever ask for one
        self._reason = ""  # why the link ended
        self._jobs: asyncio.TaskGroup | None = None
        self._ends = 0.0  # when the certificate does
        self._admitted = 0  # how many verdicts the hub had told of by then
        self._received = hub.clock.monotonic()
        self._over = self._is_done = False
        self._done: asyncio.Event | None = None  # of who waits for the end
        self._since_ns, self._last_seen_ns = hub.clock.now_ns(), 0
        self._held_by = CloneHolder()
        self._can_fork = False

    @property
    def link(self) -> Link:
        """See ports.session.Session."""
        return Link(
            address=self._address,
            tls="TLS 1.3",
            since_ns=self._since_ns,
            last_seen_ns=self._last_seen_ns,
            round_trip_ms=self._beats.round_trip_ms,
            unsent=self._batches.unsent,
            clock_skew_s=self._beats.clock_skew_s,
            warning=self._batches.warning,
        )

    @property
    def last_seen_ns(self) -> int:
        return self._last_seen_ns

    @property
    def warning(self) -> str:
        return self._batches.warning

    @property
    def heard(self) -> float:
        return self._batches.heard

    @property
    def hindrance(self) -> str:
        return self._batches.hindrance

    @property
    def told(self) -> Told | None:
        return None

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """See ports.session.Session."""
        return await self._questions.ask(method, arguments)

    @property
    def held_by(self) -> CloneHolder:
        return self._held_by

    async def is_alive(self) -> bool:
        """See ports.session.Session."""
        try:
            async with asyncio.timeout(_ALIVE_S):
                return await self._beats.probe()
        except (TimeoutError, ConnectionError, InputError):
            return False

    async def fork(self, token: Secret, text: str) -> None:
        """See ports.session.Session."""
        if not self._can_fork:
            raise Unavailable("the agent is too old to fork: update it")
        await self._say(Fork(token=token.reveal(), text=text))

    async def end(self, code: str, text: str, retry_after_s: float = 0.0) -> None:
        """See ports.session.Session."""
        self._stop()
        self._reason = self._reason or text
        await self._say_goodbye(Goodbye(code=code, text=text, retry_after_s=retry_after_s))
        if not self._is_done and code != SHUTDOWN:
            self._done = self._done or asyncio.Event()
            await self._done.wait()

    def _stop(self) -> None:
        self._over = True
        for each in (self._batches, self._beats, self._trust, self._probes):
            each.end()

    async def run(self) -> None:
        """Steps 2 to 6."""
        try:
            await self._live()
        except MusterError as error:
            self._reason = self._reason or str(error)
            who = {"node": self._identity.node, "address": self._address}
            log.info("link refused", extra={**who, "error": str(error)})
            retry = getattr(error, "retry_after_s", 0.0)
            await self._say_goodbye(Goodbye(code=error.code, text=str(error), retry_after_s=retry))
        finally:
            self._stop()
            self._questions.end()
            self._is_done = True
            if self._done is not None:
                self._done.set()

    async def _live(self) -> None:
        hub, node = self._hub, self._identity.node
        # 2
        hello = await self._hello()
        # 3, 4
        await self._enter(hello)
        await hub.links.register(node, self)
        try:
            if hub.verdicts != self._admitted:  # revoked just now, it was not here to be cut off
                await self._admit()
            await self._keep_facts(hello)
            acked = self._batches.begin(hello.epoch)
            # 5
            await self._welcome(hello, acked)
            self._settle()
            self._trust.begin(hello)
            self._probes.begin(hello)
            await self._exchange()
        except ConnectionError as error:
            self._reason = self._reason or f"connection lost ({error})"
        except MusterError as error:
            self._reason = self._reason or str(error)
            raise
        finally:
            hub.links.unregister(node, self, self._reason)

    async def _enter(self, hello: Hello) -> None:
        """Be let in as the node's link. Errors: CredentialRefused, IdentityCopied, ForkDue."""
        self._can_fork = "fork" in hello.capabilities
        self._held_by = self._visitor(hello)
        node, copies = self._identity.node, self._hub.copies
        try:
            try:
                await self._pass()
            except CredentialRefused as error:
                if error.code == "credential_retired":
                    await copies.meet_retired(node, self._held_by, can_fork=self._can_fork)
                raise
        except ForkDue as error:
            await self.fork(error.token, str(error))
            raise

    async def _pass(self) -> None:
        """3 and 4, in the order in which a copy retires no certificate by using its own."""
        node, copies, older = self._identity.node, self._hub.copies, self._older()
        if older:
            await self._hub.enrolment.check(self._identity, self._certificate)
            await copies.meet(node, self._held_by, can_fork=self._can_fork)
        await self._admit()
        if not older:
            await copies.meet(node, self._held_by, can_fork=self._can_fork)

    def _older(self) -> bool:
        """Whether another run of an agent has the node's link."""
        session = self._hub.links.session_of(self._identity.node)
        ours = self._held_by.holder.instance
        return session is not None and session.held_by.holder.instance != ours

    def _visitor(self, hello: Hello) -> CloneHolder:
        now_ns = self._clock.now_ns()
        return CloneHolder(
            holder=hello.holder,
            hostname=clean(hello.facts.hostname)[:64],
            address=self._address,
            first_ns=now_ns,
            seen_ns=now_ns,
        )

    async def _admit(self) -> None:
        """Ask whether the certificate counts; note its end by a clock that does not jump."""
        self._admitted = self._hub.verdicts  # of before: who is judged meanwhile is asked again
        credential = await self._hub.enrolment.activate(
            self._identity, self._certificate, self._address
        )
        left_s = (credential.not_after_ns - self._clock.now_ns()) / SECOND_NS
        self._ends = self._clock.monotonic() + left_s
        self._held_by = msgspec.structs.replace(self._held_by, serial=credential.serial)

    async def _hello(self) -> Hello:
        try:
            async with asyncio.timeout(self._hub.settings.hello.total_seconds()):
                data = await anext(self._messages, None)
        except TimeoutError as error:
            raise ProtocolError("no hello in time") from error
        if data is None:
            raise ConnectionResetError("closed before a hello")
        message = self._parse(data)[0]
        if not isinstance(message, Hello):
            raise ProtocolError("the link must begin with a hello")
        return message

    async def _keep_facts(self, hello: Hello) -> None:
        try:
            await self._hub.inventory.update_facts(self._identity.node, hello.facts, self._address)
        except Unavailable as error:  # a full disk is no reason to refuse a link
            log.warning("facts not written", extra={"error": str(error)})

    async def _welcome(self, hello: Hello, acked: int) -> None:
        self._beats.note_time(hello.time_ns)
        await self._say(
            Welcome(
                version=self._codec.version,
                node=self._identity.node,
                name=self._hub.name_of(self._identity.node),
                acked=acked,
                time_ns=self._clock.now_ns(),
                heartbeat_s=self._hub.settings.heartbeat.total_seconds(),
                max_frame_bytes=self._hub.limits.frame_bytes,
            )
        )

    async def _exchange(self) -> None:
        """Run the jobs of an open link until the agent or the hub ends it."""
        try:
            async with asyncio.TaskGroup() as jobs:
                self._jobs = jobs
                others = [jobs.create_task(job()) for job in (self._batches.run, self._beat)]
                await self._read()
                self._jobs = None
                for job in (*others, self._renewals):
                    if job is not None:
                        job.cancel()
        except BaseExceptionGroup as group:
            raise cause_of(group) from None

    async def _read(self) -> None:
        async for data in self._messages:
            if wait_s := self._pace.spend(1):
                await asyncio.sleep(wait_s)
            self._received = self._clock.monotonic()
            self._last_seen_ns = self._clock.now_ns()
            for message in self._parse(data):
                if isinstance(message, Goodbye):
                    said = message.text or message.code
                    self._reason = self._reason or f"the agent ended it: {said}"
                    return
                await self._take(message)

    def _parse(self, data: bytes | str) -> list[Message]:
        if isinstance(data, str):
            raise ProtocolError("a text message on a link of binary ones")
        return self._codec.receive(data)

    async def _take(self, message: Message) -> None:
        match message:
            case Push():
                await self._batches.take(message, self._received)
            case Beat():
                self._beats.take(message, self._received)
                self._batches.pass_fence(message.echo_ns)
            case Answer():
                self._questions.take(message)
            case AnchorsKept():
                self._trust.take(message)
            case Renew():
                self._renew(message.request)
            case _:
                raise ProtocolError(f"not for the hub: {type(message).__name__.lower()}")

    async def _beat(self) -> None:
        settings = self._hub.settings
        while True:
            await self._beats.turn(self._received)
            await self._trust.look()
            if self._jobs is not None and self._probes.is_due():
                self._jobs.create_task(self._probes.tell())
            await self._hub.rounds.turn(settings.heartbeat.total_seconds())
            silent_s = self._clock.monotonic() - self._received
            if silent_s > settings.silence.total_seconds():
                raise ProtocolError(f"not a word for {silent_s:.0f} s")
            if self._clock.monotonic() >= self._ends:
                text = "the certificate of this link has expired and was not renewed"
                raise CredentialRefused("credential_expired", text)

    def _renew(self, request: str) -> None:
        if self._jobs is None:
            return
        if self._renewals is None:
            enrolment = self._hub.enrolment
            self._renewals = LinkRenewals(enrolment, self._identity, self._certificate, self._say)
        self._renewals.take(request, self._jobs)

    async def _say(self, message: Message) -> None:
        if self._over and not isinstance(message, Goodbye):
            return
        self._beats.has_said = True
        await self._socket.send(self._codec.send(message))

    async def _say_goodbye(self, goodbye: Goodbye) -> None:
        """Say why and close; a peer that takes no more is closed without."""
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self._say(goodbye)
        except (TimeoutError, ConnectionError, InputError) as error:
            log.debug("no goodbye could be said", extra={"error": str(error)})
        if goodbye.code != SHUTDOWN:  # of thousands none is waited for: the agents go by themselves
            await self._socket.close(1000, goodbye.code)

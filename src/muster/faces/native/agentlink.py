"""One agent's link, from Hello to Goodbye.

Steps:
 1. the listener has verified the certificate and says whose it is
 2. Hello within a few seconds, in a protocol version we speak
 3. the certificate is admitted: known, neither revoked nor retired; first use activates it
 4. an older link of the node is ended; only then is read what of its spool is on disk
 5. Welcome; from here on Pushes are decoded in order, stored in order, acknowledged when on disk
 6. Goodbye with a reason, whoever ends it
What the payload claims to be does not count: the Identity is the certificate's.

Source: docs/formats/link.md
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from muster.clock import SECOND_NS
from muster.core.admission import CredentialRefused
from muster.errors import (
    InputError,
    LimitExceeded,
    MusterError,
    ProtocolError,
    Unavailable,
    cause_of,
)
from muster.faces.native.intake import Intake, Pace, Waiting
from muster.faces.native.surroundings import Surroundings
from muster.model.identity import Identity
from muster.model.inventory import Link
from muster.net.http import Request, Socket
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import (
    Ack,
    Answer,
    Ask,
    Beat,
    Goodbye,
    Hello,
    Later,
    Message,
    Push,
    Renew,
    Welcome,
)

log = logging.getLogger(__name__)

_ASKS = 16  # questions under way on one link
_FAREWELL_S = 2.0
_LIMITED_S = 30.0  # until a node that is over a limit may try again


class AgentLink:
    """One link of one node: a ports.session.Session."""

    def __init__(
        self, hub: Surroundings, request: Request, identity: Identity, socket: Socket
    ) -> None:
        self._hub = hub
        self._clock = hub.clock
        self._identity = identity
        self._certificate = request.peer_certificate
        self._address = request.address
        self._socket = socket
        self._messages = aiter(socket)
        self._codec = LinkCodec(Role.HUB)
        self._pace = Pace(hub.clock, hub.settings.messages_per_second)
        self._intake = Intake(
            hub.clock, hub.settings.values_per_second, hub.limits, hub.series_names
        )
        self._waiting = Waiting(hub.settings.batches_waiting, hub.settings.values_waiting)
        self._renewals: asyncio.Queue[str] = asyncio.Queue(1)
        self._asks: dict[int, asyncio.Future[Answer]] = {}
        self._asked = 0
        self._acked = self._ack_sent = 0
        self._ends = 0.0  # when the certificate does
        self._received = hub.clock.monotonic()
        self._beat_ns = 0
        self._beat_at: tuple[int, float] = (0, 0.0)
        self._peer_time_ns = 0
        self._reason = ""  # why it ended
        self._over = False
        self._done = asyncio.Event()
        self._link = Link(address=request.address, tls="TLS 1.3", since_ns=hub.clock.now_ns())
        self.heard = hub.clock.monotonic()
        self.hindrance = ""

    # --- ports.session.Session

    @property
    def link(self) -> Link:
        return self._link

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if len(self._asks) >= _ASKS:
            raise LimitExceeded(f"{_ASKS} questions to this node are under way", retry_after_s=1)
        self._asked += 1
        number = self._asked
        answer = self._asks[number] = asyncio.get_running_loop().create_future()
        try:
            await self._say(Ask(id=number, method=method, arguments=dict(arguments)))
            found = await answer
        finally:
            del self._asks[number]
        if found.error:
            raise InputError(f"the node says: {found.error}")
        return found.result

    async def end(self, code: str, text: str, retry_after_s: float = 0.0) -> None:
        self._over = True
        self._reason = self._reason or text
        await self._say_goodbye(Goodbye(code=code, text=text, retry_after_s=retry_after_s))
        await self._done.wait()

    # --- the link's life

    async def run(self) -> None:
        """Steps 2 to 6."""
        try:
            await self._live()
        except MusterError as error:
            self._reason = self._reason or str(error)
            log.info(
                "link refused",
                extra={"node": self._identity.node, "address": self._address, "error": str(error)},
            )
            retry = getattr(error, "retry_after_s", 0.0)
            await self._say_goodbye(Goodbye(code=error.code, text=str(error), retry_after_s=retry))
        finally:
            self._over = True
            for answer in self._asks.values():
                if not answer.done():
                    answer.set_exception(Unavailable("the link ended before the node answered"))
            self._done.set()

    async def _live(self) -> None:
        hub, node = self._hub, self._identity.node
        # 2
        hello = await self._hello()
        # 3
        await self._admit()
        # 4
        await hub.links.register(node, self)
        try:
            await self._admit()  # a node revoked just now was not yet here to be cut off
            await self._keep_facts(hello)
            self._acked = self._ack_sent = hub.ingest.acked(node, hello.epoch)
            self._intake.begin(hello.epoch, self._acked)
            # 5
            await self._welcome(hello)
            await self._exchange()
        except ConnectionError as error:
            self._reason = self._reason or f"connection lost ({error})"
        except MusterError as error:
            self._reason = self._reason or str(error)
            raise
        finally:
            hub.links.unregister(node, self, self._reason)

    async def _admit(self) -> None:
        """Ask whether the certificate counts; note its end by a clock that does not jump."""
        credential = await self._hub.enrolment.activate(
            self._identity, self._certificate, self._address
        )
        left_s = (credential.not_after_ns - self._clock.now_ns()) / SECOND_NS
        self._ends = self._clock.monotonic() + left_s

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
            await self._hub.inventory.update_facts(self._identity.node, hello.facts)
        except Unavailable as error:  # a full disk is no reason to refuse a link
            log.warning("facts not written", extra={"error": str(error)})

    async def _welcome(self, hello: Hello) -> None:
        self._note_time(hello.time_ns)
        await self._say(
            Welcome(
                version=self._codec.version,
                node=self._identity.node,
                name=self._hub.name_of(self._identity.node),
                acked=self._acked,
                time_ns=self._clock.now_ns(),
                heartbeat_s=self._hub.settings.heartbeat.total_seconds(),
                max_frame_bytes=self._hub.limits.frame_bytes,
            )
        )

    async def _exchange(self) -> None:
        """Run the jobs of an open link until the agent or the hub ends it."""
        try:
            async with asyncio.TaskGroup() as jobs:
                others = [jobs.create_task(job()) for job in (self._store, self._beat, self._renew)]
                await self._read()
                for job in others:
                    job.cancel()
        except BaseExceptionGroup as group:
            raise cause_of(group) from None

    # --- reading

    async def _read(self) -> None:
        async for data in self._messages:
            if wait_s := self._pace.spend(1):
                await asyncio.sleep(wait_s)
            self._received = self._clock.monotonic()
            self._link = msgspec.structs.replace(self._link, last_seen_ns=self._clock.now_ns())
            for message in self._parse(data):
                if isinstance(message, Goodbye):
                    self._reason = f"the agent ended it: {message.text or message.code}"
                    return
                await self._take(message)

    def _parse(self, data: bytes | str) -> list[Message]:
        if isinstance(data, str):
            raise ProtocolError("a text message on a link of binary ones")
        return self._codec.receive(data)

    async def _take(self, message: Message) -> None:
        match message:
            case Push():
                await self._take_push(message)
            case Beat():
                self._take_beat(message)
            case Answer():
                waiting = self._asks.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case Renew():
                if self._renewals.full():
                    raise ProtocolError("a renewal was asked for while one is under way")
                self._renewals.put_nowait(message.request)
            case _:
                raise ProtocolError(f"not for the hub: {type(message).__name__.lower()}")

    async def _take_push(self, push: Push) -> None:
        if not self.hindrance:  # what the hub cannot take counts as not heard
            self.heard = self._received
        self._link = msgspec.structs.replace(self._link, unsent=push.unsent)
        if not self._intake.wants(push.sequence, key=push.key):
            return
        generation = self._intake.generation
        if len(push.body) < self._hub.settings.thread_bytes:
            blocks = self._intake.decode(push.body, key=push.key)
        else:
            blocks = await asyncio.to_thread(self._intake.decode, push.body, key=push.key)
        batch = self._intake.batch(generation, push.sequence, blocks)
        if batch is None:
            return
        values = batch.values_total
        if wait_s := self._intake.pace.spend(values):
            await asyncio.sleep(wait_s)
        await self._waiting.put(generation, batch, values)

    def _take_beat(self, beat: Beat) -> None:
        self._note_time(beat.time_ns)
        sent_ns, at = self._beat_at
        if beat.echo_ns == sent_ns and sent_ns:
            self._beat_at = (0, 0.0)
            trip_ms = (self._received - at) * 1000
            self._link = msgspec.structs.replace(self._link, round_trip_ms=round(trip_ms, 3))
        self._intake.pass_fence(beat.echo_ns)

    def _note_time(self, time_ns: int) -> None:
        self._peer_time_ns = time_ns
        skew_s = round((time_ns - self._clock.now_ns()) / SECOND_NS, 3)
        self._link = msgspec.structs.replace(self._link, clock_skew_s=skew_s)

    # --- storing

    async def _store(self) -> None:
        while True:
            waiting = await self._waiting.take()
            batches = [batch for generation, batch in waiting if self._counts(generation)]
            if not batches:
                continue
            name, epoch = self._hub.name_of(self._identity.node), batches[0].epoch
            try:
                acked = await self._hub.ingest.accept_all(self._identity, name, batches)
            except (Unavailable, LimitExceeded) as error:
                self._acked = max(self._acked, self._hub.ingest.acked(self._identity.node, epoch))
                await self._put_off(error)
                continue
            if self.hindrance:
                log.info("batches are taken again", extra={"node": self._identity.node})
                self.hindrance = ""
            self._acked = max(self._acked, acked)
            await self._acknowledge()

    def _counts(self, generation: int) -> bool:
        return generation == self._intake.generation and not self._over

    async def _acknowledge(self) -> None:
        if self._acked > self._ack_sent:
            self._ack_sent = self._acked
            await self._say(Ack(sequence=self._acked))

    async def _put_off(self, error: Unavailable | LimitExceeded) -> None:
        """Take nothing until the agent begins again; the Beat behind Later is the fence."""
        if not self.hindrance:
            log.warning(
                "batches are put off", extra={"node": self._identity.node, "error": str(error)}
            )
        self.hindrance = str(error)
        fence_ns = self._next_beat_ns()
        self._intake.refuse(self._acked, fence_ns)
        self._ack_sent = self._acked
        wait_s = max(1.0, error.retry_after_s or _LIMITED_S)
        await self._say(Later(acked=self._acked, retry_after_s=wait_s, reason=str(error)))
        await self._say_beat(fence_ns)

    # --- the rest

    async def _beat(self) -> None:
        settings = self._hub.settings
        while True:
            await self._say_beat(self._next_beat_ns())
            await asyncio.sleep(settings.heartbeat.total_seconds())
            silent_s = self._clock.monotonic() - self._received
            if silent_s > settings.silence.total_seconds():
                raise ProtocolError(f"not a word for {silent_s:.0f} s")
            if self._clock.monotonic() >= self._ends:
                text = "the certificate of this link has expired and was not renewed"
                raise CredentialRefused("credential_expired", text)

    def _next_beat_ns(self) -> int:
        """The time of now, later than that of any Beat before, whatever the clock does."""
        self._beat_ns = max(self._clock.now_ns(), self._beat_ns + 1)
        return self._beat_ns

    async def _say_beat(self, time_ns: int) -> None:
        self._beat_at = (time_ns, self._clock.monotonic())
        await self._say(Beat(time_ns=time_ns, echo_ns=self._peer_time_ns))

    async def _renew(self) -> None:
        while True:
            request = await self._renewals.get()
            try:
                renewed = await self._hub.enrolment.renew(
                    self._identity, request, certificate=self._certificate
                )
            except (Unavailable, LimitExceeded) as error:
                # The agent's own time-out makes it ask again; its certificate lives on.
                log.warning(
                    "renewal put off", extra={"node": self._identity.node, "error": str(error)}
                )
                continue
            await self._say(renewed)

    async def _say(self, message: Message) -> None:
        if self._over and not isinstance(message, Goodbye):
            return
        await self._socket.send(self._codec.send(message))

    async def _say_goodbye(self, goodbye: Goodbye) -> None:
        """Say why and close; a peer that takes no more is closed without."""
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self._say(goodbye)
        except (TimeoutError, ConnectionError, InputError):
            log.debug("no goodbye could be said", extra={"node": self._identity.node})
        await self._socket.close(1000, goodbye.code)

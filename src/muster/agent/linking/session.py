"""One link's conversation, without a socket: messages in, messages out, and when.

Order of sending: answers and heartbeats first, then batches in order of sequence, as many
unacknowledged ones as the window holds. Batches made meanwhile lie in the spool, behind.

Source: docs/formats/link.md
"""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import msgspec

from muster.agent.spool.buffer import Spool
from muster.agent.spool.cursor import Cursor
from muster.agent.spool.segment import Record
from muster.clock import SECOND_NS, Clock
from muster.errors import MusterError, ProtocolError, Unavailable
from muster.log import Secret
from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.wire.messages import (
    PROTOCOL_VERSION,
    Ack,
    Anchors,
    AnchorsKept,
    Answer,
    Ask,
    Beat,
    Fork,
    Goodbye,
    Hello,
    Later,
    Message,
    Push,
    Renew,
    Renewed,
    Welcome,
)

SILENT_BEATS = 3  # heartbeats missed until the peer counts as dead
MAX_WAITING = 256  # answers and heartbeats not yet sent
MAX_ASKS = 20  # answered in one second: a hub that asks on and on costs no more
_WELCOME_S = 15.0

# Whoever answers a question later takes what says it then.
LaterAnswer = Callable[[Callable[[Answer], None]], None]


class WindowSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much may be under way without an acknowledgement."""

    # batches that may be sent and not acknowledged
    batches: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 128
    # bytes that may be sent and not acknowledged
    bytes: Annotated[int, msgspec.Meta(ge=1 << 16, le=1 << 30)] = 2 << 20


class LinkEnded(Unavailable):
    """The hub said goodbye. `cause` is its code."""

    code = "link_ended"

    def __init__(self, goodbye: Goodbye) -> None:
        super().__init__(
            f"the hub ended the link: {goodbye.text or goodbye.code}", goodbye.retry_after_s
        )
        self.cause = goodbye.code


class ForkOrdered(MusterError):
    """The hub says that this folder is a copy: the token is to join anew with."""

    code = "identity_forked"

    def __init__(self, fork: Fork) -> None:
        super().__init__(fork.text or "the hub says that this folder is a copy")
        self.token = Secret(fork.token)


class EpochChanged(MusterError):
    """The spool has a new epoch: greet again at once."""

    code = "epoch_changed"


class Phase(StrEnum):
    GREETING = "greeting"
    OPEN = "open"
    PAUSED = "paused"  # the hub said: later


class Session:
    """The agent's side of one link. `wake` is called when there may be something to take."""

    def __init__(
        self,
        *,
        spool: Spool,
        clock: Clock,
        facts: Facts,
        answer: Callable[[Ask], Answer | LaterAnswer],
        holder: Holder | None = None,
        anchors: str = "",
        window: WindowSettings | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._facts = facts
        self._answer = answer
        self._holder = holder or Holder()
        self._anchors = anchors  # SHA-256 of those in force
        self._window = window or WindowSettings()
        self._wake = wake
        self._outbox: deque[Message] = deque()
        self._cursor: Cursor | None = None
        self._under_way: deque[tuple[int, int, float]] = deque()  # sequence, bytes, when sent
        self._under_way_bytes = 0
        self._heartbeat_s = 10.0
        self._heard = self._said = clock.monotonic()
        self._peer_time_ns = 0
        self._paused_until = 0.0
        self._hello_ns = 0
        self._asked = (0, 0)  # second, questions in it
        self.phase = Phase.GREETING
        self.pause_reason = ""
        self.clock_skew_s = 0.0  # hub's wall clock minus ours
        self.ack_ms = 0.0  # how long the newest batch took to be on the hub's disk
        self.renewed: Renewed | None = None
        self.anchors: Anchors | None = None  # pushed, and not taken yet
        self.welcome: Welcome | None = None

    def hello(self) -> Hello:
        """The first message."""
        self._hello_ns = self._clock.now_ns()
        return Hello(
            versions=(PROTOCOL_VERSION,),
            capabilities=("renew", "ask", "fork", "anchors", "probes"),
            epoch=self._spool.epoch,
            first=self._spool.first,
            last=self._spool.last,
            time_ns=self._hello_ns,
            facts=self._facts,
            holder=self._holder,
            anchors=self._anchors,
        )

    def take(self) -> Message | None:
        """The next message to send; None when there is none for now."""
        if self.phase is Phase.GREETING:
            return None
        now = self._clock.monotonic()
        message = self._next(now)
        if message is not None:
            self._said = now
        return message

    def _next(self, now: float) -> Message | None:
        if self._outbox:
            return self._outbox.popleft()
        if now - self._said >= self._heartbeat_s:
            return self._beat()
        if self.phase is Phase.PAUSED:
            if now < self._paused_until:
                return None
            self._resume()
        return self._next_push()

    def wait_s(self) -> float:
        """Seconds until something is due although nothing comes in or is appended.

        Errors: Unavailable when the hub has been silent for too long.
        """
        now = self._clock.monotonic()
        patience_s = SILENT_BEATS * self._heartbeat_s
        if self.phase is Phase.GREETING:
            patience_s = _WELCOME_S
        silent = now - self._heard
        if silent >= patience_s:
            raise Unavailable(f"the hub has said nothing for {silent:.0f} s")
        due = [self._heard + patience_s, self._said + self._heartbeat_s]
        if self.phase is Phase.PAUSED:
            due.append(self._paused_until)
        return max(0.0, min(due) - now)

    def renew(self, request: str) -> None:
        """Ask for a certificate; the answer comes to `renewed`."""
        self.renewed = None
        self._outbox.append(Renew(request=request))
        self._wake()

    def say(self, message: AnchorsKept | Answer) -> None:
        """Send this as soon as the link takes it."""
        self._outbox.append(message)
        self._wake()

    def close(self) -> None:
        """Let go of the spool."""
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None

    @property
    def under_way(self) -> int:
        """Batches sent and not acknowledged."""
        return len(self._under_way)

    def receive(self, message: Message) -> None:
        """Take one message.

        Errors: LinkEnded, EpochChanged, ForkOrdered; ProtocolError for what makes no sense here.
        """
        self._heard = self._clock.monotonic()
        if len(self._outbox) >= MAX_WAITING:
            raise ProtocolError(f"the hub wants more than {MAX_WAITING} answers at once")
        match message:
            case Welcome():
                self._on_welcome(message)
            case Ack():
                self._on_ack(message)
            case Later():
                self._on_later(message)
            case Beat():
                self._on_beat(message)
            case Ask():
                self._on_ask(message)
            case Renewed() | Anchors():
                self._on_trust(message)
            case Fork():
                raise ForkOrdered(message)
            case Goodbye():
                raise LinkEnded(message)
            case _:
                raise ProtocolError(f"the hub sent what only an agent says: {type(message)}")

    def _on_trust(self, message: Renewed | Anchors) -> None:
        if isinstance(message, Renewed):
            self.renewed = message
        else:
            self.anchors = message

    def _on_welcome(self, welcome: Welcome) -> None:
        half_ns = (self._clock.now_ns() - self._hello_ns) // 2
        skew_ns = welcome.time_ns - self._hello_ns - half_ns
        self.clock_skew_s = round(skew_ns / SECOND_NS, 3)
        self._heartbeat_s = welcome.heartbeat_s
        self._peer_time_ns = welcome.time_ns
        if welcome.acked > self._spool.sent:
            self._spool.rebase()
            raise EpochChanged(
                f"the hub has batches up to {welcome.acked}, this disk had sent"
                f" {self._spool.sent}: the spool lost its end and starts a new epoch"
            )
        self.welcome = welcome
        self.phase = Phase.OPEN
        self._spool.acknowledge(welcome.acked)
        self._rewind(welcome.acked)

    def _rewind(self, acked: int) -> None:
        """Go on from the key frame at or before what comes after `acked`."""
        if self._cursor is not None:
            self._cursor.close()
        self._under_way.clear()
        self._under_way_bytes = 0
        if acked >= self._spool.last:
            self._spool.roll()  # the next batch opens the chain of this link
        self._cursor = Cursor(self._spool, acked + 1)

    def _on_ack(self, ack: Ack) -> None:
        self._note_acked(ack.sequence)
        if ack.refused:
            self._spool.note_refused(ack.refused, ack.reason)

    def _note_acked(self, sequence: int) -> None:
        if sequence > self._spool.sent:
            raise ProtocolError(f"the hub acknowledges {sequence}, sent is {self._spool.sent}")
        now = self._clock.monotonic()
        while self._under_way and self._under_way[0][0] <= sequence:
            _, size, sent = self._under_way.popleft()
            self._under_way_bytes -= size
            self.ack_ms = round((now - sent) * 1000, 3)
        self._spool.acknowledge(sequence)

    def _on_later(self, later: Later) -> None:
        self._note_acked(later.acked)
        self.phase = Phase.PAUSED
        self.pause_reason = later.reason
        self._paused_until = self._clock.monotonic() + later.retry_after_s

    def _resume(self) -> None:
        self.phase = Phase.OPEN
        self.pause_reason = ""
        self._rewind(self._spool.acked)

    def _on_beat(self, beat: Beat) -> None:
        """Answer at once: by this the hub measures the way, and knows what was under way."""
        self._peer_time_ns = beat.time_ns
        self._outbox.append(self._beat())

    def _beat(self) -> Beat:
        return Beat(time_ns=self._clock.now_ns(), echo_ns=self._peer_time_ns)

    def _on_ask(self, ask: Ask) -> None:
        second = int(self._heard)
        self._asked = (second, self._asked[1] + 1 if self._asked[0] == second else 1)
        if self._asked[1] > MAX_ASKS:
            refusal = f"more than {MAX_ASKS} questions in a second"
            self._outbox.append(Answer(id=ask.id, error=refusal))
        else:
            answer = self._answer(ask)
            if isinstance(answer, Answer):
                self._outbox.append(answer)
            else:
                answer(self.say)

    def _next_push(self) -> Push | None:
        full = (
            len(self._under_way) >= self._window.batches
            or self._under_way_bytes >= self._window.bytes
        )
        if full or self._cursor is None or (record := self._next_record(self._cursor)) is None:
            return None
        self._spool.note_sent(record.sequence)
        if record.sequence > self._spool.acked:
            self._under_way.append((record.sequence, record.size, self._clock.monotonic()))
            self._under_way_bytes += record.size
        return Push(
            sequence=record.sequence,
            key=record.key,
            body=record.body,
            unsent=self._cursor.unsent,
        )

    def _next_record(self, cursor: Cursor) -> Record | None:
        """The next batch the hub can take; a frame too long for it costs its chain."""
        limit = self.welcome.max_frame_bytes if self.welcome else 0
        while (record := cursor.next()) is not None and len(record.body) > limit:
            cursor.drop_chain()
        return record

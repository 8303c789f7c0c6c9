"""Questions to one Netdata agent through its link, and their answers.

The agent gives no promise: requests get lost, some get no answer at all, and a link may end
at any time. So each asker has an end of time of its own, what nobody waits for any more is
cancelled at the agent, and the end of the link fails everything at once. Some questions are
with the agent at the same time, some wait, more are refused. Equal questions that may be
shared are asked once. What the agent is told of the asker is made here in permissions.py;
nothing of a browser's own headers gets through.

Source: docs/faces/netdata.md, "Queries"
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Protocol

import msgspec

from muster.clock import Clock
from muster.core.audit import clean
from muster.errors import LimitExceeded, MusterError, ProtocolError, Unavailable
from muster.wire.netdata.messages import CancelPendingRequest, Timestamp
from muster.wire.netdata.query import HttpQuery, encode_query, parse_reply
from muster.wire.netdata.questionpackets import plain_reply
from muster.wire.netdata.topics import Topics

_TOO_LARGE = 413
_PACKED = (("Accept-Encoding", "gzip"),)
_TICK_S = 0.001  # loops tell their time no finer


class BadAnswer(Unavailable):
    """The agent answered, and not what it was asked for."""

    code = "bad_answer"
    status = 502


class QuerySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of questions to one agent."""

    at_once: int = 6  # questions at work with one agent, which works on so many itself
    waiting: int = 256  # questions that may wait for one agent; more are refused
    # how long one question to an agent may take, its waiting included
    timeout: timedelta = timedelta(seconds=10)
    reply_bytes: int = 8 << 20  # size of one answer of an agent, unpacked


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request to the agent. `headers` say who asks, see permissions.py."""

    target: str  # path and query
    headers: tuple[tuple[str, str], ...]
    method: str = "GET"
    body: bytes = b""
    is_shared: bool = False  # one answer is good for all who ask the same


class Answer(NamedTuple):
    """What the agent answered, unpacked."""

    status: int
    body: bytes


class Counts(NamedTuple):
    """Since the link began."""

    asked: int
    failed: int
    strays: int  # answers nobody waited for


class Outlet(Protocol):
    """The link, as far as questions need it. Neither call waits."""

    def send_request(self, payload: bytes) -> None:
        """Publish on `inbox-cmd`. Errors: MusterError when it cannot be sent."""
        ...

    def send_command(self, message: CancelPendingRequest) -> None:
        """Publish below `inbox-cmd-v1`, by the message's name."""
        ...


Told = Callable[[Answer | MusterError], None]
"""Hears the answer, or why there is none. It does not raise."""


class _Waiter:
    """One who asks, so that who gives up disturbs nobody. `until` is in the loop's time."""

    __slots__ = ("seconds", "told", "until")

    def __init__(self, told: Told, seconds: float, until: float) -> None:
        self.told = told
        self.seconds = seconds
        self.until = until


class _Pending:
    """A question on its way, and those who wait for its answer."""

    __slots__ = ("deadline", "id", "is_over", "question", "waiters")

    def __init__(self, question: Question, deadline: float) -> None:
        self.id = _new_id()
        self.question = question
        self.deadline = deadline
        self.waiters: list[_Waiter] = []
        self.is_over = False

    def end(self, answer: Answer | MusterError) -> None:
        """Tell all who wait."""
        self.is_over = True
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            waiter.told(answer)


class Queries:
    """The questions of one link. Runs on the event loop's thread.

    An agent that is near, on this machine, is asked for answers that are not packed: to pack one
    takes longer than to send it as it is.
    """

    __slots__ = (
        "_asked",
        "_clock",
        "_encoding",
        "_ended",
        "_failed",
        "_outlet",
        "_sent",
        "_settings",
        "_shared",
        "_strays",
        "_timer",
        "_topics",
        "_waiting",
    )

    def __init__(
        self,
        *,
        topics: Topics,
        outlet: Outlet,
        clock: Clock,
        settings: QuerySettings,
        is_near: bool = False,
    ) -> None:
        self._encoding = () if is_near else _PACKED
        self._topics = topics
        self._outlet = outlet
        self._clock = clock
        self._settings = settings
        self._sent: dict[str, _Pending] = {}
        self._waiting: deque[_Pending] = deque()
        self._shared: dict[Question, _Pending] = {}
        self._timer: asyncio.TimerHandle | None = None  # one for all, until the first may be late
        self._ended = ""
        self._asked = self._failed = self._strays = 0

    @property
    def counts(self) -> Counts:
        return Counts(self._asked, self._failed, self._strays)

    @property
    def timeout_s(self) -> float:
        """How long a question may take."""
        return self._settings.timeout.total_seconds()

    async def ask(self, question: Question, timeout_s: float = 0.0) -> Answer:
        """Put a question and wait for its answer, for `timeout_s` or as the settings say.

        Errors: Unavailable when no answer comes in time or the link ends; LimitExceeded for
                too many or too large ones; BadAnswer for an answer that is none.
        """
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        withdraw = self.put(question, partial(_settle, waiter), timeout_s)
        try:
            return await waiter
        finally:
            withdraw()

    def put(self, question: Question, told: Told, timeout_s: float = 0.0) -> Callable[[], None]:
        """As `ask`, for who is called when the answer is there. What is returned withdraws it.

        Errors: as of `ask`, where the question cannot be put at all.
        """
        seconds = timeout_s or self.timeout_s
        pending = self._shared.get(question)
        if pending is None:
            pending = self._begin(question, seconds)
        waiter = _Waiter(told, seconds, asyncio.get_running_loop().time() + seconds)
        pending.waiters.append(waiter)
        self._wake_at(waiter.until)
        self._send_next()
        return partial(self._withdraw, pending, waiter)

    def _withdraw(self, pending: _Pending, waiter: _Waiter) -> None:
        if waiter in pending.waiters:
            pending.waiters.remove(waiter)
            if not pending.waiters:
                self._abandon(pending)

    def _wake_at(self, until: float) -> None:
        if self._timer is not None and self._timer.when() <= until:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(until, self._look)

    def _look(self) -> None:
        """Tell those who have waited long enough."""
        self._timer = None
        now = asyncio.get_running_loop().time() + _TICK_S
        for pending in [*self._waiting, *self._sent.values()]:
            for waiter in [each for each in pending.waiters if each.until <= now]:
                self._withdraw(pending, waiter)
                text = f"the agent gave no answer within {waiter.seconds:g} s"
                waiter.told(Unavailable(text))
        left = [*self._waiting, *self._sent.values()]
        if ends := [waiter.until for pending in left for waiter in pending.waiters]:
            self._wake_at(min(ends))

    def take_reply(self, message_id: str, payload: bytes) -> None:
        """An answer that came on the topic of a question's own.

        One that nobody waits for is counted and not looked at.
        """
        pending = self._sent.get(message_id)
        if pending is None:
            self._strays += 1
            return
        try:
            answer = _answer_of(message_id, payload, self._settings.reply_bytes)
        except MusterError as error:
            self._fail(pending, error)
        else:
            self._settle(pending)
            pending.end(answer)
        self._send_next()

    def link_ended(self, reason: str) -> None:
        """The link is gone, and what is under way with it: every asker is told now."""
        self._ended = reason or "the link has ended"
        if self._timer is not None:
            self._timer.cancel()
        waiting, self._waiting = self._waiting, deque()
        for pending in [*waiting, *self._sent.values()]:
            self._fail(pending, Unavailable(f"no answer: {self._ended}", retry_after_s=10))

    def _begin(self, question: Question, seconds: float) -> _Pending:
        if self._ended:
            raise Unavailable(f"the agent cannot be asked: {self._ended}", retry_after_s=10)
        if len(self._waiting) >= self._settings.waiting:
            raise LimitExceeded(
                f"{len(self._waiting)} questions wait for this agent already; ask again later",
                retry_after_s=seconds,
            )
        pending = _Pending(question, self._clock.monotonic() + seconds)
        self._asked += 1
        if question.is_shared:
            self._shared[question] = pending
        self._waiting.append(pending)
        return pending

    def _send_next(self) -> None:
        while self._waiting and len(self._sent) < self._settings.at_once:
            pending = self._waiting.popleft()
            self._sent[pending.id] = pending
            try:
                self._outlet.send_request(self._encoded(pending))
            except MusterError as error:
                self._fail(pending, error)

    def _encoded(self, pending: _Pending) -> bytes:
        left_s = pending.deadline - self._clock.monotonic()
        question = pending.question
        return encode_query(
            HttpQuery(
                msg_id=pending.id,
                callback_topic=self._topics.callback(pending.id),
                timeout_ms=max(round(left_s * 1_000), 1),  # 0 would be for ever
                method=question.method,
                target=question.target,
                headers=question.headers + self._encoding,
                body=question.body,
            )
        )

    def _abandon(self, pending: _Pending) -> None:
        """Nobody waits any more: the agent is told, and its late answer will be a stray."""
        was_sent = pending.id in self._sent
        self._settle(pending, failed=1)
        if was_sent:
            now = Timestamp.of(self._clock.now_ns())
            self._outlet.send_command(CancelPendingRequest(request_id=pending.id, timestamp=now))
        self._send_next()

    def _fail(self, pending: _Pending, error: MusterError) -> None:
        self._settle(pending, failed=1)
        pending.end(error)

    def _settle(self, pending: _Pending, *, failed: int = 0) -> None:
        """Its place is free for another."""
        if self._shared.get(pending.question) is pending:
            del self._shared[pending.question]
        if self._sent.pop(pending.id, None) is None and pending in self._waiting:
            self._waiting.remove(pending)
        self._failed += failed


def _new_id() -> str:
    """A random UUID (RFC 9562, version 4): agents keep what they work on by one."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _settle(waiter: "asyncio.Future[Answer]", answer: Answer | MusterError) -> None:
    """Let who awaits have it."""
    if waiter.done():
        return
    if isinstance(answer, MusterError):
        waiter.set_exception(answer)
    else:
        waiter.set_result(answer)


def _answer_of(message_id: str, payload: bytes, most_bytes: int) -> Answer:
    """Errors: BadAnswer for an answer that is none; what the agent says in place of one."""
    plain = plain_reply(payload, most_bytes)
    if plain is not None and plain[0] == message_id:
        return Answer(*plain[1:])
    try:
        reply = parse_reply(payload, most_bytes)
    except ProtocolError as error:
        raise BadAnswer(f"the agent's answer cannot be read: {error}") from error
    if reply.msg_id != message_id:
        raise BadAnswer(f"an answer to {clean(reply.msg_id[:40])} where another was due")
    if not reply.error_code:
        return Answer(reply.status, reply.body)
    text = f"the agent could not answer: {clean(reply.error_description) or reply.error_code}"
    if reply.status == _TOO_LARGE:
        raise LimitExceeded(f"{text}; ask for less", too_large=True)
    raise Unavailable(text)

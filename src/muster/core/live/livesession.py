"""One browser's live session: what it asked to hear, and what it is told.

It is told things one after the other, each when the last one has been taken. What a slow
browser misses is not queued: the next table replaces the last one, and a watch goes on from
the moment of its last frame. So it costs the hub nothing but its own buffer.

Messages: docs/reference/live.md
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.access import may
from muster.core.live.watches import Update, Watch, Watches, trimmed
from muster.core.querying.query import Queries
from muster.errors import InputError, LimitExceeded, MusterError, Starting, cause_of
from muster.model.access import Action, Actor, Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.query import Query
from muster.ports.approvals import Queue

log = logging.getLogger(__name__)

SESSION_ENDED = 4401  # close codes of our own begin at 4000
_POLICY = 1008
_LONGEST_ID = 64
_CHANGES_AT_ONCE = 100
_LARGE_BYTES = 65_536


class LiveSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of live pages, section `live`."""

    clients: int = 256  # live pages at once
    clients_per_user: int = 16  # live pages of one user at once
    watches: int = 64  # windows that one live page may watch
    window: timedelta = timedelta(hours=24)  # the longest window that a live page may watch
    values: int = 1_000_000  # values in all watched windows of one live page
    message_bytes: int = 65_536  # size of one message from a live page
    messages_per_minute: int = 600  # messages from one live page
    backlog_bytes: int = 4 << 20  # what may wait for a slow live page; beyond it ticks are skipped
    recheck: timedelta = timedelta(seconds=10)  # how soon an ended sign-in ends its pages


class LiveSocket(Protocol):
    """net.http.Socket, as far as a session needs it."""

    async def send(self, message: bytes | str) -> None: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...
    def __aiter__(self) -> AsyncIterator[bytes | str]: ...
    @property
    def backlog_bytes(self) -> int: ...


class Stage(Protocol):
    """core.live.live.Live, as far as a session needs it."""

    settings: LiveSettings
    clock: Clock
    queries: Queries
    watches: Watches
    skipped: int

    def scope_of(self, actor: Actor) -> Scope: ...
    @property
    def turn(self) -> int: ...
    def pieces(self, scope: Scope) -> int: ...
    def table(self, scope: Scope, piece: int = 0) -> bytes: ...
    def pulse(self) -> bytes: ...
    def queue(self, actor: Actor) -> Queue: ...
    def changes(self, nodes: Sequence[NodeId], actor: Actor) -> list[bytes]: ...


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a browser says."""

    nodes: bool | None = None
    hub: bool | None = None
    approvals: bool | None = None
    watch: str = ""
    query: Query | None = None
    window_s: float = 900.0
    unwatch: str = ""


class LiveSession:
    """One browser."""

    def __init__(
        self,
        live: Stage,
        actor: Actor,
        socket: LiveSocket,
        still: Callable[[], Awaitable[Actor | None]],
    ) -> None:
        self._live = live
        self._settings = live.settings
        self._actor = actor
        self._scope = live.scope_of(actor)
        self._socket = socket
        self._still = still
        self._wants_nodes = self._wants_hub = self._wants_queue = False
        self._piece = self._untold = 0  # of the table of nodes: the last one told; to be told now
        self._queue: Queue | None = None  # as it was told last
        self._watches: dict[str, Watch] = {}
        self._changed: dict[NodeId, SpaceId] = {}
        self._lost: frozenset[NodeId] = frozenset()  # nodes that left what may be looked at
        self._ready: list[bytes] = []  # answers to what was said, sent before all else
        self._wholes: list[tuple[str, Watch, bytes]] = []  # windows with what the head lacked
        self._histories: asyncio.Queue[tuple[str, Watch]] = asyncio.Queue()
        self._put_off: list[tuple[str, Watch]] = []  # histories that are asked for once more
        self._ticks = 0
        self._said: list[float] = []  # times of the last messages
        self._checked = live.clock.monotonic()
        self._awake = asyncio.Event()

    def tick(self) -> None:
        self._ticks += 1
        for held in self._put_off:
            self._histories.put_nowait(held)
        self._put_off.clear()
        self._awake.set()

    def node_changed(self, node: NodeId, space: SpaceId) -> None:
        self._changed[node] = space

    async def run(self) -> None:
        """Listen and tell until the browser leaves, misbehaves or its sign-in ends."""
        try:
            async with asyncio.TaskGroup() as jobs:
                others = [jobs.create_task(job()) for job in (self._tell, self._remember)]
                await self._listen()
                for job in others:
                    job.cancel()
        except BaseExceptionGroup as group:
            await self._leave(cause_of(group))

    async def _leave(self, cause: BaseException) -> None:
        match cause:
            case _SignedOut():
                await self._socket.close(SESSION_ENDED, "the sign-in has ended")
            case MusterError():
                await self._socket.close(_POLICY, str(cause))
            case ConnectionError():
                log.debug("live page gone", extra={"error": str(cause)})
            case _:
                raise cause

    async def _listen(self) -> None:
        async for data in self._socket:
            self._count()
            self._obey(_parsed(data, self._settings.message_bytes))
            self._awake.set()

    def _count(self) -> None:
        now = self._live.clock.monotonic()
        self._said = [time for time in self._said if now - time < 60] + [now]
        if len(self._said) > self._settings.messages_per_minute:
            raise LimitExceeded("too many messages on a live page")

    def _obey(self, wish: Wish) -> None:
        if wish.nodes is not None:
            self._wants_nodes = wish.nodes
            if wish.nodes:
                self._begin_table()
        if wish.hub is not None:
            self._wants_hub = wish.hub
            if wish.hub:
                self._ready.append(self._live.pulse())
        if wish.approvals is not None:
            self._wants_queue, self._queue = wish.approvals, None
            if wish.approvals:
                self._ready += self._queue_changed()
        if wish.unwatch:
            self._watches.pop(wish.unwatch, None)
        if wish.watch:
            try:
                self._watches[wish.watch] = self._new_watch(wish)
            except MusterError as error:
                self._ready.append(_watch_error(wish.watch, error))

    def _new_watch(self, wish: Wish) -> Watch:
        longest_s = self._settings.window.total_seconds()
        if wish.query is None:
            raise InputError("a watch needs a query")
        if not 1 <= wish.window_s <= longest_s:
            raise InputError(f"window_s must be between 1 and {longest_s:g}, not {wish.window_s}")
        if len(wish.watch) > _LONGEST_ID:
            raise InputError(f"a watch's name has up to {_LONGEST_ID} characters")
        if wish.watch not in self._watches and len(self._watches) >= self._settings.watches:
            raise LimitExceeded(f"a page has up to {self._settings.watches} watches")
        length_ns = round(wish.window_s * SECOND_NS)
        watches = self._live.watches
        return Watch(watches.window(wish.query, self._scope, length_ns))

    async def _tell(self) -> None:
        told = 0
        while True:
            await self._awake.wait()
            self._awake.clear()
            await self._check_sign_in()
            self._look_around()
            due = self._ticks > told
            if due and self._socket.backlog_bytes > self._settings.backlog_bytes:
                self._live.skipped += self._ticks - told
                told = self._ticks
                continue
            self._live.skipped += max(self._ticks - told - 1, 0)
            told = self._ticks
            for message in self._messages(due=due):
                await self._socket.send(message.decode())
                if len(message) >= _LARGE_BYTES:  # it took some ms to make: others go between
                    await asyncio.sleep(0)

    def _messages(self, *, due: bool) -> Iterator[bytes]:
        """What there is to say; made one by one, each after the one before was taken."""
        ready, self._ready = self._ready, []
        yield from ready
        wholes, self._wholes = self._wholes, []
        # One that was given up, or began anew with another scope, is not told what it asked for.
        yield from (told for name, watch, told in wholes if self._watches.get(name) is watch)
        yield from self._rest()
        yield from self._changes()
        left = self._settings.values
        for name, watch in list(self._watches.items()):
            if due or watch.series is None:
                yield from self._frame(name, watch, left)
            left -= watch.values
        if due and self._wants_hub:
            yield self._live.pulse()
        if due and self._wants_queue:
            yield from self._queue_changed()
        if due and self._wants_nodes:
            yield from self._next_piece()
        elif due:
            yield b'{"t":%d}' % self._live.watches.now_ns  # a sign of life

    def _queue_changed(self) -> Iterator[bytes]:
        queue = self._live.queue(self._actor)
        if queue != self._queue:
            self._queue = queue
            yield msgspec.json.encode({"approvals": queue._asdict()})

    def _begin_table(self) -> None:
        """Tell the whole table, beginning with the piece that other pages are told too."""
        live, scope = self._live, self._scope
        self._piece = live.turn
        self._ready += [live.table(scope, self._piece % live.pieces(scope))]
        self._untold = live.pieces(scope) - 1

    def _rest(self) -> Iterator[bytes]:
        """What a page lacks that has just asked for the table; each made when it is sent."""
        while self._untold:
            self._untold -= 1
            yield from self._next_piece()

    def _next_piece(self) -> Iterator[bytes]:
        self._piece += 1
        yield self._live.table(self._scope, self._piece % self._live.pieces(self._scope))

    def _changes(self) -> Iterator[bytes]:
        if not self._wants_nodes:
            self._changed.clear()
        chosen = list(self._changed)[:_CHANGES_AT_ONCE]
        seen = {node: self._changed.pop(node) for node in chosen}
        mine = [node for node, space in seen.items() if self._scope.holds(space, node)]
        yield from self._live.changes(mine, self._actor)
        lost, self._lost = self._lost, frozenset()
        if self._wants_nodes:
            yield from (msgspec.json.encode({"gone": node}) for node in sorted(lost))

    def _frame(self, name: str, watch: Watch, left: int) -> Iterator[bytes]:
        shown = watch.series is not None
        try:
            update = self._live.watches.update(watch, left)
        except MusterError as error:
            self._watches.pop(name, None)
            yield _watch_error(name, error)
            return
        if update is None:
            return
        if update.partial:
            self._histories.put_nowait((name, watch))
        if not (update.partial and shown):  # a shown page stays until its history is there
            yield _framed(name, update)

    async def _remember(self) -> None:
        """Fetch what the head does not have of a window, one after the other."""
        while True:
            name, watch = await self._histories.get()
            if self._watches.get(name) is not watch:
                continue
            asked_ns, window = self._live.watches.now_ns, watch.window
            try:
                query = self._live.watches.question(window)
                frame = await self._live.queries.run(query, window.scope)
                whole = msgspec.json.encode(trimmed(frame))
                told = _framed(name, Update(whole, reset=True, partial=False))
            except Starting as error:
                told = _watch_error(name, error)
                self._put_off.append((name, watch))
            except MusterError as error:
                told = _watch_error(name, error)
            else:
                watch.sent_ns = min(watch.sent_ns, asked_ns)
            self._wholes.append((name, watch, told))
            self._awake.set()

    async def _check_sign_in(self) -> None:
        now = self._live.clock.monotonic()
        if now - self._checked < self._settings.recheck.total_seconds():
            return
        self._checked = now
        actor = await self._still()
        if actor is None or not may(actor, Action.DATA_READ):
            raise _SignedOut
        self._actor = actor

    def _look_around(self) -> None:
        """When roles or rooms have changed, each watch begins anew with what may be seen now."""
        scope, before = self._live.scope_of(self._actor), self._scope
        if scope == before:
            return
        self._scope = scope
        self._changed |= dict.fromkeys(scope.nodes - before.nodes, SpaceId(""))
        self._lost |= before.nodes - scope.nodes
        for name, watch in self._watches.items():
            self._watches[name] = Watch(msgspec.structs.replace(watch.window, scope=scope))


class _SignedOut(Exception):
    """The sign-in that the session stands on has ended."""


def _parsed(data: bytes | str, most_bytes: int) -> Wish:
    if len(data) > most_bytes:
        raise LimitExceeded(f"a message has up to {most_bytes} bytes", too_large=True)
    try:
        return msgspec.json.decode(data, type=Wish)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"message: {error}") from error


def _framed(name: str, update: Update) -> bytes:
    reset = b"true" if update.reset else b"false"
    named = msgspec.json.encode(name)
    return b'{"watch":%b,"reset":%b,"frame":%b}' % (named, reset, update.frame)


def _watch_error(name: str, error: MusterError) -> bytes:
    told = {"code": error.code, "text": str(error)}
    return msgspec.json.encode({"watch": name, "error": told})

"""The kind that each field has in each shard: what a write has to agree with.

A shard is a span of a policy's time. The first point of a field in a shard says its kind;
another kind is refused there, and fine in another shard. What is new is on disk before `admit`
returns, so that no point is acknowledged whose kind a restart would forget.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

import msgspec

from muster.errors import InputError
from muster.model.access import AuditEvent
from muster.model.influx import Database, FieldKind, RetentionPolicy, Shard, shard_span
from muster.model.metric import Kind
from muster.ports.influx import ShardRecords
from muster.wire.writesieve import DISAGREE

_WORDS = {
    Kind.FLOAT: "float",
    Kind.INTEGER: "integer",
    Kind.UNSIGNED: "unsigned",
    Kind.BOOLEAN: "boolean",
    Kind.STRING: "string",
}

_Known = dict[tuple[str, str], Kind]  # (measurement, field)
_Place = tuple[int, str]  # database and policy


class FieldTypeConflict(InputError):
    """Points of one write disagree on a new field."""

    code = "field_type_conflict"


class Wish(msgspec.Struct, frozen=True):
    """Points of one layout that fall into one shard: any of their times will do."""

    time_ns: int
    measurement: str
    fields: tuple[tuple[str, Kind], ...]


class FieldKinds:
    """One object for all writes; used on the event loop's thread.

    `edition` is another object after each change of shards or kinds.
    """

    def __init__(self, *, records: ShardRecords) -> None:
        self._records = records
        self._lock = asyncio.Lock()
        self._shards: dict[_Place, list[Shard]] | None = None  # by start
        self._known: dict[int, _Known] = {}  # by number of the shard
        self.edition = object()

    def shards(self, database: Database, policy: str) -> Sequence[Shard]:
        """Those that hold points, by start."""
        return self._all().get((database.number, policy), ())

    def shard(self, number: int) -> Shard | None:
        """The shard of a number."""
        every = (shard for shards in self._all().values() for shard in shards)
        return next((shard for shard in every if shard.number == number), None)

    def kinds(self, shard: Shard) -> Mapping[tuple[str, str], Kind]:
        """The kinds of a shard's fields, by measurement and field."""
        return self._kinds(shard)

    def span(self, database: Database, policy: RetentionPolicy, time_ns: int) -> tuple[int, int]:
        """Start and end of the shard that a time falls into, whether it is there or not.

        Where a policy's shards were of another length before, a new one ends at theirs.
        """
        start, end = shard_span(time_ns, policy.shard_ns)
        shards = self.shards(database, policy.name)
        at = bisect_right(shards, time_ns, key=lambda shard: shard.start_ns)
        if at and time_ns < shards[at - 1].end_ns:
            return shards[at - 1].start_ns, shards[at - 1].end_ns
        start = max(start, shards[at - 1].end_ns) if at else start
        end = min(end, shards[at].start_ns) if at < len(shards) else end
        return start, end

    def fields(self, database: Database, policy: str, measurement: str) -> dict[str, set[Kind]]:
        """The fields of a measurement with the kinds that they have in any shard."""
        found: dict[str, set[Kind]] = {}
        for shard in self.shards(database, policy):
            for (of, field), kind in self._kinds(shard).items():
                if of == measurement:
                    found.setdefault(field, set()).add(kind)
        return found

    async def admit(
        self, database: Database, policy: RetentionPolicy, wishes: Sequence[Wish]
    ) -> list[str]:
        """Per wish: empty, or the reason why its points are refused.

        Errors: FieldTypeConflict, and nothing is noted; Conflict when the database was dropped
        meanwhile.
        """
        answers, fresh = self._judge(database, policy, wishes)
        if not fresh:
            return answers
        async with self._lock:  # what is new now may not be so after the wait
            answers, fresh = self._judge(database, policy, wishes)
            if fresh:
                await self._write(database, policy, fresh)
        return answers

    async def settle(
        self, database: Database, policy: RetentionPolicy, wishes: Sequence[Wish]
    ) -> list[str]:
        """As `admit`, of wishes that disagree, in the order of their first points.

        A shard that is new refuses all of its points, one that is there those behind the first,
        if then the others agree. What was new before the conflict keeps its kind.
        Errors: Conflict when the database was dropped meanwhile.
        """
        async with self._lock:
            by_span: dict[tuple[int, int], list[int]] = {}
            for number, wish in enumerate(wishes):
                span = self.span(database, policy, wish.time_ns)
                by_span.setdefault(span, []).append(number)
            answers = [DISAGREE] * len(wishes)
            fresh: dict[tuple[int, int], _Known] = {}
            for span, numbers in by_span.items():
                known = self._of_span(database, policy, span)
                some = [wishes[number] for number in numbers]
                told, made = _settled(some, known)
                for number, reason in zip(numbers, told, strict=True):
                    answers[number] = reason
                if made:
                    fresh[span] = made
            if fresh:
                await self._write(database, policy, fresh)
        return answers

    async def forget_measurement(self, database: Database, measurement: str) -> None:
        """Its points are gone: its fields may have any kind again."""
        async with self._lock:
            forget = self._records.forget_measurement
            await asyncio.to_thread(forget, database.number, measurement)
            self._known.clear()
            self.edition = object()

    async def forget(self, shards: Sequence[Shard], measurement: str) -> None:
        """There are no points of a measurement in some shards any more."""
        async with self._lock:
            numbers = [shard.number for shard in shards]
            await asyncio.to_thread(self._records.forget_kinds, numbers, measurement)
            for number in numbers:
                self._known.pop(number, None)
            self.edition = object()

    async def drop_shard(self, number: int, event: AuditEvent) -> None:
        """Forget a shard whose points were deleted. One that is gone is fine."""
        async with self._lock:
            await asyncio.to_thread(self._records.drop_shard, number, event)
            self.reload()

    def reload(self) -> None:
        """A database or policy was dropped, and its shards with it."""
        self._shards = None
        self._known.clear()
        self.edition = object()

    def _judge(
        self, database: Database, policy: RetentionPolicy, wishes: Sequence[Wish]
    ) -> tuple[list[str], dict[tuple[int, int], _Known]]:
        """Answers, and by span what would be new."""
        fresh: dict[tuple[int, int], _Known] = {}
        answers = []
        for wish in wishes:
            span = self.span(database, policy, wish.time_ns)
            known = self._of_span(database, policy, span)
            refusal = _conflict(wish, known)
            answers.append(refusal)
            if not refusal and (new := _new(wish, known, fresh.get(span, {}))):
                fresh.setdefault(span, {}).update(new)
        return answers, fresh

    def _of_span(
        self, database: Database, policy: RetentionPolicy, span: tuple[int, int]
    ) -> _Known:
        """The kinds of the shard that begins where a span does; none when there is no such."""
        shards = self.shards(database, policy.name)
        at = bisect_left(shards, span[0], key=lambda shard: shard.start_ns)
        if at < len(shards) and shards[at].start_ns == span[0]:
            return self._kinds(shards[at])
        return {}

    async def _write(
        self, database: Database, policy: RetentionPolicy, fresh: dict[tuple[int, int], _Known]
    ) -> None:
        shards = [
            Shard(database=database.number, policy=policy.name, start_ns=start, end_ns=end)
            for start, end in fresh
        ]
        kinds = {
            (database.number, policy.name, start): [
                FieldKind(measurement, field, kind) for (measurement, field), kind in known.items()
            ]
            for (start, _), known in fresh.items()
        }
        made = await asyncio.to_thread(self._records.add, shards, kinds)
        place = (database.number, policy.name)
        listed = self._all().setdefault(place, [])
        for shard, known in zip(made, fresh.values(), strict=True):
            if all(each.number != shard.number for each in listed):
                listed.append(shard)
            self._known.setdefault(shard.number, {}).update(known)
        listed.sort(key=lambda shard: shard.start_ns)
        self.edition = object()

    def _all(self) -> dict[_Place, list[Shard]]:
        if self._shards is None:
            self._shards = {}
            for shard in self._records.shards():
                self._shards.setdefault((shard.database, shard.policy), []).append(shard)
        return self._shards

    def _kinds(self, shard: Shard) -> _Known:
        known = self._known.get(shard.number)
        if known is None:
            kinds = self._records.kinds(shard.number)
            known = {(each.measurement, each.field): each.kind for each in kinds}
            self._known[shard.number] = known
        return known


def _conflict(wish: Wish, known: _Known) -> str:
    """Why points are refused; empty when they are not."""
    for field, kind in wish.fields:
        held = known.get((wish.measurement, field), kind)
        if held is not kind:
            return (
                f'field type conflict: input field "{field}" on measurement "{wish.measurement}"'
                f" is type {_WORDS[kind]}, already exists as type {_WORDS[held]}"
            )
    return ""


def _new(wish: Wish, known: _Known, fresh: _Known) -> _Known:
    """The fields of a wish that have no kind yet. Errors: FieldTypeConflict."""
    new = {}
    for field, kind in wish.fields:
        key = (wish.measurement, field)
        if key in known:
            continue
        if fresh.get(key, kind) is not kind:
            raise FieldTypeConflict(DISAGREE)
        new[key] = kind
    return new


def _settled(wishes: Sequence[Wish], known: _Known) -> tuple[list[str], _Known]:
    """Reasons by wish, and what is new. Source: PointsWriter, which tries a shard twice."""
    fresh: _Known = {}
    for _ in range(2 if known else 1):
        held = known | fresh
        reasons = [_conflict(wish, held) for wish in wishes]
        try:
            for wish, reason in zip(wishes, reasons, strict=True):
                if not reason:
                    fresh |= _new(wish, held, fresh)
        except FieldTypeConflict:
            continue
        return reasons, fresh
    return [DISAGREE] * len(wishes), fresh

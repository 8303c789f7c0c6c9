"""Blocks as frames of deltas: names once, then only what changed, zstd over all of it.

A ColumnEncoder and a ColumnDecoder walk the same chain of frames and remember the same
things (wire/chain.py). Frames of a chain are only good in their order: each carries its
position. A key frame needs no earlier one. The inner loops are in wire/cells.py.

    frame := position groups layouts strings blocks        (docs/formats/link.md)
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from muster.errors import InputError, LimitExceeded, ProtocolError
from muster.model.metric import Block, Layout, Series
from muster.wire.cells import CELLS, Cells
from muster.wire.chain import Chain, Plan, bounds, excess, own_strings, shape_of
from muster.wire.definitions import format_groups, parse_group, put_runs, read_runs
from muster.wire.limits import Limits
from muster.wire.packing import packed, unpacked
from muster.wire.sharednames import Definitions, SharedNames
from muster.wire.varint import Reader, put_text, put_varint

DEFAULT_LIMITS = Limits()


class _Draft:
    """The parts of a frame that is being written."""

    def __init__(self) -> None:
        self.groups: list[bytes] = []
        self.layouts = bytearray()
        self.layouts_total = 0
        self.strings = bytearray()
        self.strings_total = 0

    def join(self, position: int, blocks: list[bytes], blocks_total: int) -> bytes:
        head = bytearray()
        put_varint(head, position)
        put_varint(head, len(self.groups))
        for group in self.groups:
            put_text(head, group)
        put_varint(head, self.layouts_total)
        head += self.layouts
        put_varint(head, self.strings_total)
        head += self.strings
        put_varint(head, blocks_total)
        return b"".join((head, *blocks))


class ColumnEncoder:
    """Blocks to frames.

    Keep a Layout object as long as its series stay the same: it is recognised by identity.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, cells: Cells = CELLS) -> None:
        self._limits = limits
        self._most = bounds(limits)
        self._cells = cells
        self._must_key = True
        self._at_key: tuple[int, ...] = ()  # sizes of the chain after its key frame
        self._start()

    @property
    def must_key(self) -> bool:
        """The next frame has to be a key frame: the first, after an error, or to forget."""
        return self._must_key

    def encode(self, blocks: Sequence[Block], *, key: bool = False) -> bytes:
        """The next frame of the chain, or the first of a new one.

        Errors: InputError for a block whose parts do not fit each other, LimitExceeded when
        a limit is passed (without `key` it may be the chain's: try again with it). Both
        break the chain: `must_key` is then set.
        """
        if self._must_key and not key:
            raise InputError("the next frame has to be a key frame")
        self._must_key = True
        if key:
            self._start()
        chain, draft = self._chain, _Draft()
        self._check_size(blocks)
        parts: list[bytes] = []
        for block in blocks:
            self._put_block(parts, block, draft)
        self._check_chain(chain)
        body = packed(draft.join(chain.position, parts, len(blocks)), self._limits)
        chain.position += 1
        if key:
            self._at_key = chain.sizes()
        self._must_key = self._is_crowded(chain)
        return body

    def _start(self) -> None:
        self._chain = Chain()
        self._numbers: dict[Series, int] = {}
        self._texts: dict[str, int] = {}
        self._plans: dict[int, Plan] = {}  # by id(layout); the plan keeps the layout alive
        self._equals: dict[Layout, Plan] = {}

    def _check_size(self, blocks: Sequence[Block]) -> None:
        limits = self._limits
        cells = sum(len(block.values) + len(block.times) for block in blocks)
        rows = max((len(block.times) for block in blocks), default=0)
        if len(blocks) > limits.blocks or cells > limits.cells or rows > limits.rows:
            raise LimitExceeded(
                f"{len(blocks)} blocks of {rows} rows and {cells} cells, where {limits.blocks},"
                f" {limits.rows} and {limits.cells} fit into a frame",
                too_large=True,
            )

    def _check_chain(self, chain: Chain) -> None:
        text = excess(chain, self._most)
        if text:
            raise LimitExceeded(text, too_large=True)

    def _is_crowded(self, chain: Chain) -> bool:
        """The chain is over half full and has grown by a quarter since its key frame."""
        return any(
            size > bound // 2 and size - start > bound // 4
            for size, start, bound in zip(chain.sizes(), self._at_key, self._most, strict=True)
        )

    def _put_block(self, parts: list[bytes], block: Block, draft: _Draft) -> None:
        plan = self._plan(block.layout, draft)
        _check_shape(block, len(plan.kinds))
        present = block.present
        if present is not None and 0 not in present:
            present = None
        chain = self._chain
        values = self._numbered(block, plan, draft) if plan.texts else block.values
        head = bytearray()
        put_varint(head, plan.number)
        put_varint(head, len(block.times) << 1 | (present is not None))
        parts.append(bytes(head))
        time = chain.time_before(plan)
        parts.append(self._cells.encode_times(block.times, time, plan.step, plan.fresh))
        if present is not None:
            parts.append(self._cells.pack_bits(present))
        parts.append(
            self._cells.encode_cells(
                plan.index, plan.kinds, values, present, chain.last, chain.modes
            )
        )
        chain.passed(plan, block.times)

    def _plan(self, layout: Layout, draft: _Draft) -> Plan:
        plan = self._plans.get(id(layout))
        if plan is not None:
            return plan
        plan = self._equals.get(layout)
        if plan is None:
            self._equals[layout] = plan = self._place(layout, draft)
        self._plans.pop(id(plan.layout), None)
        plan.layout = layout  # the newest of equal objects is the likely one to come back
        self._plans[id(layout)] = plan
        return plan

    def _place(self, layout: Layout, draft: _Draft) -> Plan:
        numbers = self._numbers
        if len(layout.series) > self._limits.columns:
            raise LimitExceeded(
                f"{len(layout.series)} columns where at most {self._limits.columns} are allowed",
                too_large=True,
            )
        new = [series for series in layout.series if series not in numbers]
        for series in new:
            numbers.setdefault(series, len(numbers))
        index = array("I", map(numbers.__getitem__, layout.series))
        if len(set(index)) != len(index):
            raise InputError("a layout that holds a series twice")
        size = len(draft.groups)
        draft.groups.extend(format_groups(new, self._limits))
        self._chain.define(len(new), sum(map(len, draft.groups[size:])))
        self._check_chain(self._chain)
        put_varint(draft.layouts, len(index))
        put_runs(draft.layouts, index)
        draft.layouts_total += 1
        return self._chain.place(shape_of(layout, index))

    def _numbered(self, block: Block, plan: Plan, draft: _Draft) -> array[int]:
        """The block's values with the chain's numbers of strings in place of its own."""
        values, present, width = block.values[:], block.present, len(plan.kinds)
        for column in plan.texts:
            for cell in range(column, len(values), width):
                if present is not None and not present[cell]:
                    continue
                if not 0 <= values[cell] < len(block.strings):
                    raise InputError(f"a cell names string {values[cell]} of {len(block.strings)}")
                values[cell] = self._string(block.strings[values[cell]], draft)
        return values

    def _string(self, text: str, draft: _Draft) -> int:
        number = self._texts.get(text)
        if number is not None:
            return number
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"a value that is not Unicode text: {text[:80]!r}") from error
        if len(data) > self._limits.string_bytes:
            raise LimitExceeded(
                f"a string of {len(data)} bytes (at most {self._limits.string_bytes})",
                too_large=True,
            )
        size = len(draft.strings)
        put_text(draft.strings, data)
        draft.strings_total += 1
        size = len(draft.strings) - size
        number = self._texts[text] = self._chain.add_string(text, size)
        return number


class ColumnDecoder:
    """Frames to Blocks.

    The same Layout comes back as the same object, from one chain to the next and, with the
    same `names`, from one decoder to another, so that a caller may cache by identity; only
    what SharedNames had to forget comes as an equal one. Any bytes give Blocks or
    ProtocolError, in memory bounded by the limits. After a ProtocolError only a key frame is
    taken.
    """

    __slots__ = ("_cells", "_chain", "_known", "_limits", "_most", "_names", "_series", "defined")

    def __init__(
        self,
        limits: Limits = DEFAULT_LIMITS,
        *,
        cells: Cells = CELLS,
        names: SharedNames | None = None,
    ) -> None:
        self._limits = limits
        self._most = bounds(limits)
        self._cells = cells
        self._names = names or SharedNames()
        self._chain: Chain | None = None
        self._series: Sequence[Series] = ()
        self._known: Definitions | None = None  # of the newest key frame
        self.defined = 0  # series, their tags and columns of layouts, by the newest frame anew

    def decode(self, body: bytes | memoryview, *, key: bool) -> tuple[Block, ...]:
        """The blocks of the next frame. Errors: ProtocolError, offset in the plain frame."""
        chain, self._chain = self._chain, None
        if key:
            chain, self._series = Chain(), ()
        if chain is None:
            raise ProtocolError("a frame whose chain is broken or has not begun: send a key frame")
        reader = Reader(unpacked(body, self._limits))
        position = reader.varint()
        if position != chain.position:
            raise ProtocolError(
                f"frame {position} of its chain where {chain.position} was expected"
            )
        if key:
            self._begin(reader, chain)
        else:
            self._define(reader, chain)
        self._read_strings(reader, chain)
        blocks = self._read_blocks(reader, chain)
        reader.end()
        chain.position += 1
        self._chain = chain
        return blocks

    def _begin(self, reader: Reader, chain: Chain) -> None:
        """Read what a key frame defines; mostly that is known as a whole."""
        at, known = reader.at, self._known
        if known is None or not reader.data.startswith(known.raw, at):
            known = self._names.definitions(reader.data, at)
        if known is not None:
            chain.define(len(known.series), known.groups_bytes)
            for shape in known.shapes:
                chain.place(shape)
            self._series = known.series
            reader.at += len(known.raw)
            self.defined = 0
        else:
            self._define(reader, chain)
            raw, shapes = reader.data[at : reader.at], tuple(plan.shape for plan in chain.plans)
            known = Definitions(raw, tuple(self._series), chain.definition_bytes, shapes)
            self._names.keep_definitions(known, reader.data, at)
        self._known = known

    def _define(self, reader: Reader, chain: Chain) -> None:
        before = len(chain.last) + chain.placed
        self.defined = 0
        self._read_groups(reader, chain)
        self._read_layouts(reader, chain)
        self.defined += len(chain.last) + chain.placed - before

    def _read_groups(self, reader: Reader, chain: Chain) -> None:
        count = reader.count("groups", self._limits.series)
        if not count:
            return
        if not isinstance(self._series, list):
            self._series = list(self._series)
        for _ in range(count):
            size = reader.count("bytes of a group", self._limits.plain_bytes)
            at = reader.at
            group = self._group(reader.take(size), at)
            self._series.extend(group)
            self.defined += len(group[0].tags) if group else 0
            chain.define(len(group), size)
            self._check(chain, at)

    def _group(self, raw: bytes, at: int) -> tuple[Series, ...]:
        group = self._names.group(raw)
        if group is None:
            try:
                group = parse_group(raw, self._limits)
            except ProtocolError as error:
                raise ProtocolError(f"group: {error}", at + error.offset) from error
            self._names.keep_group(raw, group)
        return group

    def _read_layouts(self, reader: Reader, chain: Chain) -> None:
        for _ in range(reader.count("layouts", self._limits.layouts)):
            at = reader.at
            columns = reader.count("columns", self._limits.columns)
            index = read_runs(reader, columns, len(self._series))
            chain.place(shape_of(self._layout(index, at), index))
            self._check(chain, at)

    def _layout(self, index: array[int], at: int) -> Layout:
        series = tuple(map(self._series.__getitem__, index))
        layout = self._names.layout(series)
        if layout is not None:
            return layout
        if len(set(series)) != len(series):  # the same number twice, or one defined twice
            raise ProtocolError("a layout that holds a series twice", at)
        layout = Layout(series)
        self._names.keep_layout(layout)
        return layout

    def _read_strings(self, reader: Reader, chain: Chain) -> None:
        for _ in range(reader.count("strings", self._limits.strings)):
            at = reader.at
            text = reader.text("bytes of a string", self._limits.string_bytes)
            chain.add_string(text, reader.at - at)
            self._check(chain, at)

    def _check(self, chain: Chain, at: int) -> None:
        text = excess(chain, self._most)
        if text:
            raise ProtocolError(text, at)

    def _read_blocks(self, reader: Reader, chain: Chain) -> tuple[Block, ...]:
        blocks, left = [], self._limits.cells
        for _ in range(reader.count("blocks", self._limits.blocks)):
            at = reader.at
            number = reader.varint()
            if number >= len(chain.plans):
                raise ProtocolError(f"layout {number} of {len(chain.plans)}", at)
            plan = chain.plans[number]
            shape = reader.varint()
            rows, has_absent = shape >> 1, shape & 1
            left -= rows * (len(plan.kinds) + 1)
            if rows > self._limits.rows or left < 0:
                raise ProtocolError(f"{rows} rows of {len(plan.kinds)} columns are too many", at)
            blocks.append(self._read_block(reader, chain, plan, rows, bool(has_absent)))
        return tuple(blocks)

    def _read_block(
        self, reader: Reader, chain: Chain, plan: Plan, rows: int, has_absent: bool
    ) -> Block:
        cells, data, at = self._cells, reader.data, reader.at
        time = chain.time_before(plan)
        times, at = cells.decode_times(data, at, rows, time, plan.step, plan.fresh)
        present = None
        if has_absent:
            present, at = cells.unpack_bits(data, at, rows * len(plan.kinds))
        values, reader.at = cells.decode_cells(
            data,
            at,
            plan.index,
            plan.kinds,
            rows,
            present,
            chain.last,
            chain.modes,
            len(chain.strings),
        )
        chain.passed(plan, times)
        strings = own_strings(values, present, plan, chain.strings) if plan.texts else ()
        return Block(plan.layout, times, values, present, strings)


def _check_shape(block: Block, width: int) -> None:
    cells = len(block.times) * width
    if len(block.values) != cells:
        raise InputError(f"{len(block.values)} values where rows and layout make {cells}")
    if block.present is not None and len(block.present) != cells:
        raise InputError(f"{len(block.present)} marks of presence for {cells} cells")

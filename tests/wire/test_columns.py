import struct
from array import array

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded, ProtocolError
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series, points_of
from muster.testing.codec_rules import (
    check_any_bytes,
    check_bit_flips,
    check_trailing,
    check_truncations,
)
from muster.wire.cells import CELLS, PureCells
from muster.wire.columns import ColumnDecoder, ColumnEncoder
from muster.wire.limits import Limits
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import Ack, Hello, Push, Welcome
from muster.wire.varint import put_varint

TIME = 1_800_000_000_000_000_000
RECORDED = bytes.fromhex("28b52ffd20139900000100000001000280a8d6b907010002fa970106")
ACK = b"\x04\x81\xa8sequence\x02"
TWINS = [PureCells()] if isinstance(CELLS, PureCells) else [PureCells(), CELLS]


def double(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


def layout(*kinds: Kind, name: str = "m") -> Layout:
    tags = (("cpu", "cpu0"), ("host", "a"))
    return Layout(tuple(Series(name, tags, f"f{n}", kind) for n, kind in enumerate(kinds)))


def block(shape: Layout, *rows: list[int], at: int = TIME, **more) -> Block:
    times = array("q", [at + n * 1_000_000_000 for n in range(len(rows))])
    return Block(shape, times, array("q", [cell for row in rows for cell in row]), **more)


def plain(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body)


def fresh_key(body: bytes):
    return ColumnDecoder().decode(body, key=True)


MIXED = layout(Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED, Kind.BOOLEAN, Kind.STRING)
ROWS = block(
    MIXED,
    [double(0.25), -5, -1, 1, 1],
    [double(float("nan")) | 7, 1 << 62, 12, 0, 0],
    [0, 0, 0, 0, 1],
    present=bytes([1] * 10 + [0, 0, 0, 1, 1]),
    strings=("up", "down"),
)


def test_a_chain_of_ticks_comes_back():
    shape = layout(Kind.INTEGER, Kind.FLOAT, Kind.UNSIGNED)
    ticks = [
        block(shape, [7 * n, double(n / 3), n - 3], at=TIME + n * 1_000_000_000) for n in range(9)
    ]
    encoder, decoder = ColumnEncoder(), ColumnDecoder()

    for n, tick in enumerate(ticks):
        assert decoder.decode(encoder.encode([tick], key=n == 0), key=n == 0) == (tick,)


def test_every_kind_and_absent_cells_come_back():
    (out,) = fresh_key(ColumnEncoder().encode([ROWS], key=True))

    assert out.layout == MIXED
    assert out.present == ROWS.present
    assert repr(list(points_of(out))) == repr(list(points_of(ROWS)))


def test_a_block_gets_only_the_strings_it_uses():
    shape = layout(Kind.STRING)
    encoder, decoder = ColumnEncoder(), ColumnDecoder()
    decoder.decode(encoder.encode([block(shape, [0], strings=("a",))], key=True), key=True)

    (out,) = decoder.decode(encoder.encode([block(shape, [1], strings=("a", "b"))]), key=False)

    assert (list(out.values), out.strings) == ([0], ("b",))


SPECIAL = [0.0, -0.0, 1.5, 0.1, 1e300, -1e-300, 5e-324, float("inf"), float("-inf"), 2**53, 0.52]


@pytest.mark.parametrize("cells", TWINS)
def test_floats_keep_every_bit(cells):
    patterns = [double(value) for value in SPECIAL] + [0x7FF8_0000_0000_0123, -1, -(1 << 63)]
    shape = layout(Kind.FLOAT)
    encoder, decoder = ColumnEncoder(cells=cells), ColumnDecoder(cells=cells)

    for n, pattern in enumerate(patterns + patterns[::-1]):
        key = n % 9 == 0
        (out,) = decoder.decode(encoder.encode([block(shape, [pattern])], key=key), key=key)
        assert list(out.values) == [pattern]


def test_a_new_layout_goes_on_from_its_series_values():
    encoder, decoder = ColumnEncoder(), ColumnDecoder()
    one, two = layout(*[Kind.INTEGER] * 40), layout(*[Kind.INTEGER] * 41)
    decoder.decode(encoder.encode([block(one, [1 << 50] * 40)], key=True), key=True)

    body = encoder.encode([block(two, [1 << 50] * 41)])

    assert decoder.decode(body, key=False)[0].layout == two
    assert len(plain(body)) < 100


def test_a_layout_is_one_object_within_a_chain_and_after_a_key_frame():
    encoder, decoder = ColumnEncoder(), ColumnDecoder()
    tick = block(layout(Kind.INTEGER, Kind.FLOAT), [1, 2])

    first, second, third = (
        decoder.decode(encoder.encode([tick], key=key), key=key)[0].layout
        for key in (True, False, True)
    )

    assert first is second
    assert second is third


def test_an_equal_layout_of_another_object_is_not_named_again():
    encoder = ColumnEncoder()
    encoder.encode([block(layout(Kind.INTEGER), [1])], key=True)

    body = encoder.encode([block(layout(Kind.INTEGER), [1])])

    assert len(plain(body)) < 20


def test_a_frame_out_of_its_order_is_refused_until_the_next_key_frame():
    encoder, decoder = ColumnEncoder(), ColumnDecoder()
    tick = block(layout(Kind.INTEGER), [1])
    key, _lost, after = encoder.encode([tick], key=True), encoder.encode([tick]), None
    after = encoder.encode([tick])
    decoder.decode(key, key=True)

    with pytest.raises(ProtocolError, match="frame 2 of its chain where 1 was expected"):
        decoder.decode(after, key=False)
    with pytest.raises(ProtocolError, match="send a key frame"):
        decoder.decode(after, key=False)
    assert decoder.decode(key, key=True) == (tick,)


def test_a_key_frame_is_not_taken_for_another_and_not_the_other_way():
    encoder = ColumnEncoder()
    tick = block(layout(Kind.INTEGER), [1])
    key, later = encoder.encode([tick], key=True), encoder.encode([tick])

    with pytest.raises(ProtocolError):
        fresh_key(later)
    decoder = ColumnDecoder()
    decoder.decode(key, key=True)
    with pytest.raises(ProtocolError):
        decoder.decode(key, key=False)


def test_an_encoder_starts_with_a_key_frame_and_needs_one_after_an_error():
    encoder = ColumnEncoder()
    tick = block(layout(Kind.INTEGER), [1])

    assert encoder.must_key
    with pytest.raises(InputError, match="key frame"):
        encoder.encode([tick])
    encoder.encode([tick], key=True)
    assert not encoder.must_key
    with pytest.raises(InputError, match="2 values"):
        encoder.encode([Block(tick.layout, array("q", [1]), array("q", [1, 2]))])
    assert encoder.must_key


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (block(Layout((Series("", (), "f", Kind.INTEGER),)), [1]), "0 bytes"),
        (block(Layout((Series("m" * 2000, (), "f", Kind.INTEGER),)), [1]), "2000 bytes"),
        (block(Layout((Series("m", (("b", "1"), ("a", "2")), "f", Kind(1)),)), [1]), "sorted"),
        (block(Layout((Series("\udcff", (), "f", Kind.INTEGER),)), [1]), "not Unicode"),
        (block(Layout((Series("m", (), "f", Kind(1)),) * 2), [1, 1]), "twice"),
        (block(layout(Kind.STRING), [1], strings=("a",)), "string 1 of 1"),
        (block(layout(Kind.STRING), [0], strings=("\udcff",)), "not Unicode"),
        (block(layout(Kind.INTEGER), [1], present=b""), "0 marks"),
    ],
)
def test_a_block_that_cannot_be_written_is_refused(bad, text):
    with pytest.raises(InputError, match=text):
        ColumnEncoder().encode([bad], key=True)


SMALL = Limits(
    series=8, layouts=4, placed=16, columns=6, cells=40, rows=4, blocks=3, strings=3, tags=2
)


@pytest.mark.parametrize(
    "blocks",
    [
        [block(layout(*[Kind.INTEGER] * 7), [0] * 7)],
        [block(layout(*[Kind.INTEGER] * 6, name=name), [0] * 6) for name in "ab"],
        [block(layout(Kind.INTEGER), *[[0]] * 5)],
        [block(layout(*[Kind.INTEGER] * 6), *[[0] * 6] * 4)] * 2,
        [block(layout(Kind.INTEGER), [0])] * 4,
        [block(layout(Kind.STRING), *[[n] for n in range(4)], strings=tuple("abcd"))],
    ],
    ids=["columns", "series", "rows", "cells", "blocks", "strings"],
)
def test_both_ends_keep_to_the_limits(blocks):
    with pytest.raises(LimitExceeded):
        ColumnEncoder(SMALL).encode(blocks, key=True)
    body = ColumnEncoder().encode(blocks, key=True)
    with pytest.raises(ProtocolError):
        ColumnDecoder(SMALL).decode(body, key=True)


def test_a_crowded_chain_asks_for_a_key_frame_and_forgets_with_it():
    encoder = ColumnEncoder(SMALL)
    due = []
    for n, name in enumerate("abcdefgh"):
        key = encoder.must_key
        due.append(key)
        encoder.encode([block(layout(Kind.INTEGER, name=name), [n])], key=key)

    assert due == [True, False, False, True, False, False, True, False]


def test_a_chain_that_does_not_fit_goes_on_with_a_key_frame():
    encoder = ColumnEncoder(SMALL)
    wide = [block(layout(*[Kind.INTEGER] * 5, name=name), [1] * 5) for name in "ab"]
    encoder.encode(wide[:1], key=True)

    with pytest.raises(LimitExceeded, match="10 series since the last key frame"):
        encoder.encode(wide[1:])
    assert encoder.must_key
    assert fresh_key(encoder.encode(wide[1:], key=True)) == tuple(wide[1:])


def test_a_bomb_is_refused_before_it_is_decompressed():
    body = zstandard.ZstdCompressor(level=19).compress(bytes(64 << 20))

    with pytest.raises(ProtocolError, match="declares 67108864 bytes"):
        fresh_key(body)


def test_a_frame_that_hides_its_size_is_refused():
    writer = zstandard.ZstdCompressor().compressobj()

    with pytest.raises(ProtocolError, match="declares"):
        fresh_key(writer.compress(b"abc") + writer.flush())


GROUP = [1, 7, 1, 0x6D, 0, 1, 1, 1, 0x66]  # one integer


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([1], "frame 1"),
        ([0], "ends inside a number"),
        ([0, 1 << 40], "groups"),
        ([0, 1, 5], "ends inside 5 bytes"),
        ([0, 1, 6, 1, 0x6D, 0, 1, 9, 1], "unknown kind 9"),
        ([0, 1, 2, 1, 0xFF], "not UTF-8"),
        ([0, 0, 1, 1, 0, 1], "from series 0 of 0"),
        ([0, 0, 0, 0, 1, 0, 2], "layout 0 of 0"),
        ([0, 1, 6, 1, 0x6D, 0, 1, 1, 1], "inside 1 bytes"),
        ([0, *GROUP, 1, 2, 0, 1, 1, 1], "holds a series twice"),
        ([0, 2, *GROUP[1:], *GROUP[1:], 1, 2, 0, 2], "holds a series twice"),
        ([0, *GROUP, 1, 1, 0, 1, 0, 1, 0, 0xFF, 0xFF, 15], "131071 rows of 1 columns are too many"),
        ([0, 0, 0, 0, 0, 0], "1 bytes too many"),
    ],
)
def test_a_malformed_frame_is_refused_with_its_reason(numbers, text):
    data = bytearray()
    for number in numbers:
        put_varint(data, number) if number > 255 else data.append(number)

    with pytest.raises(ProtocolError, match=text):
        fresh_key(zstandard.compress(bytes(data)))


def test_damaged_frames_give_blocks_or_a_protocol_error():
    body = ColumnEncoder().encode([ROWS, ROWS], key=True)

    check_truncations(fresh_key, body)
    check_trailing(fresh_key, body)
    check_bit_flips(fresh_key, body)


def test_damaged_contents_of_a_frame_give_blocks_or_a_protocol_error():
    def decode(data: bytes) -> object:
        return fresh_key(zstandard.compress(data))

    data = plain(ColumnEncoder().encode([ROWS, ROWS], key=True))

    check_truncations(decode, data)
    check_trailing(decode, data)
    check_bit_flips(decode, data)


@given(st.binary(max_size=200))
def test_arbitrary_contents_give_blocks_or_a_protocol_error(data):
    check_any_bytes(fresh_key, data)
    check_any_bytes(lambda data: fresh_key(zstandard.compress(data)), b"\0" + data)


def example() -> list[Block]:
    tags = (("cpu", "cpu0"),)
    shape = Layout(
        (Series("cpu", tags, "usage_idle", Kind.FLOAT), Series("cpu", tags, "ticks", Kind.INTEGER))
    )
    return [
        block(shape, [double(97.5), 1000]),
        block(shape, [double(97.25), 1003], at=TIME + 1_000_000_000),
    ]


KEY_PARTS = [
    (1, "position 0: a key frame"),
    (1, "one group"),
    (1, "of 34 bytes"),
    (4, 'measurement "cpu"'),
    (1, "one tag"),
    (4, '"cpu"'),
    (5, '"cpu0"'),
    (1, "two fields"),
    (12, 'float "usage_idle"'),
    (7, 'integer "ticks"'),
    (1, "one layout"),
    (1, "of two columns"),
    (2, "from series 0, two of them"),
    (1, "no strings"),
    (1, "one block"),
    (1, "layout 0"),
    (1, "one row, no cell absent"),
    (9, "time 1800000000000000000"),
    (3, "one new mode: column 0, scale 1"),
    (2, "975: 97.5"),
    (2, "1000"),
]
NEXT_PARTS = [
    (1, "position 1"),
    (3, "no groups, layouts, strings"),
    (1, "one block"),
    (1, "layout 0"),
    (1, "one row, no cell absent"),
    (5, "1000000000 ns later; the step becomes that"),
    (3, "one new mode: column 0, scale 2; its last number becomes 0"),
    (3, "9725: 97.25"),
    (1, "3: 1003"),
]


def explained(data: bytes, parts) -> str:
    lines, at = [], 0
    for size, text in parts:
        lines.append(f"{data[at : at + size].hex(' '):<38}{text}\n")
        at += size
    assert at == len(data)
    return f"```\n{''.join(lines)}```\n"


@pytest.mark.parametrize("cells", TWINS)
def test_the_page_of_the_format_explains_every_byte_of_its_example(cells, same_on_page):
    encoder = ColumnEncoder(cells=cells)
    key, later = (encoder.encode([tick], key=not n) for n, tick in enumerate(example()))

    same_on_page("example key", explained(plain(key), KEY_PARTS))
    same_on_page("example next", explained(plain(later), NEXT_PARTS))


def test_the_messages_of_the_example_are_what_the_page_says(same_on_page):
    encoder, decoder = ColumnEncoder(), ColumnDecoder()
    key, _ = (encoder.encode([tick], key=not n) for n, tick in enumerate(example()))
    decoder.decode(key, key=True)

    assert decoder.decode(RECORDED, key=False) == (example()[1],)
    push = b"\x03" + bytes(1) + (2).to_bytes(8, "little") + bytes(8) + RECORDED
    same_on_page(
        "example messages",
        f"```\nPush  {push[:18].hex(' ')}\n      {push[18:].hex(' ')}\nAck   {ACK.hex(' ')}\n```\n",
    )
    agent, hub = LinkCodec(Role.AGENT), LinkCodec(Role.HUB)
    hub.receive(
        agent.send(Hello(versions=(1,), epoch="e", first=1, last=2, time_ns=TIME, facts=Facts()))
    )
    agent.receive(hub.send(Welcome(version=1, node="n", name="a", acked=0, time_ns=TIME)))
    assert agent.send(Push(sequence=2, key=False, body=RECORDED)) == push
    assert hub.send(Ack(sequence=2)) == ACK


@st.composite
def blocks(draw):
    kinds = draw(st.lists(st.sampled_from(Kind), max_size=5))
    rows = draw(st.integers(0, 4))
    cells = rows * len(kinds)
    by_kind = {
        Kind.FLOAT: st.one_of(
            st.floats().map(double),
            st.integers(-9999, 9999).map(lambda n: double(n / 100)),
            st.integers(-(1 << 63), (1 << 63) - 1),
        ),
        Kind.BOOLEAN: st.integers(0, 1),
        Kind.STRING: st.integers(0, 2),
    }
    number = st.integers(-(1 << 63), (1 << 63) - 1)
    present = draw(st.none() | st.binary(min_size=cells, max_size=cells))
    marks = bytes(mark & 1 for mark in present) if present is not None else bytes([1]) * cells
    values = [
        draw(by_kind.get(kinds[cell % len(kinds)], number)) if marks[cell] else 0
        for cell in range(cells)
    ]
    strings = tuple(draw(st.lists(st.text(max_size=4), min_size=3, max_size=3)))
    name = draw(st.sampled_from(["m", "n", "ü"]))
    return Block(
        layout(*kinds, name=name),
        array("q", draw(st.lists(number, min_size=rows, max_size=rows))),
        array("q", values),
        marks if 0 in marks else None,
        strings,
    )


def by_value(block: Block):
    texts = [n for n, series in enumerate(block.layout.series) if series.kind == Kind.STRING]
    width = len(block.layout.series)
    cells = [
        block.strings[cell]
        if n % width in texts and (block.present is None or block.present[n])
        else cell
        for n, cell in enumerate(block.values)
    ]
    return block.layout, block.times, cells, block.present


@settings(max_examples=150)
@given(st.lists(st.lists(blocks(), max_size=3), max_size=4), st.sampled_from([1, 3]))
def test_any_chain_of_blocks_comes_back_and_both_twins_write_the_same(frames, every):
    twins = [(ColumnEncoder(cells=cells), ColumnDecoder(cells=cells)) for cells in TWINS]
    for n, frame in enumerate(frames):
        key = n % every == 0
        bodies = [encoder.encode(frame, key=key) for encoder, _ in twins]
        assert bodies[0] == bodies[-1]
        for _, decoder in twins:
            out = decoder.decode(bodies[0], key=key)
            assert [by_value(block) for block in out] == [by_value(block) for block in frame]

"""Mutated frames and messages against both twins of the codec.

    python tests/fuzz/test_frames.py 1000000 [seed]      as long as you like

A corpus file of `frames` is a chain: each frame's content behind its length (2 bytes, big
endian). Rules: Blocks or ProtocolError; both twins agree; what was decoded can be encoded
and comes back; after a refusal the next key frame is taken.
"""

import random
import sys
from pathlib import Path

import zstandard

from muster.errors import InputError, ProtocolError
from muster.model.inventory import Facts
from muster.model.metric import points_of
from muster.wire.cells import CELLS, PureCells
from muster.wire.columns import ColumnDecoder, ColumnEncoder
from muster.wire.limits import Limits
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import Hello, Welcome

CORPUS = Path(__file__).parent / "corpus"
LIMITS = Limits(plain_bytes=1 << 16, cells=1 << 12, series=256, strings=64)
ODD = (0, 1, 2, 4, 7, 8, 0x48, 0x7F, 0x80, 0x81, 0xFE, 0xFF)
compress = zstandard.ZstdCompressor(level=1).compress


def corpus(kind: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / kind).iterdir())]


def chain_of(data: bytes) -> list[bytes]:
    frames = []
    while len(data) > 2:
        size = int.from_bytes(data[:2], "big")
        frames.append(data[2 : 2 + size])
        data = data[2 + size :]
    return frames


def mutated(data: bytes, chance: random.Random, seeds: list[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(out) + 1)
        match chance.randrange(5):
            case 0 if place < len(out):
                out[place] ^= 1 << chance.randrange(8)
            case 1 if place < len(out):
                out[place] = chance.choice(ODD)
            case 2:
                del out[place : place + chance.randrange(1, 4)]
            case 3:
                out[place:place] = bytes(chance.choice(ODD) for _ in range(chance.randrange(12)))
            case _:
                other = chance.choice(seeds)
                out[place:place] = other[chance.randrange(len(other)) :][:40]
    return bytes(out)


def outcome(decoder: ColumnDecoder, body: bytes, key: bool) -> object:
    try:
        blocks = decoder.decode(body, key=key)
    except ProtocolError:
        return None
    return blocks


def check_chain(frames: list[bytes], good_key: bytes) -> None:
    decoders = [ColumnDecoder(LIMITS, cells=cells) for cells in (PureCells(), CELLS)]
    for n, frame in enumerate(frames):
        body = compress(frame)
        pure, other = (outcome(decoder, body, key=n == 0) for decoder in decoders)
        assert pure == other
        if pure is None:
            break
        check_comes_back(pure)
    for decoder in decoders:
        assert outcome(decoder, compress(good_key), key=True) is not None


def check_comes_back(blocks) -> None:
    try:
        body = ColumnEncoder().encode(blocks, key=True)
    except InputError as error:
        raise AssertionError(f"decoded, but not encodable: {error}") from error
    again = ColumnDecoder().decode(body, key=True)
    assert [repr(list(points_of(b))) for b in again] == [repr(list(points_of(b))) for b in blocks]


def fuzz_frames(runs: int, seed: int) -> None:
    chance, seeds = random.Random(seed), corpus("frames")
    good_key = chain_of(seeds[0])[0]
    parts = [frame for data in seeds for frame in chain_of(data)]
    for data in seeds:
        check_chain(chain_of(data), good_key)
    for _ in range(runs):
        frames = chain_of(chance.choice(seeds))
        hit = chance.randrange(len(frames))
        frames[hit] = mutated(frames[hit], chance, parts)
        check_chain(frames, good_key)


def opened() -> dict[Role, LinkCodec]:
    agent, hub = LinkCodec(Role.AGENT), LinkCodec(Role.HUB)
    hello = Hello(versions=(1,), epoch="e", first=1, last=0, time_ns=0, facts=Facts())
    hub.receive(agent.send(hello))
    agent.receive(hub.send(Welcome(version=1, node="n", name="a", acked=0, time_ns=0)))
    return {Role.AGENT: agent, Role.HUB: hub}


def fuzz_messages(runs: int, seed: int) -> None:
    chance, seeds = random.Random(seed), corpus("link")
    for _ in range(runs):
        data = mutated(chance.choice(seeds), chance, seeds)
        for codec in (*opened().values(), LinkCodec(Role.HUB)):
            try:
                (message,) = codec.receive(data)
            except ProtocolError:
                continue
            assert message is not None


def test_mutated_frames_give_blocks_or_a_protocol_error_in_both_twins():
    fuzz_frames(runs=1_500, seed=3)


def test_mutated_messages_give_messages_or_a_protocol_error():
    fuzz_messages(runs=1_500, seed=4)


if __name__ == "__main__":
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    fuzz_frames(count, seed)
    fuzz_messages(count, seed)

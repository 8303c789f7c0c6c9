"""Mutated bytes against every decoder of what Netdata agents say and hear.

    python -m muster.testing.fuzz_netdata --inputs 5000000 [--seed 1] [--seconds 300]

Whatever arrives ends in values or in an error of ours, and what was taken can be written and
read again; what is read quickly is the same as what is read with care. Inputs are made of sound
ones by flipping, cutting, repeating and mixing; the same seed gives the same inputs. An input
that breaks a rule is printed as hex: it belongs into the corpus of tests/wire/netdata.
"""

import argparse
import sys
import time
from collections.abc import Callable
from random import Random
from typing import NamedTuple, TypeVar

import msgspec

from muster.errors import MusterError
from muster.faces.netdata.tables import Named, columns_of, cut_rows, read_table
from muster.testing import netdata_seeds as seeds
from muster.wire.netdata import claim, discovery, query, token
from muster.wire.netdata.broker import Broker, Connected
from muster.wire.netdata.mqtt import Packet, PacketReader, Publish, pack
from muster.wire.netdata.protobuf import decode, encode
from muster.wire.netdata.questionpackets import plain_reply, pure_reply_of, reply_of
from muster.wire.websocket import Data, WebSocketCodec, pure_whole_message, whole_message

_ODD = bytes((0, 1, 2, 4, 8, 0x0A, 0x0D, 0x20, 0x22, 0x2E, 0x7F, 0x80, 0x81, 0xFE, 0xFF))
_MAX_BYTES = 1 << 20
_BETWEEN_LOOKS = 1_000  # inputs between looks at the clock

Check = Callable[[bytes], None]
T = TypeVar("T")


class Target(NamedTuple):
    """A decoder, and sound bytes for it. `check` raises nothing but our errors."""

    name: str
    check: Check
    seeds: tuple[bytes, ...]


class Broken(NamedTuple):
    """An input that broke a rule, and how."""

    target: str
    data: bytes
    error: Exception


def targets() -> tuple[Target, ...]:
    """Every decoder, each message of Protocol Buffers by itself."""
    return (
        *(Target(kind.__name__, _message(kind), seeds.messages(kind)) for kind in seeds.KINDS),
        Target("packets", _packets, (*map(pack, seeds.packets()), seeds.session())),
        Target("broker", _session, (seeds.session(),)),
        Target("frames", _frames, (seeds.frames(),)),
        Target("claim", _claim, (*seeds.claims(), *seeds.refusals())),
        Target("token", _token, seeds.tokens()),
        Target("discovery", _documents, seeds.documents()),
        Target("query", _query, seeds.queries()),
        Target("reply", _reply, seeds.replies()),
        Target("reply's packet", _packet_of_reply, seeds.reply_packets()),
        Target("single frame", _single_frame, seeds.single_frames()),
        Target("rows", _rows, seeds.rows()),
    )


def run(inputs: int, seed: int, seconds: float = float("inf")) -> tuple[int, Broken | None]:
    """How many inputs were tried, and the first that broke a rule."""
    chance, found = Random(seed), targets()  # noqa: S311 - nothing is kept secret by it
    end = time.monotonic() + seconds
    for number in range(inputs):
        if number % _BETWEEN_LOOKS == 0 and time.monotonic() > end:
            return number, None
        target = found[number % len(found)]
        data = mutated(chance.choice(target.seeds), chance, target.seeds)
        if (error := verdict(target, data)) is not None:
            return number, Broken(target.name, data, error)
    return inputs, None


def verdict(target: Target, data: bytes) -> Exception | None:
    """What an input ends in that is neither values nor an error of ours."""
    try:
        target.check(data)
    except MusterError:
        return None
    except Exception as error:
        return error
    return None


def mutated(data: bytes, chance: Random, others: tuple[bytes, ...]) -> bytes:
    """A sound input that one to four things were done to."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(out) + 1)
        match chance.randrange(7):
            case 0 if place < len(out):
                out[place] ^= 1 << chance.randrange(8)
            case 1 if place < len(out):
                out[place] = chance.choice(_ODD)
            case 2:
                del out[place : place + chance.randrange(1, 4)]
            case 3:
                out[place:place] = bytes(chance.choices(_ODD, k=chance.randrange(12)))
            case 4:
                del out[place:]
            case 5:
                out[place:place] = out[place : place + chance.randrange(64)] * chance.randrange(4)
            case _:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                out[place:place] = other[start : start + 64]
    return bytes(out)


def _message(kind: type[msgspec.Struct]) -> Check:
    def check(data: bytes) -> None:
        _comes_back(decode(kind, data), encode, lambda written: decode(kind, written))

    return check


def _packets(data: bytes) -> None:
    """Cut anywhere, the packets are the same; each can be written and comes back."""
    whole = PacketReader(_MAX_BYTES).feed(data)
    reader, middle = PacketReader(_MAX_BYTES), len(data) // 2
    parts = reader.feed(data[:middle]) + reader.feed(data[middle:])
    _same(_pack(parts), _pack(whole))
    _comes_back(whole, _pack, lambda written: PacketReader(_MAX_BYTES).feed(written))


def _pack(packets: list[Packet]) -> bytes:
    return b"".join(map(pack, packets))


def _session(data: bytes) -> None:
    _serve(Broker(), data)


def _serve(broker: Broker, data: bytes) -> None:
    """As a hub does: whoever connects is let in."""
    for event in broker.receive(data):
        if isinstance(event, Connected):
            broker.accept()
    broker.data_to_send()


def _frames(data: bytes) -> None:
    codec, broker = WebSocketCodec(new_mask=None, max_message_bytes=_MAX_BYTES), Broker()
    for event in codec.receive(data):
        if isinstance(event, Data):
            _serve(broker, event.data)


def _claim(data: bytes) -> None:
    claim.exit_code_of(422, data)
    put = claim.parse_claim(data, seeds.CLAIM_ID)
    _comes_back(put, claim.format_claim, lambda written: claim.parse_claim(written, put.node_id))
    script = claim.format_claim(put, claim.Dialect.SCRIPT)
    _same(claim.format_claim(claim.parse_claim(script, put.node_id)), claim.format_claim(put))


def _token(data: bytes) -> None:
    text = data.decode("latin-1")
    _same(token.encode(*token.decode(text)).reveal().encode(), text.strip().encode())


def _documents(data: bytes) -> None:
    """One document may be two: keys that a reader does not know it passes over."""
    failure = discovery.parse_failure(data)
    if failure is not None:
        again = discovery.parse_failure(discovery.format_failure(failure))
        _same(repr(again).encode(), repr(failure).encode())
    _round(data, discovery.parse_env, discovery.format_env)
    _round(data, discovery.parse_challenge, discovery.format_challenge)
    _round(data, discovery.parse_password_request, discovery.format_password_request)
    _round(data, discovery.parse_credentials, discovery.format_credentials)


def _round(data: bytes, parse: Callable[[bytes], T], format_: Callable[[T], bytes]) -> None:
    """What one reader takes comes back; what it refuses, others may take."""
    try:
        document = parse(data)
    except MusterError:
        return
    _comes_back(document, format_, parse)


def _comes_back(value: T, write: Callable[[T], bytes], read: Callable[[bytes], T]) -> None:
    """What was taken can be written and read again: an error of ours breaks the rule here."""
    try:
        written = write(value)
        again = write(read(written))
    except MusterError as error:
        raise AssertionError(f"taken, but not written and read again: {error}") from error
    _same(again, written)


def _query(data: bytes) -> None:
    asked = query.parse_query(data)
    foreign = {"host", "transfer-encoding", "expect"} & {name for name, _ in asked.headers}
    if asked.method in query.METHODS and not foreign:
        _comes_back(asked, query.encode_query, query.parse_query)


def _reply(data: bytes) -> None:
    """What is read at once is the same as what is read with care."""
    quick = plain_reply(data, _MAX_BYTES)
    reply = query.parse_reply(data, _MAX_BYTES)
    if quick is not None and quick != (reply.msg_id, reply.status, reply.body):
        raise AssertionError(f"read as {quick!r}, with care as {reply!r}")


def _packet_of_reply(data: bytes) -> None:
    quick = reply_of(data, _MAX_BYTES)
    _alike(quick, pure_reply_of(data, _MAX_BYTES))
    if quick is not None:
        packets = [
            each for each in PacketReader(_MAX_BYTES).feed(data) if isinstance(each, Publish)
        ]
        _alike([(each.topic, each.packet_id, each.payload) for each in packets], [quick])


def _single_frame(data: bytes) -> None:
    quick = whole_message(data, _MAX_BYTES)
    _alike(quick, pure_whole_message(data, _MAX_BYTES))
    if quick is not None:
        codec = WebSocketCodec(new_mask=None, max_message_bytes=_MAX_BYTES)
        _alike(codec.receive(bytes(data[:1])) + codec.receive(data[1:]), [Data(quick)])


class _Told(msgspec.Struct):
    result: Named | list[msgspec.Raw]


def _rows(data: bytes) -> None:
    """Rows of a chart that are cut out are those that all of the text gives."""
    start = data.find(b"],") + 2
    if (cut := cut_rows(data, start)) is not None:
        end, times, values = cut
        whole = columns_of(b"[%b]" % data[start:end], len(values))
        _alike((times, values), (whole.times, [*map(bytes, whole.values)]))
    _, labels, columns = read_table(data, _Told)
    for column in columns.values:
        _alike(len(msgspec.json.decode(column, type=list[float | None])), len(columns.times))
    _alike(len(labels), len(columns.values))


def _alike(one: object, other: object) -> None:
    if one != other:
        raise AssertionError(f"{one!r:.200} is not {other!r:.200}")


def _same(one: bytes, other: bytes) -> None:
    if one != other:
        raise AssertionError(f"came back as {one[:64].hex()}, went as {other[:64].hex()}")


def main(arguments: list[str] | None = None) -> int:
    """The command: 0 when no rule was broken, else 1."""
    parser = argparse.ArgumentParser(description="Fuzz the decoders of Netdata's formats.")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    asked = parser.parse_args(arguments)
    tried, broken = run(asked.inputs, asked.seed, asked.seconds)
    if broken is None:
        sys.stdout.write(f"{tried} inputs, no rule broken\n")
        return 0
    told = f"input {tried} of seed {asked.seed}, {broken.target}: {broken.error!r}\n"
    sys.stderr.write(f"{told}{broken.data.hex()}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

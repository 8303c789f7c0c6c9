"""Sound bytes of everything that Netdata agents say and hear, one or two of each.

What mutation starts from (fuzz_netdata.py), and samples for tests: every field is set, to a
value that follows from its name, so the bytes are the same at every run.
"""

import types
from enum import IntEnum
from typing import TypeVar, get_args, get_origin, get_type_hints

import msgspec

from muster.log import Secret
from muster.model.ids import TokenId
from muster.wire.netdata import discovery, token
from muster.wire.netdata.claim import ClaimPut, Dialect, Refusal, format_claim, format_refusal
from muster.wire.netdata.messages import FROM_AGENT, TO_AGENT
from muster.wire.netdata.mqtt import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
    pack,
)
from muster.wire.netdata.mqttfields import Property
from muster.wire.netdata.protobuf import encode
from muster.wire.netdata.query import HttpQuery, HttpReply, encode_query, encode_reply
from muster.wire.netdata.topics import CONNECTION, NAMES, Topics, offered_topics
from muster.wire.websocket import Data, WebSocketCodec

M = TypeVar("M", bound=msgspec.Struct)

CLAIM_ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
NODE_ID = "92990d5d-9c1c-4a53-8b8f-2f5a3a1f0a42"
MACHINE_GUID = "7b7f2c1e-1111-11ef-8000-0242ac110002"
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----\n"
TOPICS = Topics(CLAIM_ID)
KINDS = tuple(dict.fromkeys((*FROM_AGENT.values(), *TO_AGENT.values())))


def sample_of(kind: type[M]) -> M:
    """A message with every field set."""
    hints = get_type_hints(kind)
    return kind(**{name: _value(name, hints[name]) for name in kind.__struct_fields__})


def _value(name: str, type_: object) -> object:
    origin, inner = get_origin(type_), get_args(type_)
    if origin is tuple:
        return (sample_of(inner[0]), inner[0]())
    if origin is types.UnionType:
        return sample_of(inner[0])
    if origin is dict:
        return {name: "\N{SNOWMAN}", "": ""}
    if isinstance(type_, type) and issubclass(type_, IntEnum):
        return list(type_)[-1]
    plain = {str: f"a {name}", bool: True, float: -0.5, int: 1 + sum(name.encode()) ** 2}
    return next(value for kind, value in plain.items() if kind is type_)


def packets() -> tuple[Packet, ...]:
    """One session of an agent and its cloud, and what else there is of MQTT."""
    return (
        Connect(
            client_id=CLAIM_ID,
            username="user",
            password=Secret("password"),
            will=Will(topic=TOPICS.text_of(CONNECTION), payload=b"\x0a\x01x"),
            properties={Property.TOPIC_ALIAS_MAXIMUM: 65_535},
        ),
        Subscribe(packet_id=1, filters=((TOPICS.text_of("inbox-cmd"), 9),)),
        Subscribe(packet_id=2, filters=((TOPICS.text_of("inbox-cmd-v1"), 9),)),
        *_published(3),
        Puback(7),
        Pingreq(),
        Disconnect(),
        Connack(0, False, {Property.MAXIMUM_PACKET_SIZE: 1 << 24}),
        Suback(1, (1, 0x80), {Property.REASON_STRING: "why"}),
        Puback(7, 0x87, {Property.USER: (("a", "b"), ("a", "c"))}),
        Pingresp(),
        Publish(topic="a", payload=b"", properties={Property.CORRELATION_DATA: b"\0\1"}),
        Disconnect(4, {Property.SESSION_EXPIRY: 5}),
    )


def _published(first: int) -> list[Publish]:
    """Two messages of each topic of the outbox: the first names its alias, the second uses it."""
    found: list[Publish] = []
    for alias, name in enumerate(NAMES, 1):
        if name in FROM_AGENT:
            for topic in (TOPICS.text_of(name), ""):
                each = Publish(
                    topic=topic,
                    payload=b"\x0a\x01y",
                    qos=1,
                    packet_id=first + len(found),
                    properties={Property.TOPIC_ALIAS: alias},
                )
                found.append(each)
    return found


def session() -> bytes:
    """What an agent sends from CONNECT to DISCONNECT."""
    ours = packets()
    end = next(at for at, packet in enumerate(ours) if isinstance(packet, Disconnect))
    return b"".join(pack(each) for each in ours[: end + 1] if not isinstance(each, Puback))


def frames() -> bytes:
    """The session in masked frames that are cut where no packet ends."""
    data, codec = session(), WebSocketCodec(new_mask=lambda: b"\x11\x22\x33\x44")
    return b"".join(codec.send(Data(data[at : at + 100])) for at in range(0, len(data), 100))


def claims() -> tuple[bytes, ...]:
    put = ClaimPut(
        node_id=CLAIM_ID,
        hostname="web-1",
        token=Secret("spacetoken"),
        rooms=("5d1c", "all"),
        public_key=PUBLIC_KEY,
        machine_guid=MACHINE_GUID,
    )
    return tuple(format_claim(put, dialect) for dialect in Dialect)


def refusals() -> tuple[bytes, ...]:
    return tuple(format_refusal(refusal, "why") for refusal in Refusal)


def tokens() -> tuple[bytes, ...]:
    return (token.encode(TokenId("a2b3c4d5e6f7g2h3"), Secret("s" * 43)).reveal().encode(),)


def documents() -> tuple[bytes, ...]:
    """All documents of discovery: every decoder of them gets all."""
    env = discovery.Env(
        auth_endpoint="https://hub.example:8443/api/v1/auth",
        transports=(discovery.Transport("MQTTv5", "wss://hub.example:8443/mqtt"),),
    )
    credentials = discovery.Credentials(
        client_id=CLAIM_ID, username="u", password=Secret("p"), topics=offered_topics()
    )
    failure = discovery.Failure(
        error_code="A17",
        error_msg_key="ErrAgentBlocked",
        error_message="text",
        error_non_retryable=True,
        error_retry_delay_seconds=30,
    )
    return (
        discovery.format_env(env),
        discovery.format_challenge(bytes(range(256))),
        discovery.format_password_request(discovery.PasswordRequest(bytes(32), "v2.10.4")),
        discovery.format_credentials(credentials),
        discovery.format_failure(failure),
    )


def queries() -> tuple[bytes, ...]:
    base = HttpQuery(msg_id="9d1c", callback_topic=TOPICS.callback("9d1c"), target="/api/v1/info")
    posted = msgspec.structs.replace(
        base, method="POST", body=b"{}", timeout_ms=10_000, headers=(("Accept-Encoding", "gzip"),)
    )
    return tuple(map(encode_query, (base, posted)))


def replies() -> tuple[bytes, ...]:
    reply = HttpReply(msg_id="9d1c", status=200, body=b'{"a":[1,2,3]}' * 9, sent_us=5_000_001)
    late = HttpReply(msg_id="9d1c", status=503, error_code=6, error_description="late")
    return (
        encode_reply(reply, stale=b"stale"),
        encode_reply(reply, encoding="gzip", stale=b"stale"),
        encode_reply(reply, encoding="deflate"),
        encode_reply(late),
    )


def reply_packets() -> tuple[bytes, ...]:
    """A reply as it comes, acknowledged and not."""
    topic, (payload, *_) = TOPICS.callback("9d1c"), replies()
    return tuple(
        pack(Publish(topic=topic, payload=payload, qos=qos, packet_id=7 * qos)) for qos in (0, 1)
    )


def single_frames() -> tuple[bytes, ...]:
    """A message each, of both lengths that most are of."""
    codec = WebSocketCodec(new_mask=lambda: b"\x11\x22\x33\x44")
    return tuple(codec.send(Data(data)) for data in (b"short", *reply_packets()))


def rows() -> tuple[bytes, ...]:
    """Tables of charts, in the forms that agents are asked for."""
    return (
        b'{"result":[["time","a","b"],\n[103,3,null],\n[102,2.5,-1e-7]],"view":{"update_every":1}}',
        b'{"result":{"labels":["time","a"],"data":[[103,[3,0,1]],[102,[null,0,0]]]},"db":{}}',
        b'{"view_update_every":2,"result":{"labels":["time","a","a"],"data":[[4,1,2],[2,0,9]]}}',
        b'{"result":[]]}',
    )


def messages(kind: type[msgspec.Struct]) -> tuple[bytes, ...]:
    """One with every field, one with none."""
    return (encode(sample_of(kind)), encode(kind()))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import LimitExceeded
from muster.log import Secret
from muster.testing import netdata_seeds as seeds
from muster.testing.codec_rules import check_any_bytes
from muster.wire.netdata.broker import (
    MAX_EARLY,
    MAX_FROM_AGENT,
    MAX_TO_AGENT,
    MAX_UNACKNOWLEDGED,
    ORDER,
    Acknowledged,
    Broker,
    Connected,
    Disconnected,
    Published,
    State,
    Subscribed,
)
from muster.wire.netdata.messages import FROM_AGENT, CreateNodeInstanceResult, DisconnectReq
from muster.wire.netdata.mqtt import (
    Connack,
    Connect,
    Disconnect,
    PacketReader,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
    pack,
)
from muster.wire.netdata.mqttfields import MqttError, Property, Reason
from muster.wire.netdata.protobuf import encode
from muster.wire.netdata.topics import COMMAND, COMMAND_V1, CONNECTION, HTTP, NAMES
from muster.wire.websocket import WebSocketCodec

TOPICS = seeds.TOPICS
WILL = Will(topic=TOPICS.text_of(CONNECTION), payload=b"gone")


def connect(**changes):
    fields = {
        "client_id": seeds.CLAIM_ID, "username": "u", "password": Secret("p"), "will": WILL,
    }  # fmt: skip
    return Connect(**{**fields, **changes})


def published(topic, payload=b"x", packet_id=1, alias=0, **fields):
    properties = {Property.TOPIC_ALIAS: alias} if alias else {}
    fields = {"qos": 1, "packet_id": packet_id, "properties": properties, **fields}
    return Publish(topic=topic, payload=payload, **fields)


def open_broker(**options):
    broker = Broker(**options)
    broker.receive(pack(connect()))
    broker.accept()
    broker.data_to_send()
    return broker


def sent(broker):
    return [packet for data in broker.data_to_send() for packet in PacketReader(1 << 20).feed(data)]


def refused(broker, packet):
    with pytest.raises(MqttError) as caught:
        broker.receive(pack(packet))
    return caught.value.reason


def test_a_client_asks_and_is_let_in():
    broker = Broker()
    (event,) = broker.receive(pack(connect()))

    assert isinstance(event, Connected)
    assert (event.client_id, event.user, event.keep_alive_s) == (seeds.CLAIM_ID, "u", 60)
    assert event.password.reveal() == "p"
    assert event.will == WILL
    assert sent(broker) == []
    assert broker.accept() == []
    (answer,) = sent(broker)
    assert (answer.reason, answer.session_present) == (0, False)


def test_connack_announces_no_small_packets_and_room_for_every_alias():
    broker = Broker()
    broker.receive(pack(connect()))
    broker.accept()
    (answer,) = sent(broker)

    assert answer.properties[Property.MAXIMUM_PACKET_SIZE] >= 16 << 20
    assert answer.properties[Property.TOPIC_ALIAS_MAXIMUM] >= len(NAMES)


def test_a_client_is_refused_with_a_reason_and_no_more_is_read():
    broker = Broker()
    broker.receive(pack(connect()))
    broker.refuse(Reason.BANNED)

    assert sent(broker) == [Connack(Reason.BANNED)]
    assert broker.receive(pack(Pingreq())) == []
    assert broker.state is State.CLOSED


def test_an_agent_hears_its_own_two_inboxes():
    broker = open_broker()
    events = []
    for number, name in enumerate((COMMAND, COMMAND_V1), 1):
        packet = Subscribe(packet_id=number, filters=((TOPICS.text_of(name), 0x09),))
        events += broker.receive(pack(packet))

    assert events == [Subscribed(COMMAND), Subscribed(COMMAND_V1)]
    assert sent(broker) == [Suback(1, (1,)), Suback(2, (1,))]


@pytest.mark.parametrize(
    "topic", ["#", "/agent/+/inbox/cmd", "/agent/other/inbox/cmd", TOPICS.text_of(CONNECTION)]
)
def test_nobody_hears_anything_else(topic):
    packet = Subscribe(packet_id=1, filters=((topic, 9),))

    assert refused(open_broker(), packet) is Reason.NOT_AUTHORIZED


def test_every_message_is_acknowledged_and_named():
    broker = open_broker()
    topic = TOPICS.text_of(CONNECTION)
    events = broker.receive(pack(published(topic, b"one", 7)))

    assert events == [Published(CONNECTION, topic, b"one")]
    assert broker.data_to_send() == [bytes.fromhex("40020007")]


def test_aliases_are_numbered_in_the_order_of_the_list():
    broker = open_broker()
    named = []
    for alias, name in enumerate(NAMES, 1):
        if name in (COMMAND, COMMAND_V1):
            continue
        topic = TOPICS.text_of(name)
        first = broker.receive(pack(published(topic, b"1", alias=alias)))
        second = broker.receive(pack(published("", b"2", alias=alias)))
        named += [event.name for event in first + second]
        assert second == [Published(name, topic, b"2")]

    assert named == [name for name in NAMES if not name.startswith("inbox") for _ in range(2)]


def test_an_alias_that_was_not_defined_ends_the_connection():
    assert refused(open_broker(), published("", alias=3)) is Reason.PROTOCOL_ERROR
    assert refused(open_broker(), published("")) is Reason.PROTOCOL_ERROR


def test_an_alias_beyond_the_list_ends_the_connection():
    topic = TOPICS.text_of(CONNECTION)

    assert refused(open_broker(), published(topic, alias=24)) is Reason.TOPIC_ALIAS_INVALID


def test_alias_0_ends_the_connection():
    packet = published(TOPICS.text_of(CONNECTION), properties={Property.TOPIC_ALIAS: 0})

    assert refused(open_broker(), packet) is Reason.TOPIC_ALIAS_INVALID


def test_aliases_end_with_their_connection():
    topic = TOPICS.text_of(CONNECTION)
    open_broker().receive(pack(published(topic, alias=3)))

    assert refused(open_broker(), published("", alias=3)) is Reason.PROTOCOL_ERROR


def test_replies_to_queries_come_without_an_alias():
    topic = TOPICS.callback("9d1c")

    assert open_broker().receive(pack(published(topic))) == [Published(HTTP, topic, b"x")]


@pytest.mark.parametrize(
    "topic",
    [
        "/agent/other/outbox/v1/agent-connection",
        "/agent/other/outbox/http/9d1c",
        TOPICS.text_of(COMMAND),
        TOPICS.command("DisconnectReq"),
        f"/agent/{seeds.CLAIM_ID}/outbox/v1/unknown",
    ],
)
def test_nobody_publishes_to_anything_else(topic):
    broker = open_broker()

    assert refused(broker, published(topic)) is Reason.NOT_AUTHORIZED
    assert sent(broker) == []


def test_a_message_to_be_kept_is_refused():
    packet = published(TOPICS.text_of(CONNECTION), retain=True)

    assert refused(open_broker(), packet) is Reason.RETAIN_NOT_SUPPORTED


def test_a_ping_is_answered():
    broker = open_broker()

    assert broker.receive(pack(Pingreq())) == []
    assert sent(broker) == [Pingresp()]


@pytest.mark.parametrize(
    ("reason", "with_will"), [(Reason.SUCCESS, False), (Reason.DISCONNECT_WITH_WILL, True)]
)
def test_a_good_end_says_whether_the_will_is_to_be_done(reason, with_will):
    broker = open_broker()

    assert broker.receive(pack(Disconnect(reason))) == [Disconnected(reason, with_will)]
    assert broker.state is State.CLOSED


def test_nothing_is_read_after_the_end():
    broker = open_broker()
    broker.receive(pack(Disconnect()))

    assert broker.receive(b"\xff" * 10) == []


def test_a_packet_after_the_end_in_the_same_frame_breaks_the_order():
    with pytest.raises(MqttError, match="closed"):
        open_broker().receive(pack(Disconnect()) + pack(Pingreq()))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": ""}, Reason.BAD_CLIENT_ID),
        ({"client_id": "a/b"}, Reason.BAD_CLIENT_ID),
        ({"username": None}, Reason.BAD_CREDENTIALS),
        ({"password": None}, Reason.BAD_CREDENTIALS),
        ({"will": Will(topic="/agent/other", payload=b"")}, Reason.NOT_AUTHORIZED),
    ],
)
def test_a_connect_that_cannot_be_has_its_reason_and_may_be_told(changes, reason):
    broker = Broker()

    assert refused(broker, connect(**changes)) is reason
    broker.refuse(reason)
    assert sent(broker) == [Connack(reason)]


@pytest.mark.parametrize("packet", [Pingreq(), Disconnect(), published("/a"), Connack()])
def test_nothing_comes_before_connect(packet):
    assert refused(Broker(), packet) is Reason.PROTOCOL_ERROR


@pytest.mark.parametrize("packet", [connect(), Connack(), Suback(1, (1,)), Pingresp()])
def test_what_a_client_never_sends_ends_the_connection(packet):
    assert refused(open_broker(), packet) is Reason.PROTOCOL_ERROR


def test_what_is_sent_ahead_of_the_answer_waits_for_it():
    broker = Broker()
    early = pack(connect()) + pack(published(TOPICS.text_of(CONNECTION)))

    assert [type(event) for event in broker.receive(early)] == [Connected]
    assert broker.receive(pack(Pingreq())) == []
    assert sent(broker) == []
    assert [event.name for event in broker.accept()] == [CONNECTION]
    assert [type(each) for each in sent(broker)] == [Connack, Puback, Pingresp]


def test_a_stranger_may_send_little():
    broker = Broker()
    broker.receive(pack(connect()))
    with pytest.raises(MqttError, match="before CONNACK"):
        for _ in range(MAX_EARLY // 1_000 + 1):
            broker.receive(bytes.fromhex("c000") * 500)


def test_a_stranger_cannot_announce_a_large_packet():
    with pytest.raises(MqttError) as caught:
        Broker().receive(bytes.fromhex("10ffff7f"))

    assert caught.value.reason is Reason.PACKET_TOO_LARGE


def test_an_agent_may_send_a_large_reply():
    broker = open_broker()
    payload = bytes(512 << 10)
    data = pack(published(TOPICS.callback("9d1c"), payload))
    cut = [broker.receive(data[at : at + 65_000]) for at in range(0, len(data), 65_000)]

    assert cut[:-1] == [[]] * (len(cut) - 1)
    assert cut[-1][0].payload == payload


def test_a_packet_above_the_limit_is_refused():
    broker = open_broker(max_packet_bytes=1_000)
    packet = published(TOPICS.callback("9d1c"), bytes(1_000))

    assert refused(broker, packet) is Reason.PACKET_TOO_LARGE
    assert MAX_FROM_AGENT >= 16 << 20


def test_commands_go_by_their_names_and_queries_to_the_inbox():
    broker = open_broker()
    broker.send_command(CreateNodeInstanceResult(node_id="n", machine_guid="m"))
    broker.send_query(b"{}")

    first, second = sent(broker)
    assert first.topic == TOPICS.command("CreateNodeInstanceResult")
    assert first.payload == bytes.fromhex("0a016e12016d")
    assert (second.topic, second.payload) == (TOPICS.text_of(COMMAND), b"{}")
    assert (first.qos, first.properties) == (0, {})


def test_an_acknowledgement_of_the_agent_is_told_once():
    broker = open_broker()
    packet_id = broker.send_command(DisconnectReq(), qos=1)

    assert sent(broker)[0].packet_id == packet_id == 1
    assert broker.receive(pack(Puback(1))) == [Acknowledged(1)]
    assert refused(broker, Puback(1)) is Reason.PROTOCOL_ERROR


def test_packet_ids_go_round_and_pass_over_those_in_use():
    broker = open_broker()
    kept = broker.publish("/a", b"", qos=1)
    for expected in (*range(2, 65_536), 2):
        assert broker.publish("/a", b"", qos=1) == expected
        broker.receive(pack(Puback(expected)))
        broker.data_to_send()

    assert kept == 1


def test_an_agent_that_acknowledges_nothing_is_sent_no_more():
    broker = open_broker()
    for _ in range(MAX_UNACKNOWLEDGED):
        broker.publish("/a", b"", qos=1)

    with pytest.raises(LimitExceeded, match="acknowledged"):
        broker.publish("/a", b"", qos=1)
    assert broker.publish("/a", b"") == 0


def test_nothing_of_128_kib_goes_to_an_agent():
    broker = open_broker()
    topic = TOPICS.text_of(COMMAND)
    head = len(pack(Publish(topic=topic, payload=bytes(MAX_TO_AGENT - 200)))) - MAX_TO_AGENT + 200
    broker.publish(topic, bytes(MAX_TO_AGENT - head))
    with pytest.raises(LimitExceeded) as caught:
        broker.publish(topic, bytes(MAX_TO_AGENT - head + 1))

    assert caught.value.status == 413
    (data,) = broker.data_to_send()
    assert len(data) == MAX_TO_AGENT < (128 << 10) - 10


def test_each_packet_goes_out_by_itself():
    broker = open_broker()
    broker.receive(pack(Pingreq()) * 3)

    assert broker.data_to_send() == [bytes.fromhex("d000")] * 3
    assert broker.data_to_send() == []


@pytest.mark.parametrize("call", [lambda broker: broker.publish("/a", b""),
                                  lambda broker: broker.send_query(b""),
                                  lambda broker: broker.accept()])  # fmt: skip
def test_nothing_is_said_to_nobody(call):
    with pytest.raises(MqttError):
        call(Broker())


def test_a_client_that_was_let_in_cannot_be_refused():
    with pytest.raises(MqttError, match="cannot be refused"):
        open_broker().refuse(Reason.BANNED)


def test_a_session_cut_anywhere_gives_the_same_events():
    def events(size):
        broker, found = Broker(), []
        data = seeds.session()
        for at in range(0, len(data), size):
            for event in broker.receive(data[at : at + size]):
                if isinstance(event, Connected):
                    found += broker.accept()
                else:
                    found.append(event)
        return found

    whole = events(1)
    assert len(whole) > 20
    assert events(13) == events(100) == whole


@given(st.binary(max_size=60))
def test_any_bytes_of_an_agent_give_events_or_an_error(data):
    check_any_bytes(lambda each: open_broker().receive(each), data)


def test_the_order_is_that_of_the_format_page():
    assert {
        (state.value, packet.__name__): then.value for (state, packet), then in ORDER.items()
    } == {
        ("new", "Connect"): "asked",
        ("open", "Subscribe"): "open",
        ("open", "Publish"): "open",
        ("open", "Puback"): "open",
        ("open", "Pingreq"): "open",
        ("open", "Disconnect"): "closed",
    }


def test_the_payload_of_a_message_is_its_bytes():
    message = CreateNodeInstanceResult(node_id="n")
    packet = published(TOPICS.text_of("create-node-instance"), encode(message))
    (event,) = open_broker().receive(pack(packet))

    assert event.payload == b"\x0a\x01n"


def test_a_session_in_frames_that_end_inside_packets_is_a_whole_one():
    codec, broker, names = WebSocketCodec(new_mask=None), Broker(), []
    for frame in codec.receive(seeds.frames()):
        for event in broker.receive(frame.data):
            if isinstance(event, Connected):
                broker.accept()
            names.append(type(event))

    assert names[0] is Connected
    assert names[-1] is Disconnected
    assert names.count(Published) == 2 * len(FROM_AGENT)


def test_topics_that_carry_nothing_any_more_do_no_harm():
    broker = open_broker()
    for name in ("chart", "alarms", "meta", "reset-charts", "alarm-health"):
        assert broker.receive(pack(published(TOPICS.text_of(name))))[0].name == name

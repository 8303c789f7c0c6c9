import pytest

from muster.log import Secret
from muster.testing.netdata.mqttclient import (
    Acknowledged,
    Command,
    Connected,
    Credentials,
    Ended,
    MqttClient,
    Ponged,
    Subscribed,
    TooLarge,
    packet_ids,
)
from muster.testing.netdata.violation import Violation
from muster.wire.netdata.mqtt import (
    Connack,
    Disconnect,
    PacketReader,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    pack,
)
from muster.wire.netdata.mqttfields import Property

TOPICS = [
    ("inbox-cmd", "/agent/c/inbox/cmd"),
    ("inbox-cmd-v1", "/agent/c/inbox/v1/+"),
    ("agent-connection", "/agent/c/outbox/v1/agent-connection"),
]
WHO = Credentials("c", "user", Secret("password"))


@pytest.fixture
def client():
    made = MqttClient(TOPICS, packet_ids(), packet_max=1000)
    made.receive(pack(Connack()))
    return made


def read(data):
    return PacketReader(1 << 20).feed(data)


def test_connect_is_byte_for_byte_what_agents_send():
    data = MqttClient(TOPICS, packet_ids(), packet_max=1000).connect(WHO, b"will")

    assert data[2:18] == b"\x00\x04MQTT\x05\xd6\x00\x3c\x03\x22\xff\xff\x00\x01"
    (packet,) = read(data)
    assert (packet.will.topic, packet.will.payload) == (TOPICS[2][1], b"will")


def test_two_subscriptions_with_the_options_of_agents(client):
    first, second = read(client.subscribe())

    assert [first.filters, second.filters] == [
        (("/agent/c/inbox/cmd", 0x09),),
        (("/agent/c/inbox/v1/+", 0x09),),
    ]
    assert client.receive(pack(Suback(first.packet_id, (1,)))) == ([], b"")
    assert client.receive(pack(Suback(second.packet_id, (1,))))[0] == [Subscribed()]


def test_a_topic_is_named_once_and_goes_by_its_alias_from_then_on(client):
    sent = [read(client.publish("agent-connection", b"x")[1])[0] for _ in range(2)]

    assert [each.topic for each in sent] == [TOPICS[2][1], ""]
    assert [each.properties for each in sent] == [{Property.TOPIC_ALIAS: 3}] * 2
    assert client.publish("agent-connection", b"x")[1][0] == 0x32


def test_replies_have_no_alias(client):
    (packet,) = read(client.publish("/agent/c/outbox/http/1", b"x")[1])

    assert (packet.topic, packet.properties) == ("/agent/c/outbox/http/1", {})


def test_packet_ids_run_on_over_connections_and_begin_again_at_one():
    ids = packet_ids()
    first, second = (MqttClient(TOPICS, ids, packet_max=1000) for _ in range(2))
    last = [each.publish("x", b"")[0] for each in (first, second)]

    assert last == [1, 2]
    assert [next(ids) for _ in range(65_534)][-1] == 1


def test_a_message_is_acknowledged_before_anything_is_done(client):
    message = Publish(topic="/agent/c/inbox/v1/DisconnectReq", payload=b"p", qos=1, packet_id=9)

    assert client.receive(pack(message)) == ([Command("DisconnectReq", b"p")], pack(Puback(9)))


def test_a_message_of_qos_0_is_not(client):
    message = Publish(topic="/agent/c/inbox/cmd", payload=b"p")

    assert client.receive(pack(message)) == ([Command("cmd", b"p")], b"")


def test_the_rest_is_told_as_it_comes(client):
    packet_id, _ = client.publish("agent-connection", b"x")
    assert client.unacknowledged == {packet_id}
    data = pack(Puback(packet_id)) + pack(Pingresp()) + pack(Disconnect())

    assert client.receive(data)[0] == [Acknowledged(packet_id), Ponged(), Ended(0)]
    assert (client.unacknowledged, client.acknowledged) == (set(), 1)
    assert read(client.ping() + client.disconnect()) == [Pingreq(), Disconnect()]


def test_a_refusal_is_told():
    fresh = MqttClient(TOPICS, packet_ids(), packet_max=1000)

    assert fresh.receive(pack(Connack(0x87)))[0] == [Connected(0x87)]


def test_a_small_maximum_packet_size_is_kept_to():
    fresh = MqttClient(TOPICS, packet_ids(), packet_max=1000)
    fresh.receive(pack(Connack(properties={Property.MAXIMUM_PACKET_SIZE: 100})))

    with pytest.raises(TooLarge):
        fresh.publish("agent-connection", b"x" * 100)


@pytest.mark.parametrize(
    ("packet", "section"),
    [
        (Connack(), "5.2"),
        (Puback(77), "5.3"),
        (Suback(77, (1,)), "5.3"),
        (Pingreq(), "5.3"),
        (Publish(topic="", payload=b"", properties={Property.TOPIC_ALIAS: 1}), "5.2"),
        (Publish(topic="/agent/c/other", payload=b""), "4.3"),
        (Publish(topic="/agent/d/inbox/cmd", payload=b""), "4.3"),
        (Publish(topic="/agent/c/inbox/cmd", payload=b"x" * 1000), "5.3"),
    ],
)
def test_a_packet_the_agent_cannot_use_is_a_violation(client, packet, section):
    with pytest.raises(Violation) as raised:
        client.receive(pack(packet))

    assert raised.value.section == section


def test_nothing_comes_before_the_connack():
    with pytest.raises(Violation, match="before CONNACK"):
        MqttClient(TOPICS, packet_ids(), packet_max=1000).receive(pack(Pingresp()))


def test_a_refused_subscription_is_a_violation(client):
    first, _ = read(client.subscribe())

    with pytest.raises(Violation, match="refused"):
        client.receive(pack(Suback(first.packet_id, (0x87,))))

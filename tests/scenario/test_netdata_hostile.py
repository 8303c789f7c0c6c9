"""What a broken or hostile agent sends ends its own link, and harms nobody else."""

import pytest
from netdatasim import Fleet, eventually
from processes import Hub, free_port_base

from muster.wire.netdata.mqtt import Publish, Subscribe, pack
from muster.wire.netdata.mqttfields import Property

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


def packet(topic, payload=b"", **properties):
    return pack(Publish(topic=topic, payload=payload, qos=1, packet_id=60_000, **properties))


HOSTILE = {  # raw packets, or a topic and its payload
    "an alias that was never defined": packet("", properties={Property.TOPIC_ALIAS: 9}),
    "an alias that cannot be": packet("", properties={Property.TOPIC_ALIAS: 60_000}),
    "another agent's topic": packet(
        "/agent/00000000-0000-4000-8000-000000000000/outbox/v1/agent-connection"
    ),
    "its own inbox": ("/agent/{claim}/inbox/cmd", b""),
    "a message that is none": ("/agent/{claim}/outbox/v1/node-instance-info", b"\x0a\xff"),
    "a packet of 200 MB": b"\x32\x80\x84\xaf\x5f",
    "a kind that is none": b"\x00\x00",
    "a packet id of 0": b"\x32\x05\x00\x01a\x00\x00",
    "another's inbox": pack(
        Subscribe(packet_id=3, filters=(("/agent/00000000/inbox/v1/+", 0x09),))
    ),
    "CONNECT once more": b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00",
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_what_breaks_the_wire_ends_that_link_alone(hub, what):
    async with Fleet(hub) as fleet:
        bad, good = await fleet.join(), await fleet.join()
        if isinstance(HOSTILE[what], bytes):
            bad.link.send_packets(HOSTILE[what])
        else:
            topic, payload = HOSTILE[what]
            bad.link.publish(topic.format(claim=bad.disk.claim_id), payload)
        await bad.until(lambda: bad.onlines == 2)  # cut off, and let in again

        assert good.onlines == 1
        assert good.is_online
        await fleet.until_node(good.own, "live")


async def test_a_text_frame_ends_the_link(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        agent.link.send_frames(
            b"\x81\x84mask" + bytes(a ^ b for a, b in zip(b"text", b"mask", strict=True))
        )
        await agent.until(lambda: agent.onlines == 2)


async def test_replies_that_nobody_asked_for_are_passed_over(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        for payload in (b"", b"{}", b'{"type":"http","msg-id":"x"}\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'):
            agent.link.publish(f"/agent/{agent.disk.claim_id}/outbox/http/unknown", payload)
        assert (await fleet.netdata(agent.own, "info"))["machine"] == agent.own.machine_guid

        async def answered():
            status, _ = await fleet.try_call(
                "GET",
                f"/api/v1/nodes/{agent.own.node_id}/netdata/data?context=system.cpu&after=-5",
            )
            return status == 200

        await eventually("values are answered", answered)
        assert agent.onlines == 1

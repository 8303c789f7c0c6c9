"""Answers that are passed on where they are read, and what is left to the link."""

import asyncio

from linkdesk import LinkDesk

from muster.faces.netdata.queries import Question
from muster.wire.netdata.mqtt import Puback, Publish, pack
from muster.wire.netdata.query import HttpReply, encode_reply, parse_query


async def asked(desk, agent, told):
    """A question that is with the agent, and the packet of its answer."""
    queries = desk.links.link_of(agent_node(desk)).queries
    queries.put(Question(target="/api/v1/info", headers=()), told.append)
    query = parse_query((await agent.hear("cmd")).payload)
    reply = encode_reply(HttpReply(msg_id=query.msg_id, status=200, body=b"{}"))
    topic = query.callback_topic
    return pack(Publish(topic=topic, payload=reply, qos=1, packet_id=4_000))


def agent_node(desk):
    return next(iter(desk.core.nodes))


async def test_an_answer_is_told_where_it_is_read_and_acknowledged_soon():
    desk, told = LinkDesk(), []
    async with desk.online() as agent:
        data = await asked(desk, agent, told)
        desk.clock.advance(3)
        is_done = agent.socket.look(data)
        link = desk.links.link_of(agent_node(desk))
        heard, now = link.heard, desk.clock.monotonic()
        acknowledged = await agent.packet()

    assert (is_done, told) == (True, [(200, b"{}")])
    assert heard == now
    assert acknowledged == Puback(4_000)


async def test_what_is_no_whole_answer_is_left_to_the_link():
    desk, told = LinkDesk(), []
    async with desk.online() as agent:
        data = await asked(desk, agent, told)
        other = pack(Publish(topic=agent.topics.text_of("chart"), payload=b"", qos=1, packet_id=9))
        looked = [agent.socket.look(each) for each in (data[:-1], data + b"\0", other, b"")]
        before = list(told)
        agent.socket.to_hub.put_nowait(data[:-1])  # and then nothing is quick any more
        await asyncio.sleep(0)
        looked.append(agent.socket.look(data))
        agent.socket.to_hub.put_nowait(data[-1:])
        await agent.settled()

    assert looked == [False] * 5
    assert (before, told) == ([], [(200, b"{}")])


async def test_a_link_whose_pace_is_spent_has_its_answers_wait():
    desk, told = LinkDesk(messages_per_second=1), []
    async with desk.online() as agent:
        data = await asked(desk, agent, told)
        link = desk.links.link_of(agent_node(desk))
        while link._pace.has(1):
            link._pace.spend(1)

        assert not agent.socket.look(data)
        desk.clock.advance(60)
        link._pace.spend(0)
        assert agent.socket.look(data)


async def test_who_was_told_to_go_is_not_listened_to():
    desk, told = LinkDesk(), []
    async with desk.online() as agent:
        data = await asked(desk, agent, told)
        await desk.links.link_of(agent_node(desk)).leave("superseded", "another")

        assert not agent.socket.look(data)

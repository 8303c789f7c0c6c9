"""An agent written out by hand talks to one link, over a socket that is two queues."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkdesk import CLAIM, MACHINE, NODE, SESSION, LinkDesk

from muster.core.enrolment.holders import IdentityCopied
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.errors import Unavailable
from muster.faces.netdata.queries import Question
from muster.model.inventory import NodeState
from muster.wire.netdata.messages import SendNodeInstances, UpdateAgentConnection
from muster.wire.netdata.mqtt import Pingreq, Pingresp, Publish, Will
from muster.wire.netdata.mqttfields import Reason
from muster.wire.netdata.protobuf import encode
from muster.wire.netdata.query import HttpReply, encode_reply, parse_query

OTHER_CLAIM = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a922"


@pytest.fixture
def desk():
    return LinkDesk()


async def closed(agent):
    async with asyncio.timeout(60):
        await agent.serving
    return agent.socket.closed


async def test_an_agent_that_is_reachable_is_live_and_asked_for_its_nodes(desk):
    async with desk.open() as agent:
        agent.connect()
        assert await agent.connack() == Reason.SUCCESS
        agent.subscribe()
        agent.reachable()
        asked = await agent.hear("SendNodeInstances")

        assert (asked.claim_id, desk.state()) == (CLAIM, (NodeState.LIVE, ""))
        link = desk.core_links.session_of(NODE).link
        assert (link.dialect, link.address, link.via) == ("netdata", "192.0.2.7", "")
        assert desk.around.counts.opened == 1


async def test_before_it_says_that_it_is_reachable_a_node_is_not_live(desk):
    async with desk.open() as agent:
        agent.connect()
        await agent.connack()

        assert desk.state()[0] is NodeState.STALE


async def test_nodes_are_asked_for_again_after_five_and_ten_seconds(desk):
    async with desk.online() as agent:
        desk.clock.advance(4)
        desk.links.look()
        assert agent.waiting() == []
        desk.clock.advance(1)
        desk.links.look()
        await agent.hear("SendNodeInstances")
        desk.clock.advance(5)
        desk.links.look()
        await agent.hear("SendNodeInstances")
        desk.clock.advance(30)
        desk.links.look()

        assert agent.waiting() == []


async def test_the_listener_lets_in_somebody_else_once_an_agent_is_in(desk):
    async with desk.open() as agent:
        await asyncio.sleep(0)
        early = desk.let_in
        agent.connect()
        await agent.connack()

        assert (early, desk.let_in) == (0, 1)


async def test_the_listener_does_not_wait_for_a_refused_agent_to_go(desk):
    async with desk.open() as agent:
        agent.connect(password="guessed")
        refused = await agent.connack()

        assert (refused == Reason.SUCCESS, desk.let_in) == (False, 1)


async def test_that_a_node_is_in_use_is_noted_before_its_agent_is_let_in(desk):
    async with desk.open() as agent:
        assert desk.core.used == set()
        agent.connect()
        await agent.connack()

        assert desk.core.used == {NODE}


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_a_wrong_password_opens_nothing(desk, password):
    async with desk.open() as agent:
        agent.connect(password)
        reason = await agent.connack()
        await closed(agent)
        assert desk.core.used == set()

        assert reason == Reason.BAD_CREDENTIALS
        assert desk.core_links.session_of(NODE) is None
        assert desk.around.counts.refused == 1


async def test_a_password_is_good_once(desk):
    async with desk.open() as agent:
        agent.connect()
        await agent.connack()
    async with desk.open() as agent:
        agent.connect()

        assert await agent.connack() == Reason.BAD_CREDENTIALS


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("node_revoked", Reason.BANNED),
        ("node_removed", Reason.BANNED),
        ("claim_replaced", Reason.NOT_AUTHORIZED),
    ],
)
async def test_a_claim_that_opens_no_link_any_more_is_refused(desk, code, reason):
    desk.core.refused = KeyClaimRefused(code, "no")
    async with desk.open() as agent:
        agent.connect()

        assert await agent.connack() == reason


async def test_a_node_that_is_revoked_while_it_connects_is_cut_off(desk):
    kept, desk.core.key_of = desk.core.key_of, lambda id: desk.core.claims[id]
    looked = []

    def key_of(id):
        looked.append(id)
        if len(looked) == 2:
            desk.core.refused = KeyClaimRefused("node_revoked", "revoked")
        return kept(id)

    desk.core.key_of = key_of
    async with desk.open() as agent:
        agent.connect()
        await closed(agent)

        assert desk.core_links.session_of(NODE) is None


async def test_who_does_not_say_in_time_who_it_is_is_closed_on(desk):
    async with desk.open() as agent:
        await asyncio.sleep(0)
        desk.clock.advance(11)
        desk.links.look()
        await closed(agent)

        assert agent.socket.closed[0] == 1008


async def test_silence_of_one_and_a_half_keep_alives_ends_a_link(desk):
    async with desk.online() as agent:
        desk.clock.advance(89)
        desk.links.look()
        agent.send(Pingreq())
        while not isinstance(await agent.packet(), Pingresp):
            pass
        desk.clock.advance(89)
        desk.links.look()
        assert desk.core_links.session_of(NODE) is not None
        desk.clock.advance(2)
        desk.links.look()
        await closed(agent)

        state, cause = desk.state()
        assert state is NodeState.OFFLINE
        assert "no word from the agent for 91 s" in cause


async def test_a_text_frame_ends_the_link(desk):
    async with desk.online() as agent:
        agent.socket.to_hub.put_nowait("text")
        await closed(agent)

        assert desk.around.counts.broken == 1
        assert "a text frame" in desk.state()[1]


@pytest.mark.parametrize("data", [b"\x00\x00", b"\xf0\xff\xff\xff\xff\xff", b"\x32\x03\x00\x01x"])
async def test_bytes_that_are_no_mqtt_end_the_link_alone(desk, data):
    desk.core.add_node("other", "other")
    desk.core.add_claim(OTHER_CLAIM, "other", "7b7f2c1e-1111-11ef-8000-0242ac110009")
    async with desk.online(OTHER_CLAIM), desk.online() as agent:
        agent.socket.to_hub.put_nowait(data)
        await closed(agent)

        assert desk.state()[0] is NodeState.OFFLINE
        assert desk.state("other")[0] is NodeState.LIVE
        assert desk.around.counts.broken == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=4), st.booleans())
def test_whatever_bytes_come_end_the_link_or_do_nothing(frames, is_open):
    async def send_all():
        desk = LinkDesk()
        async with desk.open() as agent:
            if is_open:
                agent.connect()
                await agent.connack()
            for frame in frames:
                agent.socket.to_hub.put_nowait(frame)
            agent.socket.to_hub.put_nowait(None)
            await agent.serving
            assert len(desk.links) == 0

    asyncio.run(send_all())


async def test_a_message_that_is_no_protobuf_ends_the_link(desk):
    async with desk.online() as agent:
        agent.publish("node-instance-connection", b"\xff\xff\xff")
        await closed(agent)

        assert desk.around.counts.broken == 1


async def test_a_topic_of_another_agent_ends_the_link(desk):
    async with desk.online() as agent:
        topic = f"/agent/{OTHER_CLAIM}/outbox/v1/node-instance-info"
        agent.send(Publish(topic=topic, payload=b"", qos=1, packet_id=9))
        await closed(agent)

        assert desk.around.counts.broken == 1


async def test_a_topic_that_carries_nothing_any_more_is_acknowledged_and_passed_over(desk):
    async with desk.online() as agent:
        agent.publish("chart", b"\xff")
        await agent.settled()

        assert desk.state()[0] is NodeState.LIVE


async def test_a_packet_may_come_in_pieces_and_frames_hold_several(desk):
    async with desk.online() as agent:
        agent.reachable()
        agent.report()
        both = agent.socket.to_hub.get_nowait() + agent.socket.to_hub.get_nowait()
        for at in range(0, len(both), 7):
            agent.socket.to_hub.put_nowait(both[at : at + 7])
        await agent.hear("ContextsCheckpoint")


async def test_a_farewell_takes_the_node_offline_and_says_so(desk):
    async with desk.online() as agent:
        agent.goodbye()
        await closed(agent)

        assert desk.state() == (
            NodeState.OFFLINE,
            "Since 08:00 UTC: the agent said goodbye.",
        )


async def test_a_connection_that_ends_without_a_word_is_what_the_will_is_for(desk):
    async with desk.online() as agent:
        await agent.socket.close()
        await closed(agent)

        assert desk.state()[1] == "Since 08:00 UTC: the connection was lost."


async def test_a_farewell_of_an_older_session_is_passed_over(desk):
    async with desk.online() as agent:
        agent.reachable(False, session_id=SESSION - 1)
        await agent.settled()

        assert desk.state()[0] is NodeState.LIVE


async def test_after_a_claim_anew_the_farewell_may_name_the_claim_before(desk):
    async with desk.online() as agent:
        agent.reachable(False, claim_id=OTHER_CLAIM)
        await agent.settled()

        assert desk.state()[0] is NodeState.OFFLINE


async def test_reachable_in_another_claims_name_ends_the_link(desk):
    async with desk.open() as agent:
        agent.connect()
        await agent.connack()
        agent.reachable(claim_id=OTHER_CLAIM)
        await closed(agent)

        assert desk.around.counts.broken == 1


async def test_a_will_that_cannot_be_read_is_refused(desk):
    async with desk.open() as agent:
        topic = agent.topics.text_of("agent-connection")
        agent.connect(will=Will(topic=topic, payload=b"\xff"))

        assert await agent.connack() == Reason.MALFORMED_PACKET


async def test_a_revoked_node_is_told_that_it_is_banned_and_cut_off(desk):
    async with desk.online() as agent:
        cutting = asyncio.ensure_future(desk.core_links.cut(NODE, "revoked", "revoked at the hub"))
        told = await agent.hear("DisconnectReq")
        agent.goodbye()
        async with asyncio.timeout(60):
            await cutting

        assert (told.permaban, told.error_description) == (True, "revoked at the hub")
        assert desk.core_links.session_of(NODE) is None
        assert desk.state()[0] is NodeState.OFFLINE


async def test_an_agent_that_does_not_go_when_told_is_closed_on(desk):
    async with desk.online() as agent:
        await desk.core_links.cut(NODE, "revoked", "revoked at the hub")

        assert agent.socket.closed
        assert desk.core_links.session_of(NODE) is None


async def test_what_a_banned_agent_still_says_changes_nothing(desk):
    async with desk.online() as agent:
        cutting = asyncio.ensure_future(desk.core_links.cut(NODE, "revoked", "revoked at the hub"))
        await agent.hear("DisconnectReq")
        agent.report(live=True)
        agent.reachable()
        await cutting

        assert desk.core_links.session_of(NODE) is None


async def test_a_hub_that_stops_says_when_to_come_back(desk):
    async with desk.online() as agent:
        closing = asyncio.ensure_future(desk.core_links.close_all("the hub is stopping", 2.0))
        told = await agent.hear("DisconnectReq")
        agent.goodbye()
        await closing

        assert (told.reconnect_after_seconds, told.permaban) == (2, False)


async def test_a_hub_that_stops_waits_for_no_agent_that_stays(desk):
    async with desk.online() as agent:
        await desk.core_links.close_all("the hub is stopping", 2.0)

        assert desk.core_links.session_of(NODE) is None
        assert not agent.socket.closed


async def test_an_agent_that_comes_again_takes_over_when_the_older_link_is_dead(desk):
    async with desk.online() as older:
        async with desk.online(session=SESSION + 1) as newer:
            await closed(older)
            newer.report()
            await newer.hear("ContextsCheckpoint")

            assert desk.state()[0] is NodeState.LIVE
            assert desk.core.met[0].holder.instance
        assert desk.state()[0] is NodeState.OFFLINE


async def test_the_end_of_an_older_link_does_not_take_the_newer_one_along(desk):
    async with desk.online() as older, desk.online(session=SESSION + 1):
        await older.socket.close()
        await closed(older)

        assert desk.state()[0] is NodeState.LIVE


async def test_a_copy_is_turned_away_while_the_first_answers(desk):
    async with desk.online():
        desk.core.copy = IdentityCopied("in use by another machine", 5)
        desk.core.passwords[CLAIM] = "once"
        async with desk.open(address="198.51.100.9") as copy:
            copy.connect()

            assert await copy.connack() == Reason.NOT_AUTHORIZED
        assert desk.core.met[0].address == "198.51.100.9"
        assert desk.state()[0] is NodeState.LIVE


async def test_two_machines_behind_one_address_are_told_apart(desk):
    async with desk.online():
        first = desk.core_links.session_of(NODE).held_by
        desk.core.copy = IdentityCopied("in use by another machine", 5)
        desk.core.passwords[CLAIM] = "once"
        async with desk.open() as copy:
            copy.connect()
            await copy.connack()

        assert desk.core.met[0].holder.instance != first.holder.instance


async def test_a_claim_anew_while_online_takes_over_without_talk_of_copies(desk):
    async with desk.online() as older:
        desk.core.add_claim(OTHER_CLAIM, NODE, MACHINE)
        async with desk.online(OTHER_CLAIM):
            await closed(older)

            assert desk.core.met == []
            assert desk.links.reach(NODE).claim_id == OTHER_CLAIM


async def test_an_agent_that_acknowledges_is_alive(desk):
    async with desk.online() as agent:
        asking = asyncio.ensure_future(desk.core_links.session_of(NODE).is_alive())
        await agent.hear("SendNodeInstances")

        assert await asking


async def test_a_question_goes_to_the_agent_and_its_answer_comes_back(desk):
    async with desk.online() as agent:
        queries = desk.links.reach(NODE).queries
        asking = asyncio.ensure_future(queries.ask(Question(target="/api/v1/info", headers=())))
        query = parse_query((await agent.hear("cmd")).payload)
        reply = encode_reply(HttpReply(msg_id=query.msg_id, status=200, body=b"{}"))
        agent.send(Publish(topic=query.callback_topic, payload=reply, qos=1, packet_id=99))

        assert (await asking).body == b"{}"


async def test_questions_fail_at_once_when_the_link_ends(desk):
    async with desk.online() as agent:
        queries = desk.links.reach(NODE).queries
        asking = asyncio.ensure_future(queries.ask(Question(target="/api/v1/info", headers=())))
        await agent.hear("cmd")
        await agent.socket.close()

        with pytest.raises(Unavailable, match="connection was lost"):
            await asking


async def test_messages_beyond_the_pace_wait(desk):
    slow = LinkDesk(messages_per_second=10)
    async with slow.online() as agent:
        for _ in range(90):
            agent.report()
        await agent.settled()

        assert slow.state()[0] is NodeState.LIVE


async def test_an_agent_that_takes_nothing_is_cut_off(desk):
    small = LinkDesk(backlog=3)
    async with small.online() as agent:
        agent.socket.stuck = True
        link = small.links.link_of(NODE)
        for _ in range(5):
            link.say(SendNodeInstances())
        agent.socket.stuck = False

        assert "messages wait" in link.reason


async def test_a_session_of_an_earlier_will_is_known(desk):
    lost = UpdateAgentConnection(claim_id=CLAIM, session_id=SESSION + 5)
    async with desk.open() as agent:
        topic = agent.topics.text_of("agent-connection")
        agent.connect(will=Will(topic=topic, payload=encode(lost)))
        await agent.connack()
        agent.reachable()
        await agent.settled()

        assert desk.state()[0] is NodeState.STALE

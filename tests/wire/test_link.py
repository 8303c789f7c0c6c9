import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded, ProtocolError
from muster.model.inventory import Facts
from muster.testing.codec_rules import check_any_bytes, check_bit_flips, check_truncations
from muster.wire.link import (
    FORMS,
    LEGAL,
    LinkCodec,
    Role,
    State,
    UnsupportedVersion,
    common_version,
)
from muster.wire.messages import (
    Ack,
    Answer,
    Ask,
    Beat,
    Fork,
    Goodbye,
    Hello,
    Later,
    Push,
    Renew,
    Renewed,
    Welcome,
)

HELLO = Hello(versions=(1,), epoch="e", first=1, last=0, time_ns=7, facts=Facts(hostname="a"))
WELCOME = Welcome(version=1, node="id", name="a", acked=0, time_ns=8)
FROM_AGENT = [
    Push(sequence=1, key=True, body=b"frame", unsent=12),
    Push(sequence=(1 << 63) - 1, key=False, body=b""),
    Beat(time_ns=5, echo_ns=3),
    Answer(id=1, result={"a": [1, 2.5, None, "x", {"b": True}]}),
    Answer(id=2, error="no such method"),
    Renew(request="-----BEGIN CERTIFICATE REQUEST-----"),
]
FROM_HUB = [
    Ack(sequence=4),
    Later(acked=3, retry_after_s=5.0, reason="the disk is full"),
    Beat(time_ns=5),
    Ask(id=1, method="status", arguments={"top": 5}),
    Renewed(chain="pem", anchors="pem"),
    Fork(token="muster-claim", text="copied"),
]


def opened() -> tuple[LinkCodec, LinkCodec]:
    agent, hub = LinkCodec(Role.AGENT), LinkCodec(Role.HUB)
    assert hub.receive(agent.send(HELLO)) == [HELLO]
    assert agent.receive(hub.send(WELCOME)) == [WELCOME]
    return agent, hub


def open_hub(data: bytes):
    return opened()[1].receive(data)


def open_agent(data: bytes):
    return opened()[0].receive(data)


def test_everything_that_may_be_said_arrives_as_it_was_said():
    agent, hub = opened()

    assert [hub.receive(agent.send(message)) for message in FROM_AGENT] == [[m] for m in FROM_AGENT]
    assert [agent.receive(hub.send(message)) for message in FROM_HUB] == [[m] for m in FROM_HUB]
    assert hub.version == agent.version == 1


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_only_what_the_table_allows_can_be_said_or_heard(role, state):
    messages = [HELLO, WELCOME, *FROM_AGENT, *FROM_HUB, Goodbye(code="shutdown")]
    kinds = {type(message): message for message in messages}
    for kind, message in kinds.items():
        sender, hearer = at(role, state), at(other(role), state)
        if (role, state, kind) in LEGAL:
            assert hearer.receive(sender.send(message)) == [message]
            assert sender.state == hearer.state == LEGAL[role, state, kind]
        else:
            with pytest.raises(InputError, match=f"the {role} can't say {kind.__name__.lower()}"):
                sender.send(message)
            with pytest.raises(ProtocolError, match=f"the {role} can't say .*the link is {state}"):
                hearer.receive(raw(message))


def other(role: Role) -> Role:
    return Role.HUB if role is Role.AGENT else Role.AGENT


BYE = Goodbye(code="shutdown")
PATHS = {
    State.NEW: [],
    State.GREETED: [(Role.AGENT, HELLO)],
    State.OPEN: [(Role.AGENT, HELLO), (Role.HUB, WELCOME)],
    State.AGENT_LEFT: [(Role.AGENT, HELLO), (Role.AGENT, BYE)],
    State.HUB_LEFT: [(Role.HUB, BYE)],
    State.ENDED: [(Role.AGENT, HELLO), (Role.AGENT, BYE), (Role.HUB, BYE)],
}


def at(role: Role, state: State) -> LinkCodec:
    codecs = {each: LinkCodec(each) for each in Role}
    for speaker, message in PATHS[state]:
        codecs[other(speaker)].receive(codecs[speaker].send(message))
    assert codecs[role].state == state
    return codecs[role]


def raw(message) -> bytes:
    """A message's bytes in whatever state it may be said."""
    for role, state, kind in LEGAL:
        if kind is type(message):
            return at(role, state).send(message)
    raise AssertionError(message)


def test_a_copy_can_be_told_to_fork_instead_of_being_welcomed():
    agent, hub = LinkCodec(Role.AGENT), LinkCodec(Role.HUB)
    hub.receive(agent.send(HELLO))
    fork = Fork(token="secret-token", text="copied")

    assert agent.receive(hub.send(fork)) == [fork]
    assert "secret-token" not in repr(fork)
    assert agent.receive(hub.send(Goodbye(code="identity_copied")))


def test_the_highest_common_version_is_chosen():
    hub = LinkCodec(Role.HUB, versions=(1, 2, 3))
    hub.receive(LinkCodec(Role.AGENT).send(msgspec.structs.replace(HELLO, versions=(1, 2, 7))))

    assert hub.version == 2
    with pytest.raises(InputError, match="version 1 where 2"):
        hub.send(WELCOME)


def test_without_a_common_version_the_hub_says_why_and_leaves():
    agent, hub = LinkCodec(Role.AGENT), LinkCodec(Role.HUB)
    hello = agent.send(msgspec.structs.replace(HELLO, versions=(7, 9)))

    with pytest.raises(UnsupportedVersion, match=r"speaks protocol versions \[7, 9\].*\[1\]") as e:
        hub.receive(hello)
    (goodbye,) = agent.receive(hub.send(Goodbye(code=e.value.code, text=str(e.value))))

    assert goodbye.code == "unsupported_version"
    assert agent.state == State.HUB_LEFT


def test_a_welcome_in_a_version_nobody_offered_is_refused():
    agent = LinkCodec(Role.AGENT)
    agent.send(HELLO)

    with pytest.raises(UnsupportedVersion, match="the hub chose protocol version 2"):
        agent.receive(b"\x02" + msgspec.msgpack.encode(msgspec.structs.replace(WELCOME, version=2)))


def test_no_version_in_common_names_both_sides():
    with pytest.raises(UnsupportedVersion, match="update the older"):
        common_version((1,), ())


def test_after_a_broken_message_only_a_goodbye_is_left():
    agent, hub = opened()

    with pytest.raises(ProtocolError):
        hub.receive(b"\xff")
    with pytest.raises(ProtocolError, match="after a broken message"):
        hub.receive(agent.send(Beat(time_ns=1)))
    with pytest.raises(InputError, match="after a broken message"):
        hub.send(Ack(sequence=1))
    assert agent.receive(hub.send(Goodbye(code="protocol_error")))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "empty"),
        (b"\x00", "no message begins with byte 0"),
        (b"\x0c\x80", "no message begins with byte 12"),
        (b"\x03\x00", "head of a push"),
        (b"\x03\x02" + bytes(16), "unknown flags of a push: 0x02"),
        (b"\x03\x01" + b"\xff" * 16, "more than 63 bits"),
        (b"\x06\x80", "missing required field `time_ns`"),
        (b"\x06\x81\xa7time_ns\xff", ">= 0"),
        (b"\x06\x81\xa7time_ns\x01\x00", "trailing"),
        (b"\x06\x81\xa4name\xa1\xff", "beat"),
        (b"\x06" + bytes(2000), "of 2001 bytes"),
        (b"\x08\x82\xa2id\x01\xa6result" + b"\x91" * 5000, "answer"),
        (b"\x08\x82\xa2id\x01\xa6result" + b"\x91" * 40 + b"\xc0", "32 deep"),
        (b"\x08\x82\xa2id\x01\xa6result\xd4\x05\x00", "Ext"),
        (b"\x08\x82\xa2id\x01\xa6result\xc4\x01\x00", "bytes"),
        (b"\x08\x82\xa2id\x01\xa6result\x81\x01\x02", "not text"),
        (b"\x08\x82\xa2id\x01\xa6result\xdd\xff\xff\xff\xff", "truncated"),
        (b"\x01\x80", "can't say hello|missing"),
    ],
)
def test_what_is_malformed_is_refused_with_its_reason(data, text):
    with pytest.raises(ProtocolError, match=text):
        open_hub(data)


def test_a_field_nobody_knows_yet_is_passed_over():
    assert open_hub(b"\x06\x82\xa7time_ns\x05\xa3new\x01") == [Beat(time_ns=5)]


def test_frames_are_bounded_by_what_the_hub_said():
    agent, hub = LinkCodec(Role.AGENT), LinkCodec(Role.HUB)
    hub.receive(agent.send(HELLO))
    agent.receive(hub.send(msgspec.structs.replace(WELCOME, max_frame_bytes=65_536)))
    push = Push(sequence=1, key=True, body=bytes(65_536))

    data = agent.send(push)

    with pytest.raises(LimitExceeded, match="65537 bytes"):
        agent.send(Push(sequence=1, key=True, body=bytes(65_537)))
    assert hub.receive(data) == [push]
    with pytest.raises(ProtocolError, match="a push of"):
        hub.receive(data + b"\0")


def test_a_reason_that_is_too_long_is_cut():
    agent, hub = opened()

    (goodbye,) = agent.receive(hub.send(Goodbye(code="internal", text="x" * 10_000)))

    assert goodbye.text == "x" * 4_095 + "…"


@pytest.mark.parametrize(
    "message",
    [
        Answer(id=1, result=b"bytes"),
        Answer(id=1, result=object()),
        Answer(id=1, result="\udcff"),
        Answer(id=-1),
        Renew(request="\udcff"),
        Push(sequence=-1, key=True, body=b""),
    ],
)
def test_what_the_peer_would_refuse_is_not_sent(message):
    agent, hub = opened()

    with pytest.raises(InputError):
        agent.send(message)
    assert hub.receive(agent.send(Beat(time_ns=1)))


def test_an_answer_that_is_too_long_is_not_sent():
    agent, _hub = opened()

    with pytest.raises(LimitExceeded, match="at most 1048576"):
        agent.send(Answer(id=1, result="x" * (1 << 20)))


def test_damaged_messages_give_messages_or_a_protocol_error():
    agent, hub = opened()
    for message in FROM_AGENT[2:]:
        check_truncations(open_hub, agent.send(message))
        check_bit_flips(open_hub, agent.send(message))
    for message in FROM_HUB:
        check_truncations(open_agent, hub.send(message))
    check_bit_flips(lambda data: LinkCodec(Role.HUB).receive(data), raw(HELLO))
    check_bit_flips(open_hub, agent.send(FROM_AGENT[0]))


@given(st.integers(0, 24), st.binary(max_size=80))
def test_arbitrary_messages_give_messages_or_a_protocol_error(number, data):
    check_any_bytes(open_hub, bytes((number,)) + data)
    check_any_bytes(LinkCodec(Role.HUB).receive, bytes((number,)) + data)


def test_the_page_of_the_format_shows_the_legal_order(same_on_page):
    rows = ["| state | agent may say | hub may say |\n|---|---|---|\n"]
    for state in State:
        cells = []
        for role in Role:
            after = {kind: then for (r, s, kind), then in LEGAL.items() if (r, s) == (role, state)}
            stay = [kind.__name__ for kind, then in after.items() if then is state]
            move = [f"{kind.__name__} → *{t}*" for kind, t in after.items() if t is not state]
            cells.append(", ".join(move + stay) or "nothing")
        rows.append(f"| *{state}* | {cells[0]} | {cells[1]} |\n")

    same_on_page("order", "".join(rows))


def test_the_page_of_the_format_shows_the_length_of_each_message(same_on_page):
    rows = ["| message | said by | bytes at most |\n|---|---|---|\n"]
    for kind, form in FORMS.items():
        speakers = [role for role in Role if any((role, s, kind) in LEGAL for s in State)]
        limit = f"{form.limit} + frame" if kind is Push else f"{form.limit:,}"
        rows.append(f"| {kind.__name__} | {', '.join(speakers)} | {limit} |\n")

    same_on_page("forms", "".join(rows))

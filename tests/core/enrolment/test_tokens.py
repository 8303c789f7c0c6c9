"""Claim tokens, as admins make and end them."""

from datetime import timedelta

import pytest

from muster.core.enrolment import tokens
from muster.core.enrolment.tokens import Addresses, TokenLimits
from muster.errors import Denied, InputError, LimitExceeded, NotFound
from muster.model.access import Actor, Role
from muster.pki.proof import proof_key
from muster.testing.house import ADDRESSES, OPERATOR
from muster.wire.claimtoken import decode_token
from muster.wire.netdata import token as netdata

NOWHERE = "00000000-0000-4000-8000-000000000000"


def member(house, role=Role.ADMIN):
    return Actor(name="ada", roles={house.space.id: role})


async def test_a_token_carries_address_pins_and_a_secret_of_which_only_the_hash_stays(house):
    made = await house.tokens.create(member(house), house.space.id, uses=3, description="quay")
    token = decode_token(made.text.reveal())

    assert token.addresses == ("hub.example:8402", "10.0.0.1:8402")
    assert token.pins == house.authority.pins
    assert token.id == made.record.id
    assert made.record.created_by == "ada"
    assert token.secret.reveal() not in repr(made)


async def test_a_token_written_for_netdata_agents_is_the_same_right_and_proves_as_well(house):
    made = await house.tokens.create(OPERATOR, house.space.id, dialect="netdata")
    id, secret = netdata.decode(made.text.reveal())

    assert id == made.record.id
    assert proof_key(secret) == house.records.tokens.token(id).proof_key


async def test_no_two_tokens_are_alike(house):
    made = [await house.token() for _ in range(20)]

    assert len({token.id for token in made}) == 20
    assert len({token.secret.reveal() for token in made}) == 20


async def test_rooms_go_by_name_or_id_and_a_new_name_makes_a_room(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    made = await house.tokens.create(OPERATOR, house.space.id, rooms=["edge", "lab"])
    again = await house.tokens.create(OPERATOR, house.space.id, rooms=[room.id, "lab"])

    assert made.record.rooms == again.record.rooms
    assert (made.new_rooms, again.new_rooms) == (("lab",), ())
    assert [each.name for each in house.inventory.rooms(OPERATOR)] == ["edge", "lab"]
    with pytest.raises(NotFound):
        await house.tokens.create(OPERATOR, house.space.id, rooms=[NOWHERE])


@pytest.mark.parametrize(
    "options",
    [
        {"lifetime": timedelta(0)},
        {"lifetime": timedelta(days=31)},
        {"uses": 0},
        {"uses": 1001},
        {"rooms": ["r"] * 101},
        {"rooms": ["a\n"]},
        {"rooms": [""]},
        {"description": "x" * 201},
        {"description": "a\nb"},
        {"limits": TokenLimits(networks=("10.0.0.0/33",))},
        {"limits": TokenLimits(networks=("10.0.0.0/8",) * 65)},
        {"limits": TokenLimits(hosts=("",))},
        {"limits": TokenLimits(hosts=("*a*a*a*a*",))},
        {"limits": TokenLimits(labels={"Not A Key": "x"})},
        {"limits": TokenLimits(labels={"a": "x\ny"})},
        {"limits": TokenLimits(per_hour=-1)},
        {"limits": TokenLimits(per_hour=100_001)},
        {"limits": TokenLimits(ephemeral_s=59)},
        {"limits": TokenLimits(ephemeral_s=367 * 86_400)},
    ],
)
async def test_every_limit_holds(house, options):
    with pytest.raises(InputError):
        await house.tokens.create(OPERATOR, house.space.id, **options)

    assert house.tokens.tokens(OPERATOR) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_admins_have_to_do_with_tokens(house, role):
    token, actor = await house.token(), member(house, role)

    with pytest.raises(Denied):
        await house.tokens.create(actor, house.space.id)
    with pytest.raises(Denied):
        await house.tokens.revoke(actor, token.id)
    with pytest.raises(Denied):
        house.tokens.tokens(actor)


async def test_tokens_of_another_space_do_not_exist(house):
    token = await house.token()
    stranger = Actor(name="sam", roles={NOWHERE: Role.ADMIN})

    assert house.tokens.tokens(stranger) == []
    with pytest.raises(NotFound):
        house.tokens.token(stranger, token.id)
    with pytest.raises(NotFound):
        await house.tokens.revoke(stranger, token.id)
    with pytest.raises(NotFound):
        await house.tokens.create(stranger, house.space.id)


async def test_a_token_tells_who_came_in_by_it(house):
    token = await house.token(uses=2)
    house.clock.advance(5)
    node = (await house.claim(token)).node
    record, claims = house.tokens.token(member(house), token.id)

    assert record.used == 1
    assert [(each.node, each.name) for each in claims] == [(node.id, "web")]
    assert claims[0].claimed_ns == house.clock.now_ns()


async def test_ended_tokens_are_forgotten_after_a_while(house):
    await house.token()
    house.clock.advance(91 * 86_400)
    token = await house.token()

    assert [each.id for each in house.tokens.tokens(OPERATOR)] == [token.id]


async def test_no_token_is_forgotten_by_a_clock_that_has_leapt(house):
    first = await house.token()
    house.tokens._may_forget = lambda: False
    house.clock.advance(91 * 86_400)
    second = await house.token()

    assert [each.id for each in house.tokens.tokens(OPERATOR)] == [second.id, first.id]


async def test_a_hub_keeps_only_so_many(house, monkeypatch):
    monkeypatch.setattr(tokens, "MAX_TOKENS", 2)
    await house.token()
    await house.token()

    with pytest.raises(LimitExceeded):
        await house.token()


def test_a_node_is_sent_to_the_agents_port_under_the_name_it_came_by():
    assert ADDRESSES.agents("10.0.0.1") == "10.0.0.1:8401"
    assert ADDRESSES.agents("evil.example") == "hub.example:8401"
    assert ADDRESSES.agents() == "hub.example:8401"


def test_a_token_takes_no_more_addresses_than_its_format():
    many = Addresses(hosts=tuple(f"h{n}" for n in range(20)), enrol_port=1, agents_port=2)

    assert len(many.enrol()) == 8


async def test_limits_are_kept_in_one_form(house):
    limits = TokenLimits(
        labels={"b": "2", "a": "1"},
        networks=("10.1.2.3/16", "10.1.0.0/16", "192.0.2.7"),
        hosts=("Web-*",),
        per_hour=5,
        ephemeral_s=3600,
    )
    made = await house.tokens.create(OPERATOR, house.space.id, limits=limits)
    kept = house.tokens.token(OPERATOR, made.record.id)[0]

    assert kept == made.record
    assert list(kept.labels) == ["a", "b"]
    assert kept.networks == ("10.1.0.0/16", "192.0.2.7/32")
    assert (kept.hosts, kept.per_hour, kept.ephemeral_s) == (("web-*",), 5, 3600)


async def test_what_is_kept_of_a_token_makes_no_proof(house):
    made = await house.tokens.create(OPERATOR, house.space.id)
    secret = decode_token(made.text.reveal()).secret

    assert made.record.proof_key == proof_key(secret)
    assert secret.reveal() not in repr(made.record)

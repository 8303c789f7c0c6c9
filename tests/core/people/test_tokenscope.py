"""What a token reaches lies within what its owner is, and within its scope."""

import pytest

from muster.core.people.tokenscope import MAX_PLACES
from muster.errors import Denied, InputError, NotFound
from muster.log import Secret
from muster.model.access import Action, Role, TokenScope
from muster.testing.house import OPERATOR, House

GOOD = Secret("correct horse battery")


class Desk(House):
    async def furnish(self):
        self.other = await self.spaces.create(OPERATOR, "Customers")
        self.far = await self.spaces.create(OPERATOR, "Far")
        self.edge = await self.rooms.create(OPERATOR, self.space.id, "edge")
        self.lab = await self.rooms.create(OPERATOR, self.far.id, "lab")
        self.moon = await self.rooms.create(OPERATOR, self.far.id, "moon")
        await self.accounts.create_user(OPERATOR, self.space.id, "root", GOOD, Role.ADMIN)
        user = await self.accounts.create_user(OPERATOR, self.space.id, "ada", GOOD, Role.ADMIN)
        self.user = await self.accounts.update_user(
            OPERATOR,
            user.id,
            roles={self.other.id: Role.VIEWER},
            room_roles={self.lab.id: Role.EDITOR},
        )

    async def made(self, role=Role.VIEWER, **scope):
        made = await self.api_tokens.create(
            OPERATOR, user="ada", role=role, scope=TokenScope(**scope)
        )
        return made.text

    async def actor(self, *given, **scope):
        return await self.api_tokens.actor(await self.made(*given, **scope), "10.0.0.1")


@pytest.fixture
async def desk():
    with Desk() as desk:
        await desk.furnish()
        yield desk


async def test_without_a_scope_it_reaches_all_its_owner_does(desk):
    actor = await desk.actor()

    assert set(actor.roles) == {desk.space.id, desk.other.id}
    assert set(actor.room_roles) == {desk.lab.id}
    assert actor.actions is None


async def test_spaces_bound_it(desk):
    actor = await desk.actor(spaces=(desk.other.id,))

    assert (set(actor.roles), actor.room_roles) == ({desk.other.id}, {})


async def test_rooms_alone_bound_it_to_these(desk):
    actor = await desk.actor(Role.EDITOR, rooms=(desk.edge.id, desk.lab.id))

    assert actor.roles == {}
    assert actor.room_roles == {desk.edge.id: Role.EDITOR, desk.lab.id: Role.EDITOR}


async def test_actions_bound_it(desk):
    actor = await desk.actor(actions=(Action.DATA_READ,))

    assert actor.actions == {Action.DATA_READ}


async def test_only_a_token_that_is_not_kept_from_the_hubs_own_space_manages_the_hub(desk):
    assert (await desk.actor(Role.ADMIN)).reaches_hub
    assert (await desk.actor(Role.ADMIN, spaces=(desk.space.id,))).reaches_hub
    assert not (await desk.actor(Role.ADMIN, rooms=(desk.edge.id,))).reaches_hub
    assert not (await desk.actor(Role.VIEWER)).reaches_hub


async def test_a_scope_beyond_the_role_or_the_owner_is_refused(desk):
    with pytest.raises(Denied):
        await desk.made(actions=(Action.NODE_EDIT,))
    with pytest.raises(NotFound):
        await desk.made(Role.EDITOR, spaces=(desk.other.id,))  # a viewer there
    with pytest.raises(NotFound):
        await desk.made(spaces=(desk.far.id,))
    with pytest.raises(NotFound):
        await desk.made(rooms=(desk.moon.id,))
    with pytest.raises(InputError):
        await desk.made(rooms=("x",) * (MAX_PLACES + 1))


async def test_what_the_owner_loses_the_token_loses(desk):
    text = await desk.made(spaces=(desk.space.id, desk.other.id), rooms=(desk.edge.id,))
    gone = {desk.space.id: None}
    await desk.accounts.update_user(OPERATOR, desk.user.id, roles=gone)
    actor = await desk.api_tokens.actor(text, "10.0.0.1")

    assert (set(actor.roles), actor.room_roles) == ({desk.other.id}, {})


async def test_a_token_whose_places_are_all_gone_is_nobodys(desk):
    text = await desk.made(rooms=(desk.lab.id,))
    await desk.rooms.remove(OPERATOR, desk.lab.id)

    assert await desk.api_tokens.actor(text, "10.0.0.1") is None

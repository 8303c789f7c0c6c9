"""Public links: made and ended by admins, good for one dashboard."""

from datetime import timedelta

import msgspec
import pytest

from muster.core.dashboards.dashboardlinks import shown_in_public
from muster.core.dashboards.dashboards import DashboardSettings
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound, Unauthenticated
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.testing.dashboardhouse import DashboardHouse
from muster.testing.house import OPERATOR
from muster.wire.linktoken import encode_link


@pytest.fixture
async def house(tmp_path):
    settings = DashboardSettings(
        links_most=2, public_queries_per_minute=3, wrong_links_per_network_and_minute=2
    )
    async with DashboardHouse(tmp_path, settings=settings) as house:
        yield house


async def make(house, days=30):
    return await house.links.create(OPERATOR, house.space.id, "smart", "hall", days)


async def listed(house):
    return await house.links.listed(OPERATOR, house.space.id, "smart")


def told(house):
    events = [each.event for each in house.records.audit.events(spaces=None, limit=20)]
    return [each.action for each in reversed(events) if each.action.startswith("dashboard.")]


async def test_whoever_has_a_link_sees_its_dashboard_as_a_viewer(house):
    made = await make(house)
    visitor = await house.links.open(made.text, "10.0.0.1")

    assert visitor.kept.dashboard.id == "smart"
    assert visitor.actor.roles == {house.space.id: Role.VIEWER}
    assert visitor.login.space == house.space.id
    assert not visitor.login.admin
    assert house.links.counts(house.space.id) == {"smart": 1}


async def test_only_the_hash_of_a_link_is_kept(house):
    made = await make(house)

    assert made.text.reveal() not in repr(await listed(house))
    assert made.text.reveal() not in repr(made)


async def test_a_dashboard_that_is_not_there_is_not_one_without_links(house):
    with pytest.raises(NotFound, match="no such dashboard"):
        await house.links.listed(OPERATOR, house.space.id, "none")


async def test_a_link_ends_when_it_is_revoked(house):
    made = await make(house)
    await house.links.revoke(OPERATOR, house.space.id, "smart", made.record.id)
    (link,) = await listed(house)

    assert house.links.state_of(link) == "revoked"
    with pytest.raises(Unauthenticated):
        await house.links.open(made.text, "10.0.0.1")
    assert told(house) == ["dashboard.share", "dashboard.unshare", "dashboard.visit"]
    assert house.links.counts(house.space.id) == {}


async def test_a_link_ends_at_its_time_or_never(house):
    short, ever = await make(house, days=1), await make(house, days=0)
    house.clock.advance(timedelta(days=400).total_seconds())

    assert house.links.state_of(short.record) == "expired"
    assert (await house.links.open(ever.text, "10.0.0.1")).link.expires_ns == 0
    with pytest.raises(Unauthenticated):
        await house.links.open(short.text, "10.0.0.1")


async def test_a_link_ends_with_its_dashboard(house, tmp_path):
    board = (await house.dashboards.get(OPERATOR, house.space.id, "smart")).dashboard
    own = msgspec.structs.replace(board, id="own")
    await house.dashboards.save(OPERATOR, house.space.id, own)
    made = await house.links.create(OPERATOR, house.space.id, "own", "", 1)
    await house.links.remove_dashboard(OPERATOR, house.space.id, "own")

    with pytest.raises(Unauthenticated):
        await house.links.open(made.text, "10.0.0.1")
    assert told(house)[1:] == [
        "dashboard.share",
        "dashboard.unshare",
        "dashboard.remove",
        "dashboard.visit",
    ]
    await house.dashboards.save(OPERATOR, house.space.id, own)
    with pytest.raises(Unauthenticated):
        await house.links.open(made.text, "10.0.0.1")


async def test_links_stay_when_their_dashboard_is_not_removed_after_all(house):
    made = await make(house)
    with pytest.raises(Conflict):
        await house.links.remove_dashboard(OPERATOR, house.space.id, "smart")

    assert house.links.state_of(made.record) == "valid"
    assert (await house.links.open(made.text, "10.0.0.1")).link.id == made.record.id


async def test_wrong_links_wait_after_a_few(house):
    wrong = [Secret("mdl1.x"), Secret(""), encode_link(bytes(32))]
    for text in wrong[:2]:
        with pytest.raises(Unauthenticated):
            await house.links.open(text, "10.0.0.1")

    with pytest.raises(LimitExceeded):
        await house.links.open(wrong[2], "10.0.0.1")
    with pytest.raises(Unauthenticated):
        await house.links.open(wrong[2], "10.9.0.1")


async def test_a_link_is_not_asked_without_end(house):
    made = await make(house)
    for _ in range(3):
        await house.links.open(made.text, "10.0.0.1")

    with pytest.raises(LimitExceeded, match="asked too often"):
        await house.links.open(made.text, "10.0.0.2")


async def test_the_last_use_is_kept_to_the_minute(house):
    made = await make(house)
    await house.links.open(made.text, "10.0.0.1")
    (link,) = await listed(house)

    assert link.used_ns == house.clock.now_ns()


async def test_a_space_has_so_many_links_and_ended_ones_are_forgotten(house):
    for _ in range(2):
        await make(house, days=1)
    with pytest.raises(LimitExceeded):
        await make(house)
    house.clock.advance(timedelta(days=40).total_seconds())
    await make(house)

    assert len(await listed(house)) == 1


async def test_settings_may_forbid_links(house, tmp_path):
    made = await make(house)
    house.links._settings = DashboardSettings(public_links=False)

    assert house.links.state_of(made.record) == "forbidden"
    with pytest.raises(Denied):
        await make(house)
    with pytest.raises(Unauthenticated):
        await house.links.open(made.text, "10.0.0.1")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_admins_share(house, role):
    actor = Actor(name="ada", roles={house.space.id: role})
    made = await make(house)

    with pytest.raises(Denied):
        await house.links.create(actor, house.space.id, "smart", "", 1)
    with pytest.raises(Denied):
        await house.links.listed(actor, house.space.id, "smart")
    with pytest.raises(Denied):
        await house.links.revoke(actor, house.space.id, "smart", made.record.id)


async def test_links_of_another_space_or_dashboard_do_not_exist(house):
    stranger = Actor(name="bob", roles={"elsewhere": Role.ADMIN})
    made = await make(house)

    with pytest.raises(NotFound):
        await house.links.create(stranger, house.space.id, "smart", "", 1)
    with pytest.raises(NotFound):
        await house.links.revoke(OPERATOR, house.space.id, "internet", made.record.id)
    with pytest.raises(NotFound):
        await house.links.create(OPERATOR, house.space.id, "none", "", 1)
    with pytest.raises(InputError):
        await house.links.create(OPERATOR, house.space.id, "smart", "x" * 101, 1)


async def test_what_is_shown_in_public_has_no_text_of_a_query(house):
    board = (await house.dashboards.get(OPERATOR, house.space.id, "smart")).dashboard
    shown = shown_in_public(board)

    assert "SELECT" not in repr(shown)
    assert "SHOW" not in repr(shown)
    assert [panel.id for panel in shown.panels] == [panel.id for panel in board.panels]
    assert [len(panel.queries) for panel in shown.panels] == [1, 1, 1, 2]

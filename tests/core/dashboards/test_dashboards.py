"""Dashboards of spaces: seen and changed as far as each may."""

import msgspec
import pytest

from muster.core.dashboards.dashboards import ChangedMeanwhile, DashboardSettings
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound, Unavailable
from muster.model.access import Actor, Role
from muster.model.dashboard import Dashboard, Panel, PanelQuery
from muster.model.dashboardrules import DashboardError
from muster.testing.dashboardhouse import DashboardHouse
from muster.testing.house import OPERATOR

BOARD = Dashboard(id="disks", title="Disks")


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path, settings=DashboardSettings(most=3)) as house:
        yield house


def actor(house, role):
    return Actor(name="ada", roles={house.space.id: role})


def titled(title):
    return msgspec.structs.replace(BOARD, title=title)


def told(house):
    events = [each.event for each in house.records.audit.events(spaces=None, limit=20)]
    return [
        (each.action, each.object, each.outcome)
        for each in reversed(events)
        if each.action.startswith("dashboard.")
    ]


async def test_built_in_dashboards_are_in_every_space(house):
    listed = await house.dashboards.listed(actor(house, Role.VIEWER), house.space.id)

    assert [each.id for each in listed] == ["few-systems", "internet", "smart"]
    assert all(each.built_in and each.kept.built_in for each in listed)


async def test_what_is_saved_is_read_by_who_may(house):
    space = house.space.id
    saved = await house.dashboards.save(actor(house, Role.EDITOR), space, BOARD)
    kept = await house.dashboards.get(actor(house, Role.VIEWER), space, "disks")

    assert (saved.change, saved.etag) == ("created", kept.etag)
    assert (kept.dashboard, kept.built_in) == (BOARD, False)
    assert told(house) == [("dashboard.create", "disks", "ok")]


async def test_a_change_names_what_it_replaces(house):
    space, save = house.space.id, house.dashboards.save
    first = await save(OPERATOR, space, BOARD)
    with pytest.raises(Conflict):
        await save(OPERATOR, space, titled("New"))
    second = await save(OPERATOR, space, titled("New"), seen=first.etag)
    with pytest.raises(ChangedMeanwhile):
        await save(OPERATOR, space, titled("Late"), seen=first.etag)
    with pytest.raises(ChangedMeanwhile):
        await save(OPERATOR, space, msgspec.structs.replace(BOARD, id="other"), seen=first.etag)

    assert second.change == "changed"
    assert [action for action, _, _ in told(house)] == ["dashboard.create", "dashboard.edit"]


async def test_what_is_the_same_is_not_written_again(house):
    first = await house.dashboards.save(OPERATOR, house.space.id, BOARD)
    again = await house.dashboards.save(OPERATOR, house.space.id, BOARD)

    assert (again.change, again.etag) == ("unchanged", first.etag)
    assert len(told(house)) == 1


async def test_a_dry_run_says_what_would_be_and_does_nothing(house):
    dry = await house.dashboards.save(OPERATOR, house.space.id, BOARD, dry_run=True)
    saved = await house.dashboards.save(OPERATOR, house.space.id, BOARD)

    assert (dry.change, dry.etag) == ("created", saved.etag)
    assert len(told(house)) == 1


async def test_a_built_in_is_copied_by_saving_and_back_when_the_copy_goes(house):
    space, boards = house.space.id, house.dashboards
    built_in = await boards.get(OPERATOR, space, "smart")
    own = msgspec.structs.replace(built_in.dashboard, title="Our disks")
    with pytest.raises(Conflict):
        await boards.remove(OPERATOR, space, "smart")
    saved = await boards.save(OPERATOR, space, own, seen=built_in.etag)
    copy = await boards.get(OPERATOR, space, "smart")
    with pytest.raises(ChangedMeanwhile):
        await boards.remove(OPERATOR, space, "smart", seen=built_in.etag)
    await boards.remove(OPERATOR, space, "smart", seen=copy.etag)
    back = await boards.get(OPERATOR, space, "smart")

    assert (saved.change, copy.built_in, copy.dashboard.title) == ("created", False, "Our disks")
    assert back == built_in


async def test_a_file_that_was_edited_by_hand_is_another(house, tmp_path):
    space = house.space.id
    first = await house.dashboards.save(OPERATOR, space, BOARD)
    path = tmp_path / "dashboards" / space / "disks.toml"
    path.write_text('id = "disks"\ntitle = "By hand"\n')
    kept = await house.dashboards.get(OPERATOR, space, "disks")

    assert kept.dashboard.title == "By hand"
    with pytest.raises(ChangedMeanwhile):
        await house.dashboards.save(OPERATOR, space, titled("Late"), seen=first.etag)


async def test_a_file_that_cannot_be_used_is_listed_with_its_fault_and_replaced(house, tmp_path):
    space = house.space.id
    await house.dashboards.save(OPERATOR, space, BOARD)
    folder = tmp_path / "dashboards" / space
    (folder / "disks.toml").write_text('id = "disks"\ntitle = "x"\nrefresh = "soon"\n')
    (folder / "other.toml").write_text('id = "name"\ntitle = "x"\n')
    listed = {e.id: e.error for e in await house.dashboards.listed(OPERATOR, space)}

    assert listed["disks"].startswith(f"dashboards/{space}/disks.toml:3: refresh: ")
    assert "is not the file's name" in listed["other"]
    assert listed["smart"] == ""
    with pytest.raises(InputError, match=r"disks\.toml:3"):
        await house.dashboards.get(OPERATOR, space, "disks")
    saved = await house.dashboards.save(OPERATOR, space, BOARD, seen="*")
    assert saved.change == "changed"


async def test_what_cannot_be_read_is_not_kept(house):
    bad = Panel(id="p", queries=(PanelQuery(text="DROP DATABASE x"),))
    with pytest.raises(DashboardError):
        await house.dashboards.save(
            OPERATOR, house.space.id, msgspec.structs.replace(BOARD, panels=(bad,))
        )
    with pytest.raises(DashboardError):
        await house.dashboards.save(
            OPERATOR, house.space.id, msgspec.structs.replace(BOARD, panels=(Panel(id="p"),) * 2)
        )
    assert told(house) == []


async def test_a_space_has_so_many_of_its_own(house):
    for number in range(3):
        board = msgspec.structs.replace(BOARD, id=f"b{number}")
        await house.dashboards.save(OPERATOR, house.space.id, board)

    with pytest.raises(LimitExceeded):
        await house.dashboards.save(OPERATOR, house.space.id, BOARD)


async def test_a_disk_that_refuses_is_in_the_log_too(house, tmp_path):
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / house.space.id).mkdir()
    path = tmp_path / "dashboards" / house.space.id / "disks.toml"
    path.mkdir()
    with pytest.raises(Unavailable):
        await house.dashboards.save(OPERATOR, house.space.id, BOARD)

    assert told(house) == [
        ("dashboard.create", "disks", "ok"),
        ("dashboard.create", "disks", "unavailable"),
    ]


async def test_viewers_change_nothing_and_strangers_know_of_nothing(house):
    boards, space = house.dashboards, house.space.id
    stranger = Actor(name="bob", roles={"elsewhere": Role.ADMIN})
    await boards.save(OPERATOR, space, BOARD)

    with pytest.raises(Denied):
        await boards.save(actor(house, Role.VIEWER), space, titled("x"))
    with pytest.raises(Denied):
        await boards.remove(actor(house, Role.VIEWER), space, "disks")
    for call in (
        boards.listed(stranger, space),
        boards.get(stranger, space, "disks"),
        boards.save(stranger, space, titled("x")),
        boards.remove(stranger, space, "disks"),
        boards.get(OPERATOR, space, "none"),
        boards.remove(OPERATOR, space, "none"),
        boards.listed(OPERATOR, "0a0a0a0a-0000-4000-8000-00000000dead"),
    ):
        with pytest.raises(NotFound):
            await call

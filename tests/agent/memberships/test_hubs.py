import stat

import pytest

from muster.agent.joining.identity import NotClaimed
from muster.agent.joining.lock import held
from muster.agent.memberships.hubs import (
    ALLOW,
    MAX_HUBS,
    TooManyHubs,
    allowed_mark,
    ask_to_leave,
    check_hub_name,
    hub_folder,
    hub_names,
    is_held,
    is_leaving,
    read_allowed,
    remove_hub,
    require_hub,
    require_place,
    settle_spool,
    write_allowed,
)
from muster.errors import InputError


def join(data, *names):
    for name in names:
        folder = hub_folder(data, name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "identity").symlink_to("identities/1")


def test_the_first_hub_lies_in_the_folder_itself_and_the_others_beside_it(tmp_path):
    assert hub_folder(tmp_path, "") == hub_folder(tmp_path, "main") == tmp_path
    assert hub_folder(tmp_path, "work") == tmp_path / "hubs/work"


@pytest.mark.parametrize("name", ["..", "a/b", "A", "", "-a", "a-", "a" * 33, "é", "a\n"])
def test_a_name_is_no_path(name):
    with pytest.raises(InputError, match="hub's name"):
        check_hub_name(name)


def test_hubs_are_those_with_an_identity(tmp_path):
    assert hub_names(tmp_path) == []
    join(tmp_path, "work", "home")
    (tmp_path / "hubs/half").mkdir()
    join(tmp_path / "hubs" / "Not A Name", "")
    assert hub_names(tmp_path) == ["home", "work"]
    join(tmp_path, "main")

    assert hub_names(tmp_path) == ["main", "home", "work"]
    assert require_hub(tmp_path, "work") == tmp_path / "hubs/work"
    with pytest.raises(NotClaimed, match="it is with main, home, work"):
        require_hub(tmp_path, "half")


def test_there_are_eight_at_most(tmp_path):
    join(tmp_path, "main", *(f"hub-{n}" for n in range(MAX_HUBS - 1)))
    require_place(tmp_path, "hub-1")

    with pytest.raises(TooManyHubs, match="8 hubs"):
        require_place(tmp_path, "another")


def test_what_a_hub_may_have_is_everything_until_it_is_said(tmp_path):
    folder = tmp_path / "hubs/work"
    assert read_allowed(folder) is None
    write_allowed(folder, ["mem", "cpu"])
    mark = allowed_mark(folder)
    assert read_allowed(folder) == {"cpu", "mem"}
    assert stat.S_IMODE((folder / ALLOW).stat().st_mode) == 0o600
    write_allowed(folder, [])
    assert read_allowed(folder) == frozenset()
    assert allowed_mark(folder) != mark
    write_allowed(folder, None)
    assert read_allowed(folder) is None
    with pytest.raises(InputError):
        write_allowed(folder, map(str, range(2_000)))


def test_a_spool_that_holds_more_than_the_hub_may_have_now_is_dropped(tmp_path):
    spool = tmp_path / "spool"
    for only, stays in (
        (None, True),
        (["cpu", "mem"], False),
        (["cpu", "mem", "disk"], True),
        (["cpu", "mem", "disk"], True),
        (["cpu", "mem"], False),
        (None, True),
        ([], False),
    ):
        spool.mkdir(exist_ok=True)
        write_allowed(tmp_path, only)
        assert settle_spool(tmp_path) is not stays
        assert spool.exists() is stays
    assert not settle_spool(tmp_path)  # none is there


@pytest.mark.parametrize("text", ["", "{", '{"only":[1]}', '{"only":[],"more":1}'])
def test_a_list_that_cannot_be_read_allows_nothing(tmp_path, text):
    (tmp_path / ALLOW).write_text(text)

    assert read_allowed(tmp_path) == frozenset()


def test_a_hub_is_left_when_nobody_holds_its_folder(tmp_path):
    join(tmp_path, "work")
    folder = tmp_path / "hubs/work"
    ask_to_leave(folder)
    assert is_leaving(folder)
    with held(folder):
        assert is_held(folder)
    assert not is_held(folder)

    remove_hub(folder)

    assert not folder.exists()

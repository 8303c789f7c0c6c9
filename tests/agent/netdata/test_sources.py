"""A claim that nobody types: which source counts, and that none is filled up by another."""

import pytest

from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.outcome import ClaimFailed
from muster.agent.netdata.sources import find_wanted, is_disabled, split_rooms

FILE = """[global]
   url = https://hub.example:8443
   token = spacetoken
   rooms = room1, room2,
   proxy = none
   insecure = no
"""
VARIABLES = {
    "NETDATA_CLAIM_URL": "https://env:1",
    "NETDATA_CLAIM_TOKEN": "envtoken",
    "NETDATA_CLAIM_ROOMS": "a,b",
    "NETDATA_CLAIM_PROXY": "socks5h://p:1",
    "NETDATA_EXTRA_CLAIM_OPTS": "-verbose -insecure",
}


@pytest.fixture
def cloud(tmp_path):
    folder = CloudFolder(tmp_path)
    folder.make()
    return folder


def test_nothing_asks_for_a_claim_by_itself(cloud):
    assert find_wanted(cloud, {}) is None


def test_the_file_comes_before_the_environment_and_that_before_the_folder(cloud):
    (cloud.lib / "claim.conf").write_text(FILE)
    cloud.token.write_text("foldertoken\n")
    cloud.rooms.write_text("c")
    cloud.conf.write_text("[global]\n  cloud base url = https://folder:1\n")
    first = find_wanted(cloud, VARIABLES)
    (cloud.lib / "claim.conf").unlink()
    second = find_wanted(cloud, VARIABLES)
    third = find_wanted(cloud, {})

    assert (first.url, first.token.reveal()) == ("https://hub.example:8443", "spacetoken")
    assert (first.rooms, first.proxy, first.insecure) == (("room1", "room2"), "none", False)
    assert (second.url, second.token.reveal()) == ("https://env:1", "envtoken")
    assert (second.rooms, second.proxy, second.insecure) == (("a", "b"), "socks5h://p:1", True)
    assert (third.url, third.token.reveal(), third.once) == (
        "https://folder:1",
        "foldertoken",
        True,
    )
    assert third.rooms == ("c",)


def test_the_file_may_lie_in_netdatas_own_config_folder(cloud, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "claim.conf").write_text(FILE)
    found = find_wanted(cloud, {"NETDATA_USER_CONFIG_DIR": str(tmp_path / "etc")})

    assert found.source == str(tmp_path / "etc" / "claim.conf")


def test_a_token_without_an_address_sends_nothing_anywhere(cloud):
    with pytest.raises(ClaimFailed, match="no address") as caught:
        find_wanted(cloud, {"NETDATA_CLAIM_TOKEN": "t"})

    assert caught.value.exit_code == 4


def test_a_token_of_musters_own_is_not_for_this(cloud):
    variables = VARIABLES | {"NETDATA_CLAIM_TOKEN": "mst1.abc.def"}

    assert find_wanted(cloud, variables) is None


def test_the_token_is_not_printed(cloud):
    assert "envtoken" not in repr(find_wanted(cloud, VARIABLES))


@pytest.mark.parametrize(("text", "off"), [("1", True), ("10", True), ("", False), ("no", False)])
def test_the_environment_disables_with_a_one(text, off):
    assert is_disabled({"NETDATA_DISABLE_CLOUD": text}) is off


def test_too_many_rooms_are_code_10():
    with pytest.raises(ClaimFailed) as caught:
        split_rooms(",".join(map(str, range(200))))

    assert caught.value.exit_code == 10

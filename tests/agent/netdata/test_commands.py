"""netdatacli's commands and their answers."""

import json

import pytest

from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.commands import Commands, reloaded
from muster.agent.netdata.state import CloudState, CloudStatus

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"


class Keeper:
    def __init__(self, lib):
        self.cloud = CloudFolder(lib)
        self.hurried = self.reloads = 0

    def state(self):
        return CloudState(hostname="web-1", claim_id=self.cloud.read_claim_id())

    def is_enabled(self):
        return self.cloud.read_conf().get("enabled", "yes") == "yes"

    def hurry(self):
        self.hurried += 1

    async def reload(self):
        self.reloads += 1
        return self.state()


@pytest.fixture
def keeper(tmp_path):
    return Keeper(tmp_path)


@pytest.fixture
def obey(keeper, tmp_path):
    commands = Commands(keeper, tmp_path, "0.1", "http://u:***@p:1")

    async def obey(command):
        said = await commands.obey(command)
        return said.code, said.text

    return obey


async def test_the_state_is_told_as_text_and_as_json(obey):
    assert (await obey("aclk-state"))[1].startswith("ACLK Available: Yes\n")
    assert json.loads((await obey("aclk-state json"))[1])["agent-claimed"] is False
    assert (await obey("aclk-state yaml"))[0] == 1


async def test_settings_are_written_and_read_under_both_names_of_the_address(obey, keeper):
    assert await obey("read-config cloud|global|cloud base url") == (0, "")
    assert await obey("write-config cloud|global|cloud base url|https://hub:1/") == (0, "")
    assert await obey("read-config cloud|global|url") == (0, "https://hub:1")
    assert await obey("write-config cloud|global|enabled|no") == (0, "")
    assert await obey("read-config cloud|global|enabled") == (0, "no")
    assert keeper.hurried == 2
    assert await obey("write-config cloud|global|enabled|no") == (0, "")
    assert keeper.hurried == 2  # nothing changed
    assert keeper.cloud.read_conf() == {"cloud base url": "https://hub:1", "enabled": "no"}


async def test_what_netdata_conf_says_is_answered_where_it_has_a_meaning(obey, tmp_path):
    assert await obey("read-config netdata|global|run as user") == (0, tmp_path.owner())
    assert await obey("read-config netdata|global|hostname") == (0, "web-1")
    assert await obey("read-config netdata|cloud|proxy") == (0, "http://u:***@p:1")


@pytest.mark.parametrize(
    "command",
    [
        "read-config netdata|web|mode",
        "read-config cloud|global|nothing",
        "read-config cloud",
        "write-config netdata|global|run as user|root",
        "write-config cloud|global|claimed_id|x",
        "write-config cloud|global|url",
        "write-config cloud|global|url|no url",
        "shutdown-agent",
        "",
    ],
)
async def test_anything_else_is_an_error_and_changes_nothing(obey, keeper, command):
    code, text = await obey(command)

    assert (code, text.endswith("\n")) == (1, True)
    assert not keeper.cloud.folder.exists()


async def test_a_reload_says_in_one_line_what_came_of_it(obey, keeper):
    assert await obey("reload-claiming-state") == (0, "Agent is not claimed.\n")
    assert keeper.reloads == 1


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (CloudState(enabled=False), "Agent: cloud functionality is disabled.\n"),
        (CloudState(claim_id=ID, reason="why"), "Agent is claimed and not online yet: why\n"),
        (
            CloudState(claim_id=ID, refused=True, reason="why"),
            "Agent is claimed, and its hub has done with it: why\n",
        ),
        (CloudState(reason="why"), "Agent is not claimed: why.\n"),
    ],
)
def test_each_state_has_its_line(state, text):
    assert reloaded(state).text == text
    assert state.status in CloudStatus


async def test_small_talk(obey):
    assert await obey("ping") == (0, "pong\n")
    assert await obey("version") == (0, "0.1\n")
    assert "aclk-state [json]" in (await obey("help"))[1]

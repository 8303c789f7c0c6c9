"""The agent's settings come from file and environment, and need neither."""

from datetime import timedelta
from pathlib import Path

import pytest

from muster.agent.settings import AgentSettings
from muster.config import load
from muster.errors import SettingsError
from muster.net.proxy import ProxySetting


def test_the_defaults_are_whole():
    settings = load(AgentSettings).value

    assert settings == AgentSettings()
    assert settings.spool.max_bytes == 256 << 20


def test_a_file_sets_every_part(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(
        """
        data = "/srv/node"
        [link]
        hub = "hub.example:8401"
        proxy = "http://proxy:3128"
        window.batches = 16
        [spool]
        max_bytes = 1048576
        [collect]
        disabled = ["temp"]
        intervals = { disk = "1m" }
        """
    )

    settings = load(AgentSettings, file=file).value

    assert settings.data == Path("/srv/node")
    assert (settings.link.hub, settings.link.window.batches) == ("hub.example:8401", 16)
    assert settings.collect.intervals == {"disk": timedelta(minutes=1)}


def test_the_environment_names_each_setting():
    found = load(AgentSettings, environment={"MUSTER_LINK_PROXY": "none"})

    assert found.value.link.proxy == ProxySetting("none")
    assert found.origin("link.proxy") == "MUSTER_LINK_PROXY"


@pytest.mark.parametrize(
    "text", ["[spool]\nmax_bytes = 10", "[spool]\nmemory_bytes = -1", "[link.window]\nbatches = 0"]
)
def test_bounds_that_make_no_sense_are_refused(tmp_path, text):
    file = tmp_path / "agent.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match=r"agent\.toml"):
        load(AgentSettings, file=file)


def test_the_password_of_a_proxy_is_not_among_the_rows():
    environment = {"MUSTER_LINK_PROXY": "http://ada:s3cret@proxy:3128"}

    rows = {key: value for key, value, _ in load(AgentSettings, environment=environment).rows()}

    assert rows["link.proxy"] == "http://ada:***@proxy:3128"


def test_a_proxy_that_cannot_be_used_is_found_when_settings_are_read():
    environment = {"MUSTER_LINK_PROXY": "ftp://ada:s3cret@proxy"}

    with pytest.raises(SettingsError, match=r"MUSTER_LINK_PROXY: link\.proxy: .*scheme") as caught:
        load(AgentSettings, environment=environment)

    assert "s3cret" not in str(caught.value)

from datetime import timedelta
from pathlib import Path

import pytest

from muster.agent.linking.links import LinkSettings
from muster.agent.memberships.settingstold import told_settings
from muster.agent.settings import AgentSettings, CollectSettings
from muster.errors import Denied
from muster.net.proxy import ProxySetting

SETTINGS = AgentSettings(
    data=Path("/var/lib/muster"),
    log_level="debug",
    link=LinkSettings(proxy=ProxySetting("http://ada:secret@proxy.example:3128")),
    collect=CollectSettings(intervals={"cpu": timedelta(seconds=90)}),
)


def test_every_setting_is_told_with_its_default():
    told = {each["key"]: each for each in told_settings(SETTINGS, "main")}

    assert told["log_level"] == {"key": "log_level", "value": "debug", "default": "info"}
    assert told["collect.intervals"]["value"] == {"cpu": "1m30s"}
    assert told["collect.intervals"]["default"] == {}
    assert told["data"]["value"] == told["data"]["default"]


def test_no_password_is_told():
    assert "secret" not in str(told_settings(SETTINGS, "main"))


def test_a_hub_beside_the_first_hears_nothing_of_the_machines_settings():
    with pytest.raises(Denied):
        told_settings(SETTINGS, "office")

import pytest

from muster.agent.memberships.ownsettings import FILE
from muster.agent.reload import SettingsFile
from muster.agent.settings import AgentSettings
from muster.config import load
from muster.errors import SettingsError

PING = '[[probes.ping]]\nurl = "host.example"\n'


def read(file):
    return load(AgentSettings, file=file).value


def targets(settings):
    return [each.url for each in settings.ping]


def write(file, text):
    """As an editor does it: a new file in place of the old one."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


def test_probes_are_read_anew_when_the_file_was_written(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(PING)
    known = SettingsFile(read, tmp_path, file)
    assert targets(known.settings.probes) == ["host.example"]
    assert known.reload() is None
    write(file, PING.replace("host", "other"))

    assert targets(known.reload()) == ["other.example"]
    assert known.reload() is None


def test_a_file_of_the_agents_own_may_come_and_go(tmp_path):
    known = SettingsFile(read, tmp_path, None)
    (tmp_path / FILE).write_text(PING)
    assert targets(known.reload()) == ["host.example"]
    (tmp_path / FILE).unlink()

    assert targets(known.reload()) == []


def test_a_file_that_is_no_good_is_told_once(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text("")
    known = SettingsFile(read, tmp_path, file)
    write(file, "[[probes.ping]]\nurl = 5\n")
    with pytest.raises(SettingsError):
        known.reload()

    assert known.reload() is None

"""The proxy of a claim goes into the settings that the agent reads."""

import tomllib

import pytest

from muster.agent.memberships.ownsettings import FILE, keep_proxy, settings_file, with_proxy
from muster.errors import SettingsError

PROXY = 'http://ada:p"w@proxy:3128'
TEXTS = [
    "",
    'log_level = "debug"\n',
    "[link]\n",
    '[link]  # how\nproxy = "none"\nhub = "h:1"\n',
    '[link]\nhub = "h:1"\n[spool]\nmax_bytes = 1\n',
    'link.proxy = "none"\nlog_level = "debug"\n',
    '# run as user = muster\ndata = "/d"\n[spool]\n\n[link]\n  proxy="socks5://old:1"\n',
]


@pytest.mark.parametrize("text", TEXTS)
def test_only_the_proxy_changes(text, tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(text)
    wanted = tomllib.loads(text)
    wanted.setdefault("link", {})["proxy"] = PROXY

    assert keep_proxy(file, PROXY)
    assert tomllib.loads(file.read_text()) == wanted
    assert [line for line in text.splitlines() if "proxy" not in line] == [
        line for line in file.read_text().splitlines() if "proxy" not in line
    ][: len([line for line in text.splitlines() if "proxy" not in line])]
    assert file.stat().st_mode & 0o777 == 0o600
    assert not keep_proxy(file, PROXY), "it is there"


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(tmp_path):
    file = tmp_path / "new" / FILE

    assert keep_proxy(file, "none")
    assert file.read_text() == '[link]\nproxy = "none"\n'
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ['link = {hub = "h:1"}\n', 'link.hub = "h:1"\n', "link = \n"])
def test_a_form_that_a_line_does_not_change_is_left_alone(text, tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match=r"agent\.toml"):
        keep_proxy(file, "none")
    assert file.read_text() == text


def test_the_file_given_comes_before_the_agents_own(tmp_path):
    assert settings_file(tmp_path, None) is None
    (tmp_path / FILE).write_text("")

    assert settings_file(tmp_path, None) == tmp_path / FILE
    assert settings_file(tmp_path, tmp_path / "other") == tmp_path / "other"


def test_a_new_section_stands_behind_all_others():
    assert with_proxy('[spool]\nx = "1"', "none") == '[spool]\nx = "1"\n[link]\nproxy = "none"\n'

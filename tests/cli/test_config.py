"""`muster config`."""

import json

import pytest

from muster.cli import main as cli


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MUSTER_LOG_LEVEL", "debug")

    def run(*words):
        code = cli.main(["--data", str(tmp_path), "config", *words])
        said = capsys.readouterr()
        return int(code), said.out, said.err

    return run


def test_every_setting_says_where_it_came_from(run, tmp_path):
    (tmp_path / "hub.toml").write_text('space = "Lab"\n[api_tokens]\nlifetime = "7d"\n')
    _, out, _ = run("show", "--json")

    rows = {row["key"]: (row["value"], row["from"]) for row in json.loads(out)}
    file = str(tmp_path / "hub.toml")
    assert rows["tokens.uses_max"] == (1000, "default")
    assert rows["log_level"] == ("debug", "MUSTER_LOG_LEVEL")
    assert rows["space"][0] == "Lab"
    assert rows["api_tokens.lifetime"][0] == "7d"
    assert file in rows["space"][1]


def test_people_get_a_table(run):
    first, *rows = run("show")[1].splitlines()

    assert first.split() == ["SETTING", "VALUE", "FROM"]
    assert any(row.split() == ["log_level", "debug", "MUSTER_LOG_LEVEL"] for row in rows)


def test_the_agent_has_settings_of_its_own(run):
    keys = {row["key"] for row in json.loads(run("show", "--agent", "--json")[1])}

    assert "collect.disabled" in keys
    assert "listen.port_base" not in keys


@pytest.mark.parametrize("words", [(), ("--agent",)])
def test_a_folder_that_nobody_named_is_a_default(words, monkeypatch, capsys):
    monkeypatch.delenv("MUSTER_DATA", raising=False)
    cli.main(["config", "show", "--json", *words])
    origins = {row["key"]: row["from"] for row in json.loads(capsys.readouterr().out)}

    assert origins["data"] == "default"


def test_a_folder_is_named_by_a_file_a_variable_or_a_flag(tmp_path, monkeypatch, capsys):
    file = tmp_path / "hub.toml"
    file.write_text('data = "/srv/filed"\n')

    def data(*words):
        cli.main([*words, "config", "show", "--json", "--config", str(file)])
        rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)}
        return rows["data"]["value"], rows["data"]["from"]

    monkeypatch.delenv("MUSTER_DATA", raising=False)
    assert data() == ("/srv/filed", str(file))
    monkeypatch.setenv("MUSTER_DATA", "/srv/said")
    assert data() == ("/srv/said", "MUSTER_DATA")
    assert data("--data", "/srv/given") == ("/srv/given", "command line")


def test_a_good_file_is_called_good(run, tmp_path):
    file = tmp_path / "new.toml"
    file.write_text("[listen]\nport_base = 8440\n")
    code, out, err = run("check", "--config", str(file))

    assert (code, out) == (0, "")
    assert err.startswith("good: ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[listen]\nport_base = 70000\n", "listen.port_base"),
        ("[listen]\nport = 1\n", "port"),
        ('[tokens]\nlifetime = "soon"\n', "tokens.lifetime"),
        ("[listen", "new.toml"),
    ],
)
def test_a_bad_file_is_refused_by_file_or_key(run, tmp_path, text, told):
    file = tmp_path / "new.toml"
    file.write_text(text)
    code, _, err = run("check", "--config", str(file))

    assert code == 2
    assert told in err
    assert len(err.splitlines()) == 1

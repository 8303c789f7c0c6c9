"""`muster hub`: its settings, and what it says when it is ready."""

import json

import msgspec

from muster.cli.hub import Announcer, config_rows, settings_of
from muster.cli.main import build_parser
from muster.hub.places import ReadyInfo

READY = ReadyInfo(
    web="https://localhost:7443",
    agents="localhost:7444",
    enrol="localhost:7445",
    data="/srv/muster",
    password_file="/srv/muster/admin-password",
)


def settings(*words):
    return settings_of(build_parser("hub").parse_args(["hub", *words]))


def test_scripts_get_one_line_of_json_that_keeps_its_shape(capsys):
    Announcer(as_json=True)(READY)
    out = capsys.readouterr().out

    assert out.count("\n") == 1
    assert json.loads(out) == {
        "ready": True,
        "web": "https://localhost:7443",
        "agents": "localhost:7444",
        "enrol": "localhost:7445",
        "data": "/srv/muster",
    }


def test_where_clients_of_influxdb_write_is_told_when_they_may(capsys):
    ready = msgspec.structs.replace(READY, influx="https://hub:8086")
    Announcer(as_json=True)(ready)
    Announcer(as_json=False)(ready)
    said = capsys.readouterr()

    assert json.loads(said.out)["influx"] == "https://hub:8086"
    assert "https://hub:8086" in said.err


def test_the_way_in_of_influxdb_is_a_flag():
    value = settings("--influx-port", "8086", "--influx-auth", "off").value.influx

    assert (value.port, value.auth) == (8086, "off")


def test_people_are_told_where_to_go_and_where_the_password_is(capsys):
    Announcer(as_json=False)(READY)
    said = capsys.readouterr()

    assert said.out == ""
    for text in (READY.web, READY.password_file, READY.agents, READY.enrol, "connect"):
        assert text in said.err


def test_flags_win_over_variables_over_the_file_in_the_folder(tmp_path, monkeypatch):
    (tmp_path / "hub.toml").write_text('name = "filed"\nspace = "filed"\n')
    monkeypatch.setenv("MUSTER_SPACE", "said")
    monkeypatch.setenv("MUSTER_LISTEN_PORT_BASE", "8000")
    found = settings("--data", str(tmp_path), "--port-base", "9000").value

    assert (found.name, found.space, found.listen.port_base) == ("filed", "said", 9000)


def test_a_file_that_is_named_stands_in_for_the_one_in_the_folder(tmp_path):
    (tmp_path / "hub.toml").write_text('name = "folder"\n')
    (tmp_path / "other.toml").write_text('name = "other"\n')
    words = ("--data", str(tmp_path), "--config", str(tmp_path / "other.toml"))

    assert settings(*words).value.name == "other"


def test_the_hub_shows_its_settings_with_their_origin(tmp_path):
    rows = config_rows(settings("--data", str(tmp_path)))

    assert {row.key: row.origin for row in rows}["log_level"] == "default"

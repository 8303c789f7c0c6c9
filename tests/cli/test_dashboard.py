"""`muster dashboard`."""

import json

import pytest

SPACES = [{"id": "s-1", "name": "Home", "main": True}, {"id": "s-2", "name": "Away"}]
PATH = "/api/v1/spaces/s-1/dashboards"
FILE = """id = "disks"
title = "Disks"

[[panels]]
id = "used"

[[panels.queries]]
text = "SELECT last(used) FROM disk"
"""
ROW = {
    "id": "disks",
    "title": "Disks",
    "description": "",
    "tags": ["linux"],
    "built_in": False,
    "etag": "e-1",
    "changed_ns": 10**18,
    "error": "",
    "links": 2,
}
BOARD = {
    "id": "disks",
    "title": "Disks",
    "description": "All of them",
    "tags": ["linux"],
    "time": {"last": "3h", "start": ""},
    "refresh": "30s",
    "variables": [{"name": "host"}],
    "panels": [{"id": "used", "kind": "stat", "section": "", "title": "Used", "queries": [{}]}],
}
SAVED = {"id": "disks", "etag": "e-2", "change": "changed"}


@pytest.fixture(autouse=True)
def boards(hub):
    hub.answers["GET /api/v1/spaces"] = SPACES
    hub.answers[f"GET {PATH}"] = [ROW]
    hub.answers[f"PUT {PATH}/disks"] = SAVED


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "disks.toml"
    path.write_text(FILE)
    return path


def sent(hub):
    return [(target, body["id"]) for method, target, body in hub.asked if method == "PUT"]


def test_dashboards_are_listed_for_people_and_for_scripts(hub):
    _, out, _ = hub.run("dashboard", "list")

    assert out.splitlines()[1].split() == [
        "disks", "Disks", "linux", "2001-09-09T01:46:40Z", "2", "-",
    ]  # fmt: skip
    assert hub.json("dashboard", "list") == [ROW]


def test_a_dashboard_of_another_space_is_asked_for(hub):
    hub.answers["GET /api/v1/spaces/s-2/dashboards"] = []

    assert hub.run("dashboard", "list", "--space", "Away")[1] == "No dashboards.\n"


def test_a_dashboard_is_shown_with_its_panels(hub):
    view = {"dashboard": BOARD, "etag": "e-1", "built_in": True}
    hub.answers[f"GET {PATH}/disks"] = view
    _, out, _ = hub.run("dashboard", "show", "disks")

    assert "kept         built in" in out
    assert out.splitlines()[-1].split() == ["used", "stat", "-", "Used", "1"]
    assert hub.json("dashboard", "show", "disks") == view


def test_files_are_checked_by_the_hub_before_any_is_kept(hub, file):
    _, out, err = hub.run("dashboard", "apply", str(file))

    assert sent(hub) == [(f"{PATH}/disks?dry_run=1", "disks"), (f"{PATH}/disks", "disks")]
    assert (out, err) == ("", f"{file}: dashboard disks changed\n")


def test_a_dry_run_changes_nothing(hub, file):
    err = hub.run("dashboard", "apply", str(file), "--dry-run")[2]

    assert sent(hub) == [(f"{PATH}/disks?dry_run=1", "disks")]
    assert err == f"{file}: dashboard disks would be changed\n"
    assert hub.json("dashboard", "apply", str(file), "--dry-run") == [SAVED]


def test_a_fault_names_file_line_and_key_and_nothing_is_sent(hub, file, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('id = "bad"\ntitle = "Bad"\nrefresh = "soon"\n')
    code, _, err = hub.run("dashboard", "apply", str(file), str(bad))

    assert code == 2
    assert err.startswith(f"muster: {bad}:3: refresh: ")
    assert hub.asked == []


def test_what_the_hub_refuses_gets_the_line_of_the_file(hub, file):
    text = "panels[0].queries[0].text: found EOF"
    hub.answers[f"PUT {PATH}/disks"] = (400, "bad_dashboard", text)
    code, _, err = hub.run("dashboard", "apply", str(file))

    assert (code, err) == (2, f"muster: {file}:8: {text}\n")


def test_one_that_was_changed_meanwhile_is_a_conflict(hub, file):
    hub.answers[f"PUT {PATH}/disks"] = (412, "changed_meanwhile", "it was changed")

    assert hub.run("dashboard", "apply", str(file))[0] == 6


def test_two_files_of_one_dashboard_are_a_mistake(hub, file):
    assert hub.run("dashboard", "apply", str(file), str(file))[0] == 2


@pytest.mark.parametrize("content", [b"\xff", b"#" * (4 << 20) + b"x"])
def test_what_is_no_text_or_too_long_is_refused(hub, tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)

    assert hub.run("dashboard", "apply", str(path))[0] == 2
    assert hub.run("dashboard", "apply", str(tmp_path / "none.toml"))[0] == 2


def test_a_dashboard_is_exported_to_standard_output_or_a_file(hub, tmp_path):
    made = {"name": "disks.json", "text": "{}\n", "not_carried": ["squares"]}
    hub.answers[f"POST {PATH}/disks/export"] = made
    target = tmp_path / "out.json"
    shown = hub.run("dashboard", "export", "disks", "--format", "grafana")
    hub.run("dashboard", "export", "disks", "--output", str(target))

    assert shown == (0, "{}\n", "not carried over: squares\n")
    assert target.read_text() == "{}\n"
    assert hub.asked[1][2] == {"format": "grafana"}
    assert hub.json("dashboard", "export", "disks") == made


def test_a_dashboard_is_removed(hub):
    assert hub.run("dashboard", "remove", "disks")[2] == "dashboard disks is removed\n"
    assert hub.json("dashboard", "remove", "disks") == {"id": "disks", "change": "removed"}
    assert hub.asked[1] == ("DELETE", f"{PATH}/disks", None)


@pytest.fixture
def grafana(hub, tmp_path):
    hub.answers[f"POST {PATH}/import"] = {"dashboard": BOARD, "not_carried": ["an alert"]}
    path = tmp_path / "board.json"
    path.write_text(json.dumps({"panels": []}))
    return path


def test_what_grafana_exported_is_kept_and_what_it_lacks_is_said(hub, grafana):
    hub.answers[f"PUT {PATH}/new"] = {"id": "new", "etag": "e", "change": "created"}
    err = hub.run("dashboard", "import-grafana", str(grafana), "--id", "new")[2]

    assert err == "not carried over: an alert\ndashboard new created, 1 panels\n"
    assert sent(hub) == [(f"{PATH}/new", "new")]


def test_an_import_replaces_only_when_it_is_told_to(hub, grafana):
    assert hub.run("dashboard", "import-grafana", str(grafana))[0] == 2
    assert sent(hub) == []
    assert hub.run("dashboard", "import-grafana", str(grafana), "--replace")[0] == 0
    assert hub.json("dashboard", "import-grafana", str(grafana), "--dry-run")["change"] == "changed"
    assert sent(hub)[-1] == (f"{PATH}/disks?dry_run=1", "disks")


def test_a_file_of_ours_is_not_imported(hub, file):
    assert "muster dashboard apply" in hub.run("dashboard", "import-grafana", str(file))[2]

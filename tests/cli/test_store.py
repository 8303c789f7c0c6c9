"""`muster store`."""

import json

import numpy as np
import pytest

from muster.cli import main as cli
from muster.model.metric import Kind
from muster.ports.series import Rows
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.testing.clusterrunning import running_server


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        code = cli.main(["--data", str(tmp_path), "store", *words])
        said = capsys.readouterr()
        return int(code), said.out, said.err

    return run


def test_it_shows_where_values_rest(run, tmp_path):
    assert json.loads(run("show", "--json")[1]) == {
        "engine": "embedded",
        "at": str(tmp_path / "series"),
        "from": "default",
    }
    (tmp_path / "hub.toml").write_text('[store]\nurl = "clickhouse://a/values?cluster=main"\n')

    assert "clickhouse://a/values?cluster=main" in run("show")[1]


def test_values_are_copied_and_a_second_time_left_alone(run, tmp_path):
    store = ClickHouse(path=tmp_path / "series", settings=Settings())
    store.open()
    one = np.ones(3, np.uint64)
    store.append("t:1", {Kind.FLOAT: Rows(one, one, np.arange(3), np.arange(3))})
    store.close()
    (tmp_path / "server").mkdir()
    with running_server(tmp_path / "server") as (place, _):
        url = f"clickhouse://127.0.0.1:{place.hosts[0][1]}/values?cluster=main&tls=off"
        credentials = str(tmp_path / "server" / "credentials")
        words = "migrate", "--to", url, "--credentials-file", credentials
        code, out, _ = run(*words, "--json")
        steps = [json.loads(line) for line in out.splitlines()]
        again, _, said = run(*words)
        (tmp_path / "journal").mkdir()
        (tmp_path / "journal" / "7.segment").touch()
        ahead, _, then = run(*words, "--ahead")
        refused, _, _ = run(*words)

    assert (code, again, ahead) == (0, 0, 0)
    assert refused != 0
    assert "stop the hub" in then
    assert [(step["day"], step["table"], step["rows"]) for step in steps[:-1]] == [(0, "floats", 3)]
    assert steps[-1] == {"done": True, "rows": 3, "hours": 0}
    assert "3 values are in both engines" in said


def test_an_address_that_can_not_be_used_is_said(run):
    code, _, error = run("migrate", "--to", "clickhouse://a/values")

    assert code != 0
    assert "names no cluster" in error

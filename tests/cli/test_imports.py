"""`muster import`."""

import gzip
import json
from typing import ClassVar

import pytest

from muster.cli import imports
from muster.wire.influxrows import RowSeries

NOW = 1_800_000_000 * 10**9


class Source:
    """See test_influximport.py; one point."""

    made: ClassVar = []

    def __init__(self, url, **options):
        self.where = "there:8086"
        Source.made.append((url, options))

    def ask(self, query, database=""):
        match query.split():
            case ["SHOW", "DATABASES"]:
                return [RowSeries(columns=["name"], values=[["d"]])]
            case ["SHOW", "RETENTION", "POLICIES", *_]:
                names = ["name", "duration", "shardGroupDuration", "default"]
                return [RowSeries(columns=names, values=[["autogen", "0s", "168h0m0s", True]])]
            case ["SHOW", "MEASUREMENTS", *_]:
                return [RowSeries(columns=["name"], values=[["m"]])]
            case ["SHOW", "FIELD", *_]:
                kinds = [["v", "integer"], ["v", "float"]]
                return [RowSeries(columns=["fieldKey", "fieldType"], values=kinds)]
            case ["SHOW", *_]:
                return [RowSeries(columns=["name"], name="d", values=[["c"]])]
            case _:
                return [RowSeries(columns=["time", "v"], name="m", values=[[NOW, 1]])]


@pytest.fixture
def source(monkeypatch):
    Source.made = []
    monkeypatch.setattr("muster.net.influxclient.InfluxClient", Source)
    return Source


@pytest.fixture
def answering(hub, source):
    """A hub that refuses so many points of each body; what it was sent."""

    def make(refused):
        sent = []

        def answer(method, target, body):
            path, _, query = target.partition("?")
            if path == "/api/v1/influx/write":
                sent.append((query, gzip.decompress(body)))
                told = {"points": 1 - refused, "refused": refused, "errors": ["x"] * refused}
            else:
                sent.append((path, json.loads(body)))
                told = {"space": "s", "name": "here", "policies": []}
            return 200, json.dumps(told).encode()

        hub.answer = answer
        return sent

    return make


def test_a_database_is_brought_into_the_hub(hub, answering, tmp_path):
    sent = answering(0)
    state = tmp_path / "state.json"
    words = ("import", "influx", "http://there:8086", "--db", "d", "--into", "here")
    code, _, err = hub.run(*words, "--state", str(state))

    policy = {"name": "autogen", "duration_ns": 0, "shard_ns": 604_800 * 10**9, "default": True}
    wanted = {"name": "here", "space": "", "policies": [policy]}
    assert code == 0
    assert sent == [
        ("/api/v1/influx/databases", wanted),
        ("space=&db=here&rp=autogen", f"m v=1.0 {NOW}".encode()),
    ]
    assert "1 points of 1 measurements are in here, 0 were refused" in err
    assert "m.v had several kinds" in err
    assert "not brought along: 1 continuous queries" in err
    assert json.loads(state.read_bytes())["done"]["autogen"]["m"]["points"] == 1
    assert hub.json(*words, "--state", str(tmp_path / "other.json"))["points"] == 1


def test_points_that_were_refused_end_with_a_code_of_their_own(hub, answering, tmp_path):
    answering(1)
    words = ("import", "influx", "http://there", "--db", "d", "--state", str(tmp_path / "s"))
    code, _, err = hub.run(*words)

    assert code == 8
    assert "refused: x" in err


def test_credentials_come_from_files(hub, answering, source, tmp_path):
    answering(0)
    secret = tmp_path / "secret"
    secret.write_text("pass\n")
    words = ("import", "influx", "http://there", "--db", "d", "--state", str(tmp_path / "s"))
    assert hub.run(*words, "--user", "ada", "--password-file", str(secret))[0] == 0
    assert hub.run(*words, "--token-file", str(secret))[0] == 0

    told = [options["authorization"].reveal() for _, options in source.made]
    assert told == ["Basic YWRhOnBhc3M=", "Token pass"]
    assert hub.run(*words, "--user", "ada")[0] == 2
    both = ("--user", "ada", "--source-token-file", str(secret))
    assert hub.run(*words, *both)[0] == 2


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("90d", NOW - 90 * 86_400 * 10**9),
        ("2020-01-01", 1_577_836_800 * 10**9),
        ("2020-01-01T01:00:00+01:00", 1_577_836_800 * 10**9),
    ],
)
def test_since_is_a_date_or_how_long_ago(text, expected_ns):
    assert imports._when(text)(NOW) == expected_ns

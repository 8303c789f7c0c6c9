"""The forms of answers: what tools read line by line is as the original writes it."""

import json

import pytest
from feeding import T0, Feed, cpu, load

from muster.agent.netdata.api.formats import (
    format_data,
    metrics_as_json,
    metrics_as_prometheus,
    metrics_as_shell,
)
from muster.agent.netdata.api.ring import Ring
from muster.agent.netdata.api.select import Question, pick
from muster.errors import InputError


@pytest.fixture
def charts():
    ring = Ring(60)
    feed = Feed(ring)
    feed(1, load(4.0))
    feed(2, load(9.16))
    return [*ring.living()]


def written(charts, form="json", *options):
    question = Question(after=-2, format=form, options=frozenset(options))
    return format_data(pick(charts, question), question)


def test_json_is_labels_and_rows(charts):
    kind, body = written(charts)

    assert kind == "application/json; charset=utf-8"
    assert json.loads(body) == {
        "labels": ["time", "load1", "load5", "load15"],
        "data": [[T0 + 2, 9.16, 4.58, 2.29], [T0 + 1, 4, 2, 1]],
    }
    assert json.loads(written(charts, "json", "ms")[1])["data"][0][0] == (T0 + 2) * 1000


def test_rows_may_be_objects(charts):
    assert json.loads(written(charts, "json", "objectrows")[1])["data"][1] == {
        "time": T0 + 1,
        "load1": 4,
        "load5": 2,
        "load15": 1,
    }


def test_a_wrapper_tells_about_the_window(charts):
    told = json.loads(written(charts, "json", "jsonwrap")[1])

    assert told["result"]["labels"][0] == "time"
    assert told["dimension_names"] == ["load1", "load5", "load15"]
    assert (told["before"], told["after"], told["points"]) == (T0 + 2, T0 + 1, 2)
    assert (told["min"], told["max"], told["latest_values"]) == (1, 9.16, [9.16, 4.58, 2.29])
    assert json.loads(written(charts, "csv", "jsonwrap")[1])["result"].startswith("time,load1")


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (
            "csv",
            "time,load1,load5,load15\r\n2027-01-15 08:00:02,9.16,4.58,2.29\r\n"
            "2027-01-15 08:00:01,4,2,1\r\n",
        ),
        ("ssv", "16.03 7"),
        ("ssvcomma", "16.03,7"),
        ("array", "[16.03,7]"),
        (
            "csvjsonarray",
            f'[\n["time", "load1", "load5", "load15"],\n[{T0 + 2}, 9.16, 4.58, 2.29],\n'
            f"[{T0 + 1}, 4, 2, 1]\n]",
        ),
    ],
)
def test_other_forms(charts, form, body):
    assert written(charts, form)[1] == body


def test_tabs_and_seconds(charts):
    assert written(charts, "tsv", "seconds")[1].split("\r\n")[1] == f"{T0 + 2}\t9.16\t4.58\t2.29"


def test_an_unknown_form_is_told(charts):
    with pytest.raises(InputError, match="'html' is not one of json"):
        written(charts, "html")


def test_metrics_as_a_shell_sources_them(charts):
    assert metrics_as_shell(charts) == (
        "\n# chart: system.load (name: system.load)\n"
        'NETDATA_SYSTEM_LOAD_LOAD1="9"      # load\n'
        'NETDATA_SYSTEM_LOAD_LOAD5="5"      # load\n'
        'NETDATA_SYSTEM_LOAD_LOAD15="2"      # load\n'
        'NETDATA_SYSTEM_LOAD_VISIBLETOTAL="16"      # load\n'
        "\n# NETDATA ALARMS RUNNING\n"
    )


def test_metrics_as_prometheus_scrapes_them(charts):
    text = metrics_as_prometheus(charts[:1], 'a"b', "v1", with_help=True, types=True)

    assert text.split("\n")[:4] == [
        'netdata_info{instance="a\\"b",application="netdata",version="v1"} 1',
        "# HELP netdata_system_load_load_average System Load Average, in load",
        "# TYPE netdata_system_load_load_average gauge",
        'netdata_system_load_load_average{chart="system.load",family="load",dimension="load1"}'
        f" 9.1600000 {(T0 + 2) * 1000}",
    ]


def test_units_are_words_in_the_names_of_metrics():
    ring = Ring(60)
    feed = Feed(ring)
    for second in (1, 2):
        disk = ("diskio", {"name": "sda"}, {"io_util": 1.0})
        feed(second, ("kernel", {}, {"context_switches": second * 7}), cpu(1.0), disk)
    text = metrics_as_prometheus(ring.living(), "h", "v", with_help=False, types=False)

    assert "netdata_system_ctxt_context_switches_persec_average{" in text
    assert "netdata_system_cpu_percentage_average{" in text
    assert "netdata_disk_util___of_time_working_average{" in text


def test_metrics_as_json_name_every_chart(charts):
    told = json.loads(metrics_as_json(charts))["system.load"]

    assert (told["context"], told["units"], told["last_updated"]) == ("system.load", "load", T0 + 2)
    assert told["dimensions"]["load5"] == {"name": "load5", "value": 4.58}

"""Data sources, variables and targets of exported dashboards."""

import msgspec

from muster.model.dashboard import Dashboard
from muster.wire.grafanaexport import export_grafana
from muster.wire.grafanaimport import import_grafana
from muster.wire.grafanasources import choices_of, source_of, target_of, variables_of

INFLUX = {"text": "SELECT v FROM m", "legend": "$tag_host"}
PROM = {"text": "up", "language": "promql", "legend": "{{host}}", "min_interval": "1m"}
NOW = {"text": "sum(up)", "language": "promql", "instant": True, "legend": "$tag_job x"}
LABEL = {"name": "host", "language": "promql", "query": "label_values(up, host)"}


def board(*queries, **parts):
    document = {"id": "a", "title": "A", "panels": [{"id": "p", "queries": queries}], **parts}
    return msgspec.convert(document, Dashboard)


def test_each_language_that_is_spoken_has_a_data_source_to_choose():
    assert [each["query"] for each in choices_of(board(INFLUX))] == ["influxdb"]
    assert [each["query"] for each in choices_of(board(PROM))] == ["prometheus"]
    assert len(choices_of(board(INFLUX, variables=[LABEL]))) == 2


def test_a_panel_of_two_languages_is_mixed():
    (panel,) = board(INFLUX, PROM).panels

    assert source_of(panel)["uid"] == "-- Mixed --"


def test_promql_is_said_in_the_words_of_its_data_source():
    whole = board(PROM, NOW)
    (panel,) = whole.panels
    first, second = (target_of(each, at, panel, whole) for at, each in enumerate(panel.queries))

    assert (first["expr"], first["legendFormat"], first["interval"]) == ("up", "{{host}}", "1m")
    assert (first["range"], first["instant"], first["refId"]) == (True, False, "A")
    assert (second["instant"], second["legendFormat"]) == (True, "{{job}} x")


def test_variables_ask_the_source_of_their_language():
    (variable,) = variables_of(board(variables=[LABEL]), [])

    assert variable["datasource"]["type"] == "prometheus"
    assert variable["query"] == LABEL["query"]


def test_promql_comes_back_as_it_went():
    before = board(INFLUX, PROM, NOW, variables=[LABEL])
    back, _ = import_grafana(export_grafana(before)[0])
    (ours,), (theirs,) = before.panels, back.panels

    assert [(q.text, q.language, q.instant) for q in theirs.queries] == [
        (q.text, q.language, q.instant) for q in ours.queries
    ]
    assert (back.variables[0].language, back.variables[0].query) == ("promql", LABEL["query"])

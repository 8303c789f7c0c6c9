from muster.core.writes.metricmetadata import MetricMetadata
from muster.model.ids import SpaceId
from muster.wire.prometheusparts import Metadata

HOME, OTHER = SpaceId("home"), SpaceId("other")


def word(metric: str, help_text: str = "") -> Metadata:
    return Metadata(metric, 1, help_text, "")


def test_the_newest_word_on_a_metric_counts():
    known = MetricMetadata()
    known.learn(HOME, "d", [word("up", "old"), word("up", "new")])

    assert known.of(HOME, "d")["up"].help == "new"


def test_databases_and_spaces_do_not_know_each_others_metrics():
    known = MetricMetadata()
    known.learn(HOME, "d", [word("up")])

    assert known.of(HOME, "e") == known.of(OTHER, "d") == {}


def test_too_many_metrics_forget_the_first():
    known = MetricMetadata()
    known.learn(HOME, "d", [word(f"m{n}") for n in range(16_385)])

    assert "m0" not in known.of(HOME, "d")
    assert len(known.of(HOME, "d")) == 16_384

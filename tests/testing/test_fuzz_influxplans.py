from pathlib import Path
from random import Random

import pytest

from muster.errors import MusterError
from muster.influxql.execution.execute import execute
from muster.influxql.syntax.parser import parse_query
from muster.testing import fuzz_influxplans
from muster.testing.fuzz_influxplans import FUZZ, SEEDS, check, sources, verdict
from muster.testing.influxmemory import PointsOnly

FOLDER = Path(__file__).parents[1] / "fuzz/corpus/influxplans"
CORPUS = {path.name: path.read_bytes().decode() for path in sorted(FOLDER.iterdir())}


@pytest.mark.parametrize("text", [*SEEDS, *CORPUS.values()])
def test_known_texts_break_no_rule(text):
    assert verdict(text) is None


@pytest.mark.parametrize("text", SEEDS)
def test_each_seed_has_an_answer(text):
    request = fuzz_influxplans.Request("d", "", fuzz_influxplans.NOW_NS)

    for result in execute(sources()[0], parse_query(text), request):
        assert not result.error
        assert result.series or "time < 0" in text


def test_mutated_texts_break_no_rule():
    tried, broken = FUZZ.run(1_500, seed=2, seeds=(*SEEDS, *CORPUS.values()))

    assert (tried, broken) == (1_500, None)


def test_some_mutated_texts_are_read():
    chance, read = Random(1), 0
    for _ in range(300):
        try:
            check(FUZZ.mutated(chance.choice(SEEDS), chance, SEEDS))
        except MusterError:
            continue
        read += 1

    assert 15 < read < 285


def test_an_answer_that_differs_by_how_points_are_read_breaks_a_rule(monkeypatch):
    summed, other = sources()[0], PointsOnly()
    other.create("d")
    other.write("d", "autogen", b"m v=1 0")
    monkeypatch.setattr(fuzz_influxplans, "sources", lambda: (summed, other))

    assert "the answer of sums is" in str(verdict("SELECT sum(v) FROM m"))


def test_a_plan_that_keeps_its_old_times_breaks_a_rule(monkeypatch):
    monkeypatch.setattr(fuzz_influxplans, "renewed", lambda plan, *_: plan)
    text = "SELECT last(v) FROM m WHERE time > now() - 5m AND time < now() - 1m"

    assert "of a plan used again" in str(verdict(text))

from pathlib import Path
from random import Random

import pytest

from muster.errors import MusterError
from muster.testing import fuzz_influxql
from muster.testing.fuzz_influxql import FUZZ, SEEDS, check, verdict

FOLDER = Path(__file__).parents[1] / "fuzz/corpus/influxql"
CORPUS = {path.name: path.read_bytes().decode() for path in sorted(FOLDER.iterdir())}


@pytest.mark.parametrize("text", [*SEEDS, *CORPUS.values()])
def test_known_texts_break_no_rule(text):
    assert verdict(text) is None


@pytest.mark.parametrize("text", SEEDS)
def test_each_seed_is_a_sound_query(text):
    check(text)


def test_mutated_texts_break_no_rule():
    tried, broken = FUZZ.run(5_000, seed=2, seeds=(*SEEDS, *CORPUS.values()))

    assert (tried, broken) == (5_000, None)


def test_some_mutated_texts_are_read():
    chance, read = Random(1), 0
    for _ in range(500):
        try:
            check(FUZZ.mutated(chance.choice(SEEDS), chance, SEEDS))
        except MusterError:
            continue
        read += 1

    assert 25 < read < 475


def test_an_error_that_is_not_ours_is_told_with_its_input(monkeypatch, capsys):
    def careless(_text):
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz_influxql, "check", careless)

    assert FUZZ.main(["--inputs", "5"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith('input 0 of seed 1: ZeroDivisionError()\n"')


def test_what_cannot_be_read_again_breaks_a_rule(monkeypatch):
    monkeypatch.setattr(fuzz_influxql, "format_query", lambda _statements: "SHOW BOGUS")

    assert "read, but not again" in str(verdict("SHOW USERS"))


def test_the_command_takes_a_corpus_and_says_how_many_were_tried(capsys):
    assert FUZZ.main(["--inputs", "200", "--corpus", str(FOLDER)]) == 0
    assert capsys.readouterr().out == "200 inputs, no rule broken\n"

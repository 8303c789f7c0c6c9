"""Texts that something was done to."""

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from muster.errors import MusterError
from muster.testing import fuzz_influxql, fuzz_promql
from muster.testing.fuzzedtext import Broken, TextFuzz

CORPORA = Path(__file__).parents[1] / "fuzz/corpus"


def fuzz(verdict):
    return TextFuzz("Fuzz nothing.", ("abc" * 9, "x"), (" and ",), verdict, between_looks=10)


def test_the_same_seed_gives_the_same_inputs():
    mutated = fuzz(lambda _text: None).mutated
    one, other = ([mutated("abc" * 9, Random(n), ("x",)) for n in range(50)] for _ in range(2))

    assert one == other
    assert len(set(one)) > 40


def test_the_first_text_that_breaks_the_rule_ends_it():
    seen = []

    def verdict(text):
        seen.append(text)
        return ValueError(text) if " and " in text else None

    tried, broken = fuzz(verdict).run(1_000, seed=1)

    assert isinstance(broken, Broken)
    assert (tried, broken.text) == (len(seen) - 1, seen[-1])
    assert " and " in broken.text


def test_time_that_is_over_ends_it_with_nothing_broken():
    assert fuzz(lambda _text: None).run(1_000, seed=1, seconds=-1.0) == (0, None)


def test_a_folder_of_texts_is_mutated_too(tmp_path, capsys):
    (tmp_path / "one").write_text("ü" * 40)
    seen = []
    assert fuzz(seen.append).main(["--inputs", "200", "--corpus", str(tmp_path)]) == 0

    assert any("ü" in text for text in seen)
    assert capsys.readouterr().out == "200 inputs, no rule broken\n"


LANGUAGES = pytest.mark.parametrize("language", [fuzz_influxql, fuzz_promql])
"""What holds of the fuzzing of each: their own tests are beside this file."""


def corpus_of(language):
    folder = CORPORA / language.__name__.rpartition("_")[2]
    return folder, tuple(path.read_bytes().decode() for path in sorted(folder.iterdir()))


@LANGUAGES
def test_known_texts_break_no_rule(language):
    broken = [text for text in (*language.SEEDS, *corpus_of(language)[1]) if language.verdict(text)]

    assert broken == []


@LANGUAGES
def test_each_seed_is_a_sound_query(language):
    for text in language.SEEDS:
        language.check(text)


@LANGUAGES
def test_mutated_texts_break_no_rule(language):
    seeds = (*language.SEEDS, *corpus_of(language)[1])

    assert language.FUZZ.run(1_500, seed=2, seeds=seeds) == (1_500, None)


@LANGUAGES
def test_some_mutated_texts_are_read(language):
    chance, read = Random(1), 0
    for _ in range(500):
        seed = chance.choice(language.SEEDS)
        with suppress(MusterError):
            language.check(language.FUZZ.mutated(seed, chance, language.SEEDS))
            read += 1

    assert 10 < read < 475


@LANGUAGES
def test_an_error_that_is_not_ours_is_told_with_its_input(language, monkeypatch, capsys):
    def careless(_text):
        raise ZeroDivisionError

    monkeypatch.setattr(language, "check", careless)

    assert language.FUZZ.main(["--inputs", "5"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith('input 0 of seed 1: ZeroDivisionError()\n"')


@LANGUAGES
def test_the_command_takes_a_corpus_and_says_how_many_were_tried(language, capsys):
    folder, _ = corpus_of(language)

    assert language.FUZZ.main(["--inputs", "200", "--corpus", str(folder)]) == 0
    assert capsys.readouterr().out == "200 inputs, no rule broken\n"

"""Bytes that something was done to."""

from random import Random

import pytest

from muster.testing import fuzz_lines, fuzz_remote
from muster.testing.fuzzedbytes import Broken, ByteFuzz, spoil


def spoiled(chance: Random) -> bytes:
    data = bytearray(b"abc" * 9)
    spoil(data, chance, (b"!",))
    return bytes(data)


def fuzz(check):
    return ByteFuzz("Fuzz nothing.", spoiled, lambda: check)


def test_the_same_seed_gives_the_same_inputs_and_some_are_left_as_they_are():
    one, other = ([spoiled(Random(n)) for n in range(60)] for _ in range(2))

    assert one == other
    assert len(set(one)) > 30
    assert b"abc" * 9 in one


def test_the_first_input_that_breaks_a_rule_ends_it():
    seen = []

    def check(data, _chance):
        seen.append(data)
        if b"!" in data:
            raise ValueError(data)
        return True

    tried, sound, broken = fuzz(check).run(1_000, seed=1)

    assert isinstance(broken, Broken)
    assert (tried, sound, broken.data) == (len(seen) - 1, len(seen) - 1, seen[-1])


def test_time_that_is_over_ends_it_with_nothing_broken():
    assert fuzz(lambda *_: True).run(1_000, seed=1, seconds=-1.0) == (0, 0, None)


def test_the_command_says_what_broke(capsys):
    def check(_data, _chance):
        raise AssertionError("twins disagree")

    assert fuzz(check).main(["--inputs", "5"]) == 1
    assert "input 0 of seed 1: AssertionError('twins disagree')\nb'" in capsys.readouterr().err
    assert fuzz(lambda *_: True).main(["--inputs", "5"]) == 0
    assert capsys.readouterr().out == "5 inputs, no rule broken\n"


FORMATS = pytest.mark.parametrize(
    ("fuzzed", "check", "input_of"),
    [
        (fuzz_lines, fuzz_lines.Parsers, fuzz_lines.body_of),
        (fuzz_remote, fuzz_remote.Decoders, fuzz_remote.input_of),
    ],
)


@FORMATS
def test_mutated_inputs_break_no_rule_and_some_are_sound(fuzzed, check, input_of):
    tried, sound, broken = fuzzed.FUZZ.run(800, seed=5)

    assert (tried, broken) == (800, None)
    assert sound > 50


@FORMATS
def test_the_same_seed_gives_the_same_inputs_of_a_format(fuzzed, check, input_of):
    one, other = ([input_of(Random(n)) for n in range(40)] for _ in range(2))

    assert one == other
    assert len(set(one)) > 30


@FORMATS
def test_a_broken_rule_is_told_with_its_input(fuzzed, check, input_of, monkeypatch, capsys):
    def disagree(*_):
        raise AssertionError("twins disagree")

    monkeypatch.setattr(check, "check", disagree)

    assert fuzzed.FUZZ.main(["--inputs", "5"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("input 0 of seed 1: AssertionError('twins disagree')\nb")


@FORMATS
def test_the_command_says_how_many_were_tried(fuzzed, check, input_of, capsys):
    assert fuzzed.FUZZ.main(["--inputs", "20"]) == 0
    assert fuzzed.FUZZ.main(["--inputs", "20", "--seconds", "-1"]) == 0
    assert capsys.readouterr().out == "20 inputs, no rule broken\n0 inputs, no rule broken\n"

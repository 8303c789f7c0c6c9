from random import Random

from muster.testing import fuzz_lines
from muster.testing.fuzz_lines import FUZZ, body_of


def test_mutated_bodies_break_no_rule_and_some_are_sound():
    tried, sound, broken = FUZZ.run(1_500, seed=5)

    assert (tried, broken) == (1_500, None)
    assert sound > 50


def test_the_same_seed_gives_the_same_bodies():
    one, other = ([body_of(Random(n)) for n in range(40)] for _ in range(2))

    assert one == other
    assert len(set(one)) > 35


def test_a_broken_rule_is_told_with_its_body(monkeypatch, capsys):
    def disagree(*_):
        raise AssertionError("twins disagree")

    monkeypatch.setattr(fuzz_lines.Parsers, "check", disagree)

    assert FUZZ.main(["--inputs", "5"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("input 0 of seed 1: AssertionError('twins disagree')\nb")


def test_the_command_says_how_many_were_tried(capsys):
    assert FUZZ.main(["--inputs", "20"]) == 0
    assert FUZZ.main(["--inputs", "20", "--seconds", "-1"]) == 0
    assert capsys.readouterr().out == "20 inputs, no rule broken\n0 inputs, no rule broken\n"

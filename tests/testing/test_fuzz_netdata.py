from random import Random

import pytest

from muster.errors import MusterError
from muster.testing import fuzz_netdata
from muster.testing.fuzz_netdata import Target, main, mutated, run, targets, verdict


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_sound_bytes_break_no_rule(target):
    assert [verdict(target, data) for data in target.seeds] == [None] * len(target.seeds)


def test_mutated_bytes_break_no_rule():
    tried, broken = run(20_000, seed=2)

    assert (tried, broken) == (20_000, None)


def test_some_mutated_bytes_are_taken_by_each_decoder():
    chance = Random(1)
    for target in targets():
        taken = 0
        for _ in range(2_000):
            try:
                target.check(mutated(chance.choice(target.seeds), chance, target.seeds))
            except MusterError:
                continue
            taken += 1
        assert taken, target.name


def test_the_same_seed_gives_the_same_inputs():
    one, other = ([mutated(b"abc" * 9, Random(n), (b"x",)) for n in range(50)] for _ in range(2))

    assert one == other
    assert len(set(one)) > 40


def careless(data):
    raise ZeroDivisionError


def test_an_error_that_is_not_ours_is_told_with_its_input(monkeypatch, capsys):
    monkeypatch.setattr(fuzz_netdata, "targets", lambda: (Target("x", careless, (b"seed",)),))

    assert main(["--inputs", "5"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("input 0 of seed 1, x: ZeroDivisionError()")


def test_the_command_says_how_many_were_tried(capsys):
    assert main(["--inputs", "300"]) == 0
    assert capsys.readouterr().out == "300 inputs, no rule broken\n"


def test_the_command_stops_when_its_time_is_over(capsys):
    assert main(["--inputs", "300", "--seconds", "-1"]) == 0
    assert capsys.readouterr().out == "0 inputs, no rule broken\n"


def test_two_documents_in_one_break_no_rule():
    (target,) = (each for each in targets() if each.name == "discovery")
    challenge, response = target.seeds[1:3]

    assert verdict(target, challenge[:-1] + b"," + response[1:]) is None

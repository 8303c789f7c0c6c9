"""Bytes that something was done to."""

from random import Random

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

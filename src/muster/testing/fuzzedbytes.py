"""Mutated bytes of a wire against the twins of its decoder.

The same seed gives the same inputs. One that breaks a rule is printed as Python bytes: it
belongs into the tests of its decoder.
"""

import argparse
import sys
import time
from collections.abc import Callable
from random import Random
from typing import NamedTuple

_BETWEEN_LOOKS = 1_000  # inputs between looks at the clock
_SPOILED = (0, 0, 1, 1, 2, 4)  # how often an input is


class Broken(NamedTuple):
    """An input that broke a rule, and how."""

    data: bytes
    error: Exception


Check = Callable[[bytes, Random], bool]


class ByteFuzz(NamedTuple):
    """The fuzzing of one wire."""

    about: str
    input_of: Callable[[Random], bytes]
    # A check of a new set of decoders: whether the input was sound. It raises for a broken rule.
    decoders: Callable[[], Check]

    def run(
        self, inputs: int, seed: int, seconds: float = float("inf")
    ) -> tuple[int, int, Broken | None]:
        """How many inputs were tried, how many were sound, and the first that broke a rule."""
        chance, check, sound = Random(seed), self.decoders(), 0  # noqa: S311 - nothing is secret
        end = time.monotonic() + seconds
        for number in range(inputs):
            if number % _BETWEEN_LOOKS == 0 and time.monotonic() > end:
                return number, sound, None
            data = self.input_of(chance)
            try:
                sound += check(data, chance)
            except Exception as error:
                return number, sound, Broken(data, error)
        return inputs, sound, None

    def main(self, arguments: list[str] | None = None) -> int:
        """The command: 0 when no rule was broken, else 1."""
        parser = argparse.ArgumentParser(description=self.about)
        parser.add_argument("--inputs", type=int, default=100_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--seconds", type=float, default=float("inf"), help="stop after so long"
        )
        asked = parser.parse_args(arguments)
        tried, _sound, broken = self.run(asked.inputs, asked.seed, asked.seconds)
        if broken is None:
            sys.stdout.write(f"{tried} inputs, no rule broken\n")
            return 0
        sys.stderr.write(f"input {tried} of seed {asked.seed}: {broken.error!r}\n{broken.data!r}\n")
        return 1


def spoil(data: bytearray, chance: Random, pieces: tuple[bytes, ...]) -> None:
    """Do nothing, one thing or a few to sound bytes; `pieces` are put where they do not belong."""
    for _ in range(chance.choice(_SPOILED)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                del data[place : place + chance.randrange(1, 4)]
            case 1:
                data[place : place + 1] = chance.choice(pieces)
            case 2:
                data[place:place] = data[place : place + chance.randrange(24)]
            case _:
                data[place:place] = chance.choice(pieces)

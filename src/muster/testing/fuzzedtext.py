"""Mutated texts of a language against a rule: sound ones, cut, mixed, with words out of place.

The same seed gives the same texts. One that breaks the rule is printed as JSON text: it belongs
into the language's corpus. Its `verdict` says what a text ends in that it must not end in.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from muster.errors import MusterError


def fault_of(check: Callable[[str], None], text: str) -> Exception | None:
    """What a text ends in that is neither an answer nor an error of ours; warnings count."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check(text)
    except MusterError:
        return None
    except Exception as error:
        return error
    return None


class Broken(NamedTuple):
    """An input that broke a rule, and how."""

    text: str
    error: Exception


class TextFuzz(NamedTuple):
    """The fuzzing of one language. `words` are put where they do not belong."""

    about: str
    seeds: tuple[str, ...]  # sound texts
    words: tuple[str, ...]
    verdict: Callable[[str], Exception | None]
    between_looks: int  # inputs between looks at the clock

    def run(
        self, inputs: int, seed: int, seeds: tuple[str, ...] = (), seconds: float = float("inf")
    ) -> tuple[int, Broken | None]:
        """How many inputs were tried, and the first that broke a rule."""
        chance = Random(seed)  # noqa: S311 - nothing is kept secret by it
        seeds = seeds or self.seeds
        end = time.monotonic() + seconds
        for number in range(inputs):
            if number % self.between_looks == 0 and time.monotonic() > end:
                return number, None
            text = self.mutated(chance.choice(seeds), chance, seeds)
            if (error := self.verdict(text)) is not None:
                return number, Broken(text, error)
        return inputs, None

    def mutated(self, text: str, chance: Random, others: tuple[str, ...]) -> str:
        """A sound text that one to four things were done to."""
        for _ in range(chance.randrange(1, 5)):
            place = chance.randrange(len(text) + 1)
            before, after = text[:place], text[place:]
            match chance.randrange(5):
                case 0:
                    text = before + chance.choice(self.words) + after
                case 1:
                    text = before + after[chance.randrange(1, 8) :]
                case 2:
                    text = before
                case 3:
                    text = before + after[: chance.randrange(24)] * chance.randrange(4) + after
                case _:
                    other = chance.choice(others)
                    start = chance.randrange(len(other) + 1)
                    text = before + other[start : start + chance.randrange(48)] + after
        return text

    def main(self, arguments: list[str] | None = None) -> int:
        """The command: 0 when no rule was broken, else 1."""
        parser = argparse.ArgumentParser(description=self.about)
        parser.add_argument("--inputs", type=int, default=100_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--seconds", type=float, default=float("inf"), help="stop after so long"
        )
        parser.add_argument("--corpus", type=Path, help="a folder of queries, one a file")
        asked = parser.parse_args(arguments)
        seeds = self.seeds
        if asked.corpus:
            seeds += tuple(path.read_text("utf-8") for path in sorted(asked.corpus.iterdir()))
        tried, broken = self.run(asked.inputs, asked.seed, seeds, asked.seconds)
        if broken is None:
            sys.stdout.write(f"{tried} inputs, no rule broken\n")
            return 0
        sys.stderr.write(f"input {tried} of seed {asked.seed}: {broken.error!r}\n")
        sys.stderr.write(f"{json.dumps(broken.text)}\n")
        return 1

"""Texts that something was done to."""

from random import Random

from muster.testing.fuzzedtext import Broken, TextFuzz


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

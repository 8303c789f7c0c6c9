"""What is InfluxQL's own of its fuzzing; the rest: test_fuzzedtext.py."""

from muster.testing import fuzz_influxql
from muster.testing.fuzz_influxql import FUZZ, SEEDS, verdict


def test_mutated_texts_break_no_rule():
    assert FUZZ.run(3_500, seed=3) == (3_500, None)


def test_what_cannot_be_read_again_breaks_a_rule(monkeypatch):
    monkeypatch.setattr(fuzz_influxql, "format_query", lambda _statements: "SHOW BOGUS")

    assert "read, but not again" in str(verdict("SHOW USERS"))


def test_what_comes_back_as_another_text_breaks_a_rule(monkeypatch):
    texts = iter(["SHOW USERS", "SHOW DATABASES"])
    monkeypatch.setattr(fuzz_influxql, "format_query", lambda _statements: next(texts))

    assert "came back as 'SHOW DATABASES'" in str(verdict(SEEDS[0]))

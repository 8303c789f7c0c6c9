"""What is PromQL's own of its fuzzing; the rest: test_fuzzedtext.py."""

from muster.testing import fuzz_promql
from muster.testing.fuzz_promql import verdict


def test_what_cannot_be_read_again_breaks_a_rule(monkeypatch):
    monkeypatch.setattr(fuzz_promql, "written", lambda _node: "up up")

    assert "read, but not again" in str(verdict("up"))

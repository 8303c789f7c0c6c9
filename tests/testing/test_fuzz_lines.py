"""Which bodies break a rule; how they are made and told: test_fuzzedbytes.py."""

import pytest
from msgspec.structs import replace

from muster.testing import fuzz_lines
from muster.testing.fuzz_lines import Parsers
from muster.wire.lineprotocol import PureLineParser


@pytest.mark.parametrize(("body", "is_sound"), [(b"cpu v=1 5\nmem w=2i 6", True), (b"cpu", False)])
def test_a_body_that_is_taken_whole_is_sound(body, is_sound):
    assert Parsers().check(body, 1, True) == is_sound


def test_twins_that_disagree_break_a_rule(monkeypatch):
    monkeypatch.setattr(
        fuzz_lines, "line_parser", lambda limits: PureLineParser(replace(limits, points=1))
    )

    with pytest.raises(AssertionError, match="twins disagree"):
        Parsers().check(b"cpu v=1 5\nmem w=2i 6", 1, True)

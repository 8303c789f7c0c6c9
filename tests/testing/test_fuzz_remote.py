"""Which messages break a rule; how they are made and told: test_fuzzedbytes.py."""

import pytest
from msgspec.structs import replace

from muster.testing import fuzz_remote
from muster.testing.fuzz_remote import Decoders
from muster.testing.remotewriting import series_v1
from muster.wire.prometheus import PureRemoteParser

SOUND = series_v1({"__name__": "up"}, [(1.5, 7), (2.5, 8)])


@pytest.mark.parametrize(("data", "is_sound"), [(SOUND, True), (b"\xff" * 9, False)])
def test_a_message_that_is_taken_whole_is_sound(data, is_sound):
    assert Decoders().check(data) == is_sound


def test_twins_that_disagree_break_a_rule(monkeypatch):
    monkeypatch.setattr(
        fuzz_remote, "remote_parser", lambda limits: PureRemoteParser(replace(limits, points=1))
    )

    with pytest.raises(AssertionError, match="twins disagree"):
        Decoders().check(SOUND)

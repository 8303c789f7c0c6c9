"""Evidence: what is missing is empty."""

import msgspec

from muster.model.evidence import Evidence


def test_a_machine_that_shows_nothing_is_no_error():
    assert msgspec.json.decode(b"{}", type=Evidence) == Evidence()


def test_what_newer_agents_add_is_left_alone():
    assert msgspec.json.decode(b'{"novelty":1,"dmi":"ab"}', type=Evidence).dmi == "ab"

"""Words of Grafana."""

import pytest

from muster.model.dashboard import Calculation, PanelKind
from muster.wire.grafanajson import Notes
from muster.wire.grafanawords import CALCULATIONS, KINDS, calculation_of, color_of, unit_of


@pytest.mark.parametrize(
    ("word", "color"),
    [
        ("semi-dark-red", "red"),
        ("super-light-green", "green"),
        ("dark-purple", "purple"),
        ("#E02F44", "#e02f44"),
        ("#abc", "#aabbcc"),
        ("#e02f44ff", "#e02f44"),
        ("rgb(0, 255, 255)", "#00ffff"),
        ("rgba(237, 129, 40, 0.89)", "#ed8128"),
        ("rgb(999,0,0)", "#ff0000"),
        ("text", ""),
        ("url(javascript:x)", ""),
        ("", ""),
    ],
)
def test_a_colour_is_a_name_or_six_digits(word, color):
    assert color_of(word) == color


def test_units_that_are_not_known_stay_behind_the_number():
    notes = Notes()

    assert unit_of("bytes", notes) == "bytes"
    assert unit_of("percentunit", notes) == "ratio"
    assert notes.all() == []
    assert unit_of("furlong", notes) == "furlong"
    assert notes.all() == ["unit 'furlong' is written behind the number"]


def test_a_calculation_that_is_not_known_is_noted():
    notes = Notes()

    assert calculation_of("mean", notes) == "mean"
    assert calculation_of("", notes) == "last_value"
    assert calculation_of("p95", notes) == "last_value"
    assert notes.all() == ["calculation 'p95' became the last value"]


def test_every_word_is_one_of_ours():
    assert set(KINDS.values()) == set(PanelKind)
    assert set(CALCULATIONS.values()) == set(Calculation)

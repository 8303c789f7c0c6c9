"""What is asked for panels."""

import msgspec
import pytest

from muster.model.panelanswer import MAX_VALUES, PanelAsk


@pytest.mark.parametrize(
    "document",
    [
        {"from_ns": 0, "to_ns": 1, "width_px": 0},
        {"from_ns": 0, "to_ns": 1, "variables": {"a": ["x"] * (MAX_VALUES + 1)}},
        {"from_ns": 0, "to_ns": 1, "variables": {"a": ["x" * 301]}},
        {"from_ns": 0, "to_ns": 1, "queries": [{"text": "x"}] * 21},
        {"from_ns": 0, "to_ns": 1, "variable": {}},
    ],
)
def test_too_much_is_refused(document):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, PanelAsk)

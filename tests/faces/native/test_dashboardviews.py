"""What routes of dashboards take."""

import msgspec
import pytest

from muster.faces.native.dashboardviews import MAX_IMPORT, ExportWanted, ImportWanted, NewLink


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (ExportWanted, {"format": "pdf"}),
        (ImportWanted, {}),
        (ImportWanted, {"text": "x" * (MAX_IMPORT + 1)}),
        (NewLink, {"days": -1}),
        (NewLink, {"days": 99_999}),
        (NewLink, {"role": "admin"}),
    ],
)
def test_what_is_not_of_the_form_is_refused(kind, document):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, kind)


def test_a_link_lasts_thirty_days_unless_it_is_said():
    assert msgspec.convert({}, NewLink).days == 30

"""Tags that the hub vouches for stand in place of those that a payload claims."""

from muster.core.intake.stamps import stamped, stamps_of
from muster.model.identity import Identity
from muster.model.metric import Kind, Layout, Series

LAYOUT = Layout(
    (
        Series("cpu", (("cpu", "cpu0"), ("host", "liar"), ("node", "other")), "idle", Kind.FLOAT),
        Series("mem", (), "used", Kind.INTEGER),
    )
)


def test_stamps_are_of_the_certificate_and_the_name_of_now():
    stamps = stamps_of(Identity("hub", "s1", "n1"), "web-1")

    assert stamps == {"host": "web-1", "node": "n1", "space": "s1"}


def test_stamped_tags_are_sorted_and_series_keep_their_order():
    layout = stamped(LAYOUT, {"host": "h", "node": "n", "space": "s"})

    assert [series.field for series in layout.series] == ["idle", "used"]
    for series in layout.series:
        assert list(series.tags) == sorted(series.tags)
    assert layout.kinds == LAYOUT.kinds

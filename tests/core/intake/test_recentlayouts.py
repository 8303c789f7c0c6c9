"""What was made of a layout is found by its identity, within bounds."""

from muster.core.intake import recentlayouts as module
from muster.core.intake.recentlayouts import RecentLayouts
from muster.model.metric import Layout
from muster.testing.cohorts import series_of


def layout(columns, **tags):
    return Layout(tuple(series_of("m", f"f{at}", **tags) for at in range(columns)))


def test_an_equal_layout_is_another():
    recent, one = RecentLayouts(), layout(2)
    recent.put(one, "made")

    assert recent.get(one) == "made"
    assert recent.get(layout(2)) is None


def test_the_oldest_of_too_many_goes():
    recent, layouts = RecentLayouts(), [layout(1) for _ in range(65)]
    for number, one in enumerate(layouts):
        recent.put(one, number)

    assert recent.get(layouts[0]) is None
    assert [recent.get(one) for one in layouts[1:]] == list(range(1, 65))


def test_what_is_put_again_is_new_again_and_counted_once(monkeypatch):
    monkeypatch.setattr(module, "_SIZE", 200)
    recent, first, second, third = RecentLayouts(), layout(4), layout(4), layout(4)
    for one in (first, second, first, first, first, third):
        recent.put(one, "made")

    assert [recent.get(one) for one in (first, second, third)] == ["made"] * 3


def test_columns_and_long_names_count(monkeypatch):
    monkeypatch.setattr(module, "_SIZE", 100)
    recent, small, wide, long = RecentLayouts(), layout(4), layout(30), layout(1, disk="d" * 6400)
    for one in (small, wide, long):
        recent.put(one, "made")

    assert recent.get(small) is None
    assert recent.get(wide) is None
    assert recent.get(long) == "made"  # alone over the bound, and the newest


def test_many_tags_count(monkeypatch):
    monkeypatch.setattr(module, "_SIZE", 100)
    recent, first = RecentLayouts(), layout(1, **{f"t{at}": "x" for at in range(20)})
    recent.put(first, "made")
    recent.put(layout(1), "made")

    assert recent.get(first) is None

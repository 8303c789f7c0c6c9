"""Lists of series that are found once."""

from muster.model.access import Scope
from muster.model.metric import Kind
from muster.model.query import Selector
from muster.store.catalogue.selections import Selections
from muster.testing.cohorts import ref_of, series_of


class Finder:
    def __init__(self, size=1):
        self.asked = 0
        self.size = size

    def find(self, select, scope, most):
        self.asked += 1
        return [ref_of(series_of("m", "f", Kind.FLOAT))] * self.size


def test_the_same_question_gets_the_same_list_until_series_change():
    finder = Finder()
    known = Selections(finder.find)

    first = known.find(Selector(measurement="m"), None, 5)
    assert known.find(Selector(measurement="m"), None, 5) is first
    assert finder.asked == 1
    edition = known.edition
    known.forget()
    assert known.find(Selector(measurement="m"), None, 5) is not first
    assert known.edition is not edition


def test_who_asks_and_how_many_may_be_found_makes_another_question():
    finder = Finder()
    known = Selections(finder.find)
    for scope in (None, Scope(), Scope(None)):
        for most in (None, 5):
            known.find(Selector(), scope, most)

    assert finder.asked == 6


def test_many_lists_or_long_ones_are_not_kept_for_ever():
    finder = Finder(size=60_000)
    known = Selections(finder.find)
    for name in ("a", "b", "a"):
        known.find(Selector(measurement=name), None, None)
    assert finder.asked == 3
    finder.size = 200_000
    known.find(Selector(measurement="c"), None, None)
    known.find(Selector(measurement="c"), None, None)
    assert finder.asked == 5
    small = Finder()
    known = Selections(small.find)
    for number in range(400):
        known.find(Selector(measurement=str(number)), None, None)
    known.find(Selector(measurement="0"), None, None)
    assert small.asked == 401

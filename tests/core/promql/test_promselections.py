"""Selections that are kept."""

from muster.core.promql.promselections import KeptSelections, Places, selection_of
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Series
from muster.ports.series import SeriesRef
from muster.promql.matchers import Matcher

HOME, AWAY = (Places(SpaceId("s"), frozenset(("1",)), own, None) for own in (True, False))
ASKED = [Matcher("a", "=", "1")]
A, B = (("a", "1"),), (("b", "2"),)


def ref(number, kind=Kind.FLOAT):
    return SeriesRef(number, 1, Series("m", (), "value", kind))


def test_a_selection_is_good_for_the_very_same_lists():
    kept, lists = KeptSelections(), [[ref(1)]]
    selection = selection_of({A: [ref(1)]})
    kept.put(HOME, ASKED, lists, selection)

    assert kept.get(HOME, ASKED, lists) is selection
    assert kept.get(HOME, ASKED, [[ref(1)]]) is None
    assert kept.get(HOME, ASKED, []) is None


def test_what_is_kept_for_one_reader_is_not_for_another():
    kept, lists = KeptSelections(), [[ref(1)]]
    kept.put(HOME, ASKED, lists, selection_of({A: [ref(1)]}))

    assert kept.get(AWAY, ASKED, lists) is None
    assert kept.get(HOME._replace(nodes=frozenset((NodeId("n"),))), ASKED, lists) is None


def test_no_more_is_kept_than_a_few_selections():
    kept = KeptSelections()
    for number in range(1_000):
        kept.put(HOME, [Matcher("a", "=", str(number))], [], selection_of({}))

    assert len(kept._known) <= 256


def test_labels_are_in_order_and_series_by_their_kind():
    selection = selection_of({B: [ref(1), ref(2, Kind.INTEGER)], A: [ref(3)]})

    assert (selection.labels, selection.is_plain) == ([A, B], False)
    assert {part.kind: part.owners.tolist() for part in selection.parts} == {
        Kind.FLOAT: [0, 1],
        Kind.INTEGER: [1],
    }
    assert selection_of({A: [ref(1)]}).is_plain

"""How many series a node begins within an hour."""

import pytest

from muster.clock import ManualClock
from muster.model.metric import Kind, Layout, Series
from muster.ports.series import NoRoom
from muster.store.catalogue.allowance import Settings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.catalogue.seriespace import SeriesPace

NODE, OTHER = "0de00000-0000-4000-8000-000000000001", "0de00000-0000-4000-8000-000000000002"


def series(count, node=NODE, start=0, **tags):
    own = {"node": node, "space": "s", **tags}
    return [
        Series("m", tuple(sorted({**own, "id": str(start + at)}.items())), "f", Kind.FLOAT)
        for at in range(count)
    ]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def catalogue(tmp_path, clock):
    pace = SeriesPace(monotonic=clock.monotonic, most=10)
    opened = Catalogue(path=tmp_path / "c.sqlite", settings=Settings(), pace=pace)
    opened.open()
    yield opened
    opened.close()


def begin(catalogue, some, node=NODE):
    """How many of them the node may begin, which it does; and why not more."""
    try:
        return len(catalogue.cohort(node, Layout(tuple(some))).fields), ""
    except NoRoom as error:
        fitting = [some[column] for column in error.columns]
        if fitting:
            catalogue.cohort(node, Layout(tuple(fitting)))
        return len(fitting), str(error)


def test_what_is_beyond_the_pace_is_refused_with_what_grows(catalogue):
    assert begin(catalogue, series(8)) == (8, "")
    begun, why = begin(catalogue, series(5, start=8))

    assert begun == 2
    assert "a node may begin 10 series within an hour (ingest.new_series_per_hour)" in why
    assert 'tag "id" of measurement "m" had 6 new values' in why  # of the second half, and these
    assert f"new series of node {NODE} are not kept" in why


def test_a_layout_that_is_larger_by_itself_names_what_grows_too(catalogue):
    begun, why = begin(catalogue, series(30, rack="r"))

    assert begun == 10
    assert 'tag "id" of measurement "m" had 20 new values' in why


def test_what_is_known_costs_nothing(catalogue):
    assert begin(catalogue, series(10)) == (10, "")
    again = series(10) + series(0)

    assert begin(catalogue, list(reversed(again))) == (10, "")


def test_each_node_has_its_own_pace(catalogue):
    begin(catalogue, series(10))

    assert begin(catalogue, series(10, OTHER), OTHER) == (10, "")


def test_after_an_hour_a_node_may_begin_more(catalogue, clock):
    begin(catalogue, series(10))
    assert begin(catalogue, series(1, start=10))[0] == 0
    clock.advance(3_600)

    assert begin(catalogue, series(10, start=10)) == (10, "")


def test_a_policy_of_a_database_that_many_write_has_no_pace(catalogue):
    assert begin(catalogue, series(30, stock=NODE)) == (30, "")


def test_what_a_node_writes_into_a_database_by_its_certificate_counts(catalogue):
    assert begin(catalogue, series(30, stock=OTHER))[0] == 10


def test_nothing_is_counted_without_a_limit(clock):
    pace = SeriesPace(monotonic=clock.monotonic, most=0)
    pace.note(NODE, series(5))

    assert pace.room(NODE) == 0
    assert pace.offender(NODE, []) == ""


def test_nodes_whose_hour_is_over_are_forgotten(clock):
    pace = SeriesPace(monotonic=clock.monotonic, most=4)
    for number in range(1_000):
        pace.note(f"n{number}", series(1))
    clock.advance(3_600)
    pace.note("last", series(1))

    assert list(pace._nodes) == ["last"]
    assert pace.room("last") == 3


def test_nodes_whose_hour_is_over_are_forgotten_from_the_first_on(clock):
    pace = SeriesPace(monotonic=clock.monotonic, most=10)
    for each in range(3):
        pace.note(f"node{each}", series(4))
        clock.advance(1_500)
    pace.note("node3", series(1))

    assert list(pace._nodes) == ["node1", "node2", "node3"]
    assert [pace.room(f"node{each}") for each in range(4)] == [10, 6, 6, 9]

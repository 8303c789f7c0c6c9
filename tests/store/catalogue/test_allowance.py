"""What of a layout a node may have, counted in series and in bytes of names."""

from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Kind, Layout, Series
from muster.store.catalogue.allowance import Allowance, Settings
from muster.store.catalogue.namesizes import bytes_of_name, bytes_of_tags, text_of_tags
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.seriestypes import is_stock
from muster.testing.cohorts import series_of

PLENTY = 1 << 40


def known(*series):
    """An index that has these."""
    index = SeriesIndex()
    index.take_in(index.look(series))
    return index


def fitting(index, *series, **limits):
    return Allowance(index, Settings(**limits)).fitting("n1", Layout(series))


def test_what_is_known_always_fits():
    series = [series_of("m", "a", cpu=str(at)) for at in range(3)]
    found = fitting(known(*series), *series, node_series=0, node_bytes=0, total_series=0)

    assert found == ([0, 1, 2], "", "")


def test_new_series_fit_in_their_order_up_to_the_limit_of_the_node():
    old, *new = [series_of("m", f"f{at}") for at in range(4)]
    columns, refusal, _ = fitting(known(old), new[0], old, *new[1:], node_series=2)

    assert columns == [0, 1]
    assert "node n1" in refusal
    assert "2 series (store.catalogue.node_series)" in refusal
    assert "m.f2 'host=host-n1,node=n1,space=s1'" in refusal
    assert "raise the limit" in refusal


def test_names_of_a_node_are_bounded_by_what_they_take():
    series = [series_of("m", "f", disk=f"{at}" * 100) for at in range(4)]
    size = bytes_of_tags(series[0].tags) + bytes_of_name(series[0])
    columns, refusal, _ = fitting(known(series[0]), *series, node_bytes=3 * size)

    assert columns == [0, 1, 2]
    assert f"{3 * size} bytes (store.catalogue.node_bytes)" in refusal


def test_one_long_name_does_not_keep_short_ones_out():
    long, short = series_of("m", "f", disk="d" * 900), series_of("m", "f", disk="d")
    size = bytes_of_tags(short.tags) + bytes_of_name(short)

    assert fitting(known(), long, short, node_bytes=size).columns == [1]


def test_a_tag_set_is_counted_once():
    series = [series_of("m", f"f{at}", disk="sda") for at in range(9)]
    size = bytes_of_tags(series[0].tags) + sum(map(bytes_of_name, series))

    assert fitting(known(), *series, node_bytes=size).refusal == ""
    assert fitting(known(), *series, node_bytes=size - 1).columns == list(range(8))


def test_the_hub_has_a_limit_too():
    other = series_of("m", "a", node="n2")
    columns, refusal, _ = fitting(known(other), *(series_of("m", f) for f in "ab"), total_series=2)

    assert columns == [0]
    assert "the hub may have 2 series (store.catalogue.total_series)" in refusal


def test_names_of_one_row_are_bounded_even_when_they_are_known():
    series = [series_of("m", "f", disk=f"{at}" * 100) for at in range(4)]
    size = text_of_tags(series[0].tags) + bytes_of_name(series[0])
    columns, refusal, _ = fitting(known(*series), *series, layout_bytes=2 * size)

    assert columns == [0, 1]
    assert "store.catalogue.layout_bytes" in refusal


def test_the_example_of_a_refusal_is_short():
    endless = Series("m" * 1000, (("k" * 1000, "v" * 1000),), "f" * 1000, Kind.FLOAT)

    assert len(fitting(known(), endless, node_series=0).refusal) < 700


NAMES = st.sampled_from(("a", "bb", "ccc"))


@given(
    old=st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=4),
    new=st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=9, unique=True),
    limits=st.fixed_dictionaries(
        {"node_series": st.integers(0, 6), "node_bytes": st.integers(0, 3_000)}
    ),
)
def test_a_node_that_kept_within_its_limits_does_so_with_what_fits(old, new, limits):
    index = known(*(series_of(m, f, disk=d) for m, f, d in old))
    before = index.series_of("n1"), index.name_bytes_of("n1")
    series = [series_of(m, f, disk=d) for m, f, d in new]
    columns = fitting(index, *series, **limits).columns
    after = known(
        *(series_of(m, f, disk=d) for m, f, d in old), *(series[column] for column in columns)
    )

    assert after.series_of("n1") <= max(before[0], limits["node_series"])
    assert after.name_bytes_of("n1") <= max(before[1], limits["node_bytes"])


def test_a_policy_of_a_database_has_limits_of_its_own_in_influxdbs_words():
    settings = Settings(node_series=1, database_series=2)
    layout = Layout(tuple(series_of("m", f"f{at}", node="s", stock="s") for at in range(3)))
    fitting = Allowance(SeriesIndex(), settings).fitting("s", layout)

    assert fitting.columns == [0, 1]
    assert fitting.refusal == "max-series-per-database limit exceeded: (2)"
    assert not is_stock("n1", layout)
    assert not is_stock("s", Layout(()))


def written(measurement="m", **tags):
    stamped = {"db": "d", "node": "n1", "rp": "r", "space": "x", "stock": "n1", **tags}
    return Series(measurement, tuple(sorted(stamped.items())), "v", Kind.FLOAT)


def test_a_tag_of_a_databases_measurement_has_so_many_values():
    old = [written(t=str(at)) for at in range(2)]
    new = [written(t="1", u="x"), written(t="2"), written(t="3"), written("other", t="3")]
    found = fitting(known(*old), *new, tag_values=3)

    assert found.columns == [0, 1, 3]
    assert found.refusal == (
        'max-values-per-tag limit exceeded (3/3): measurement="m" tag="t" value="3"'
    )
    assert fitting(known(*old), *new, tag_values=0).columns == [0, 1, 2, 3]


def test_values_are_limited_too_where_a_node_writes_by_its_certificate():
    some = [
        Series("m", tuple(sorted({**dict(written(t=str(at)).tags), "node": "n2"}.items())), "v",
               Kind.FLOAT)
        for at in range(3)
    ]  # fmt: skip
    found = Allowance(SeriesIndex(), Settings(tag_values=2)).fitting("n2", Layout(some))

    assert found.columns == [0, 1]
    assert found.refusal.startswith("max-values-per-tag limit exceeded (2/2): ")


def test_who_is_full_is_told_which_tag_has_the_most_values():
    old = [series_of("http", "n", request=str(at), core="0") for at in range(4)]
    _, refusal, offender = fitting(known(*old), series_of("m", "f"), node_series=4)

    assert offender == 'tag "request" of measurement "http" has 4 values'
    assert refusal.endswith(offender)


def test_a_full_database_answers_in_influxdbs_words_and_knows_its_offender():
    old = [written(t=str(at)) for at in range(3)]
    found = fitting(known(*old), written(t="9"), database_series=3)

    assert found.refusal == "max-series-per-database limit exceeded: (3)"
    assert found.offender == 'tag "t" of measurement "m" has 3 values'

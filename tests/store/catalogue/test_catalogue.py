"""The catalogue: names to numbers and back, and finding series."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import Unavailable
from muster.model.access import Scope
from muster.model.metric import Kind, Layout, Series
from muster.model.query import Selector
from muster.ports.series import NoRoom
from muster.store.catalogue import catalogue as module
from muster.store.catalogue import tagsets
from muster.store.catalogue.allowance import Settings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.catalogue.cataloguefile import Marks
from muster.store.catalogue.names import hash_of, named, tags_text
from muster.testing.cohorts import MemoryCatalogue, series_of


@pytest.fixture
def catalogues(tmp_path):
    opened = []

    def make(**settings):
        opened.append(Catalogue(path=tmp_path / "c.sqlite", settings=Settings(**settings)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def machine(node, space="s1", cpus=2):
    series = [
        series_of("cpu", field, node=node, space=space, cpu=f"cpu{at}")
        for at in range(cpus)
        for field in ("usage_idle", "usage_user")
    ]
    return Layout((*series, series_of("mem", "used", Kind.INTEGER, node=node, space=space)))


def names(refs):
    return [(ref.series.measurement, ref.series.field, dict(ref.series.tags)) for ref in refs]


def test_a_layout_becomes_columns_of_hashes(catalogues):
    layout = machine("n1")
    cohort = catalogues().cohort("n1", layout)

    assert cohort.layout == layout
    assert cohort.tags.tolist()[:2] == [hash_of("cpu=cpu0,host=host-n1,node=n1,space=s1")] * 2
    assert cohort.fields.tolist()[0] == hash_of("cpu usage_idle")
    assert cohort.kinds.tolist() == [0, 0, 0, 0, 1]


def test_the_same_layout_is_the_same_cohort(catalogues):
    catalogue = catalogues()

    assert catalogue.cohort("n1", machine("n1")) is catalogue.cohort("n1", machine("n1"))
    assert catalogue.cohort("n2", machine("n2")).number == 2
    assert catalogue.series_total == 10
    assert catalogue.series_of("n1") == 5
    assert catalogue.nodes() == {"n1", "n2"}


def test_layouts_that_come_and_go_do_not_fill_the_memory(catalogues):
    catalogue = catalogues()
    first = catalogue.cohort("n1", machine("n1"))
    for at in range(100):
        catalogue.cohort("n1", Layout((series_of("m", "a"), series_of("m", f"f{at}"))))

    assert catalogue.cohort("n1", machine("n1")).number > first.number


def test_names_are_there_after_a_start_with_the_same_numbers(catalogues):
    first = catalogues()
    assert first.open() == Marks(0, {}, {})
    cohort = first.cohort("n1", machine("n1"))
    first.mark(Marks(4, {("n1", "e"): 2}, {("n1", "cpu"): 9}))
    first.close()
    second = catalogues()

    assert second.open() == Marks(4, {("n1", "e"): 2}, {("n1", "cpu"): 9})
    assert second.find(Selector(), None) == first.find(Selector(), None)
    assert second.cohort("n1", machine("n1")).tags.tolist() == cohort.tags.tolist()


def test_what_could_not_be_written_is_written_later(catalogues):
    first = catalogues()
    first.cohort("n1", machine("n1"))
    with pytest.raises(Unavailable):
        first.flush()
    first.open()
    first.flush()
    first.close()
    second = catalogues()
    second.open()

    assert second.series_total == 5


def test_a_hash_that_is_taken_gets_a_salt_and_keeps_it(catalogues, monkeypatch):
    same = (("all", "same"),)
    monkeypatch.setattr(tagsets, "hash_of", lambda text, salt=0: hash_of(tags_text(same), salt))
    monkeypatch.setattr(
        tagsets, "named", lambda sets: (named(sets)[0], named([same] * len(sets))[1])
    )
    first = catalogues()
    first.open()
    one, two = series_of("m", "a", cpu="1"), series_of("m", "a", cpu="2")
    cohort = first.cohort("n1", Layout((one, two)))
    first.flush()
    first.close()
    second = catalogues()
    second.open()

    assert len(set(cohort.tags.tolist())) == 2
    assert cohort.salts == {int(cohort.tags[1]): 1}
    assert second.cohort("n1", Layout((one, two))).tags.tolist() == cohort.tags.tolist()


def test_names_of_the_journal_keep_their_salts(catalogues):
    catalogue = catalogues()
    series = series_of("m", "a", cpu="1")
    catalogue.learn([(series, 3, 0)])
    cohort = catalogue.cohort("n1", Layout((series,)))

    assert cohort.tags.tolist() == [hash_of("cpu=1,host=host-n1,node=n1,space=s1", 3)]
    assert list(cohort.salts.values()) == [3]


def test_a_layout_there_is_no_room_for_is_refused_with_the_columns_that_fit(catalogues):
    catalogue = catalogues(node_series=7)
    catalogue.cohort("n1", machine("n1"))
    catalogue.cohort("n2", machine("n2"))
    layout = machine("n1", cpus=4)
    with pytest.raises(NoRoom, match=r"node n1 .* 7 series .* cpu\.") as caught:
        catalogue.cohort("n1", layout)
    before = catalogue.series_total
    fitting = Layout(tuple(layout.series[column] for column in caught.value.columns))

    assert before == 10
    assert catalogue.cohort("n1", fitting).layout == fitting
    assert catalogue.series_of("n1") == 7
    assert catalogue.cohort("n1", machine("n1")).number == 1


def test_layouts_that_are_remembered_share_their_names(catalogues):
    catalogue = catalogues()
    first = catalogue.cohort("n1", machine("n1"))
    second = catalogue.cohort("n1", Layout(machine("n1").series[::-1]))

    assert second.layout.series[-1] is first.layout.series[0]


def test_few_layouts_of_many_columns_are_remembered(catalogues, monkeypatch):
    monkeypatch.setattr(module, "_COLUMNS", 11)
    catalogue = catalogues()
    layouts = [Layout(machine("n1").series[start:]) for start in range(3)]
    numbers = [catalogue.cohort("n1", layout).number for layout in layouts]

    assert numbers == [1, 2, 3]
    assert catalogue.cohort("n1", layouts[2]).number == 3
    assert catalogue.cohort("n1", layouts[1]).number == 2
    assert catalogue.cohort("n1", layouts[0]).number == 4


@pytest.mark.parametrize(
    ("select", "scope", "count"),
    [
        (Selector(), None, 20),
        (Selector(), Scope(None), 20),
        (Selector(), Scope(frozenset({"s2"})), 5),
        (Selector(), Scope(frozenset({"s2"}), frozenset({"n1"})), 10),
        (Selector(measurement="mem"), Scope(nodes=frozenset({"n1", "n4", "gone"})), 2),
        (Selector(nodes=("n1", "n2")), Scope(nodes=frozenset({"n2", "n4"})), 5),
        (Selector(), Scope(), 0),
        (Selector(measurement="cpu"), None, 16),
        (Selector(measurement="cpu", fields=("usage_idle",)), None, 8),
        (Selector(measurement="cpu", nodes=("n1",)), None, 4),
        (Selector(measurement="cpu", nodes=("n1", "n3")), Scope(frozenset({"s1"})), 4),
        (Selector(measurement="cpu", tags={"cpu": ("cpu1",)}), None, 8),
        (Selector(tags={"cpu": ("cpu1", "cpu0")}, fields=("usage_user",)), None, 8),
        (Selector(tags={"host": ("host-n2",)}), None, 5),
        (Selector(nodes=("n2",), tags={"cpu": ("cpu0",)}), None, 2),
        (Selector(measurement="disk"), None, 0),
        (Selector(nodes=("nobody",)), None, 0),
        (Selector(tags={"cpu": ("cpu9",)}), None, 0),
        (Selector(measurement="mem", fields=("nothing",)), None, 0),
    ],
    ids=lambda value: "" if isinstance(value, Scope) else repr(value),  # sets print in any order
)
def test_series_are_found(catalogues, select, scope, count):
    catalogue, plain = catalogues(), MemoryCatalogue()
    for node, home in (("n1", "s1"), ("n2", "s1"), ("n3", "s2"), ("n4", "s3")):
        for one in (catalogue, plain):
            one.cohort(node, machine(node, home))
    found = catalogue.find(select, scope)

    assert len(found) == count
    assert names(found) == names(plain.find(select, scope))


pieces = st.sampled_from("abc")
all_series = st.builds(
    lambda m, f, n, t: series_of(m, f, node=n, **({"t": t} if t != "c" else {})),
    pieces,
    pieces,
    pieces,
    pieces,
)
selectors = st.builds(
    Selector,
    measurement=st.sampled_from(["", "a", "b"]),
    fields=st.lists(pieces, max_size=2).map(tuple),
    tags=st.dictionaries(
        st.sampled_from(["t", "host"]),
        st.lists(st.sampled_from(["a", "b", "host-a"]), min_size=1, max_size=2).map(tuple),
        max_size=2,
    ),
    nodes=st.lists(pieces, max_size=2).map(tuple),
)


@given(st.lists(all_series, max_size=12), selectors)
def test_finding_by_index_is_finding_by_looking_at_all(series, select):
    catalogue, plain = Catalogue(path="nowhere", settings=Settings()), MemoryCatalogue()
    for one in series:
        node = dict(one.tags)["node"]
        catalogue.cohort(node, Layout((one,)))
        plain.cohort(node, Layout((one,)))

    assert names(catalogue.find(select, None)) == names(plain.find(select, None))


def test_a_removed_node_is_gone_everywhere(catalogues):
    catalogue = catalogues()
    catalogue.open()
    for node in ("n1", "n2"):
        catalogue.cohort(node, machine(node))
    catalogue.mark(Marks(1, {("n1", "e"): 1, ("n2", "e"): 1}, {}))
    catalogue.cohort("n1", Layout((series_of("late", "x", node="n1"),)))
    catalogue.remove("n1")
    catalogue.flush()
    catalogue.close()
    again = catalogues()
    marks = again.open()

    for one in (catalogue, again):
        assert {dict(ref.series.tags)["node"] for ref in one.find(Selector(), None)} == {"n2"}
        assert one.find(Selector(tags={"cpu": ("cpu0",)}, nodes=("n1",)), None) == []
        assert one.series_total == 5
    assert marks.sequences == {("n2", "e"): 1}
    assert again.cohort("n1", machine("n1")).number == 1


def test_one_name_can_have_two_kinds(catalogues):
    catalogue = catalogues()
    one = series_of("m", "a")
    other = Series(one.measurement, one.tags, one.field, Kind.INTEGER)
    catalogue.cohort("n1", Layout((one, other)))
    kinds = [ref.series.kind for ref in catalogue.find(Selector(), None)]

    assert kinds == [Kind.FLOAT, Kind.INTEGER]


def test_numbers_of_cohorts_are_dense(catalogues):
    catalogue = catalogues()
    numbers = [catalogue.cohort(f"n{at}", machine(f"n{at}")).number for at in range(5)]

    assert numbers == list(itertools.islice(itertools.count(1), 5))


def test_series_of_a_policy_of_a_database_go_together(catalogues):
    catalogue = catalogues()
    catalogue.open()
    own = catalogue.cohort("s", Layout((series_of("m", "v", node="s", stock="s"),)))
    of_node = catalogue.cohort("n1", Layout((series_of("m", "v", node="n1", stock="s"),)))
    catalogue.cohort("n1", machine("n1"))
    catalogue.flush()
    gone = catalogue.remove_tagged("stock", "s")
    catalogue.close()
    again = catalogues()
    again.open()

    assert (own.of_stock, of_node.of_stock) == (True, False)
    assert gone == {"s", "n1"}
    for one in (catalogue, again):
        assert one.values_of("stock") == set()
        assert one.series_total == 5


def test_single_series_that_are_dropped_are_found_no_more_also_after_a_restart(catalogues):
    catalogue = catalogues()
    catalogue.open()
    catalogue.cohort("n1", machine("n1"))
    catalogue.cohort("n2", machine("n2"))
    catalogue.flush()
    gone = catalogue.find(Selector(measurement="cpu", nodes=("n1",), fields=("usage_idle",)), None)
    gone += catalogue.find(Selector(measurement="mem", nodes=("n1",)), None)

    assert catalogue.drop(gone) == {"n1"}
    catalogue.close()
    again = catalogues()
    again.open()

    for one in (catalogue, again):
        left = one.find(Selector(nodes=("n1",)), None)
        assert {(r.series.measurement, r.series.field) for r in left} == {("cpu", "usage_user")}
        assert one.series_total == 2 + 5
        assert one.series_of("n1") == 2


def test_a_series_that_comes_again_after_it_was_dropped_is_the_same_series(catalogues):
    catalogue = catalogues()
    catalogue.open()
    before = catalogue.cohort("n1", machine("n1"))
    bytes_before = catalogue.name_bytes_of("n1")
    catalogue.drop(catalogue.find(Selector(nodes=("n1",)), None))
    assert (catalogue.series_total, catalogue.name_bytes_of("n1")) == (0, 0)
    assert catalogue.nodes() == set()

    after = catalogue.cohort("n1", machine("n1"))

    assert after is not before
    assert after.tags.tolist() == before.tags.tolist()
    assert after.fields.tolist() == before.fields.tolist()
    assert catalogue.name_bytes_of("n1") == bytes_before
    assert len(catalogue.find(Selector(tags={"cpu": ("cpu0",)}), None)) == 2


def test_what_was_dropped_before_it_was_on_disk_does_not_get_there(catalogues):
    catalogue = catalogues()
    catalogue.open()
    catalogue.cohort("n1", machine("n1"))
    catalogue.drop(catalogue.find(Selector(measurement="cpu"), None))
    catalogue.flush()
    catalogue.close()
    again = catalogues()
    again.open()

    assert {ref.series.measurement for ref in again.find(Selector(), None)} == {"mem"}


def test_to_drop_what_is_gone_already_changes_nothing(catalogues):
    catalogue = catalogues()
    catalogue.open()
    catalogue.cohort("n1", machine("n1"))
    some = catalogue.find(Selector(measurement="cpu"), None)
    for _ in range(2):
        catalogue.drop(some)

    assert catalogue.series_total == 1


def test_measurements_of_a_space_are_those_that_its_agents_have_now(catalogues):
    catalogue = catalogues()
    catalogue.open()
    catalogue.cohort("n1", machine("n1"))
    catalogue.cohort("n2", machine("n2", space="s2"))
    stock = Series("written", (("node", "st"), ("space", "s1"), ("stock", "st")), "v", Kind.FLOAT)
    catalogue.cohort("st", Layout((stock,)))
    assert catalogue.measurements("s1") == catalogue.measurements("s2") == {"cpu", "mem"}
    catalogue.drop(catalogue.find(Selector(measurement="mem", nodes=("n1",)), None))
    catalogue.remove("n2")

    assert catalogue.measurements("s1") == {"cpu"}
    assert catalogue.measurements("s2") == catalogue.measurements("s3") == set()
    assert [ref.series for ref in catalogue.tagged("stock", "st")] == [stock]

import pytest

from muster.faces.netdata.contexts import MAX_ID, Contexts
from muster.faces.netdata.packedcache import InMemory
from muster.wire.netdata.messages import (
    ContextsSnapshot,
    ContextsUpdated,
    ContextUpdated,
    version_hash,
)


@pytest.fixture
def contexts():
    return Contexts(InMemory(), most=3)


def context(id, version=1, **parts):
    return ContextUpdated(id=id, version=version, first_entry=10, last_entry=0, **parts)


def snapshot(*known):
    return ContextsSnapshot(contexts=known, version=version_hash(known))


def updates(*changed, version):
    return ContextsUpdated(context_updates=changed, version_hash=version)


def test_of_a_node_that_said_nothing_the_version_is_none(contexts):
    assert (contexts.version("n"), contexts.of("n")) == (0, [])


def test_a_snapshot_is_all_there_is(contexts):
    contexts.take_snapshot("n", snapshot(context("old")))
    contexts.take_snapshot("n", snapshot(context("a"), context("b", 4)))

    assert [each.id for each in contexts.of("n")] == ["a", "b"]
    assert contexts.version("n") == (1 - 10 + 4 - 10) % 2**64


def test_updates_add_change_and_delete(contexts):
    contexts.take_snapshot("n", snapshot(context("a"), context("b")))
    now = (context("a", 9), context("c"))
    told = updates(now[0], now[1], context("b", deleted=True), version=version_hash(now))

    assert contexts.take_updates("n", told)
    assert {each.id: each.version for each in contexts.of("n")} == {"a": 9, "c": 1}


def test_updates_that_do_not_add_up_are_noticed(contexts):
    contexts.take_snapshot("n", snapshot(context("a")))
    told = updates(context("c"), version=version_hash([context("a"), context("b"), context("c")]))

    assert not contexts.take_updates("n", told)
    assert contexts.version("n") == version_hash([context("a"), context("c")])


def test_of_too_many_the_first_are_kept_and_the_agents_own_version_counts(contexts):
    many = [context(f"c{at}") for at in range(5)]
    contexts.take_snapshot("n", snapshot(*many))
    more = [*many, context("c9")]

    assert contexts.is_cut("n")
    assert contexts.take_updates("n", updates(context("c9"), version=version_hash(more)))
    assert [each.id for each in contexts.of("n")] == ["c0", "c1", "c2"]
    assert contexts.version("n") == version_hash(more)


@pytest.mark.parametrize("id", ["", "x" * (MAX_ID + 1)])
def test_a_context_with_an_id_of_no_use_is_left_out(contexts, id):
    contexts.take_snapshot("n", snapshot(context(id), context("a")))

    assert [each.id for each in contexts.of("n")] == ["a"]


def test_long_texts_are_cut(contexts):
    contexts.take_snapshot("n", snapshot(context("a", title="t" * 5_000, units="%")))

    known = contexts.of("n")[0]
    assert (len(known.title), known.units) == (300, "%")


def test_a_node_that_is_gone_is_forgotten(contexts):
    contexts.take_snapshot("n", snapshot(*[context(f"c{at}") for at in range(5)]))
    contexts.forget("n")

    assert (contexts.of("n"), contexts.is_cut("n")) == ([], False)

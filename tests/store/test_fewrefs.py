import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Kind, Series
from muster.ports.series import SeriesRef
from muster.store.fewrefs import FewRefs


def ref(number):
    return SeriesRef(number, number, Series("m", (), str(number), Kind.FLOAT))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 9)), max_size=30),
)
def test_it_is_what_a_dict_would_be(steps):
    few, known = FewRefs(), {}
    for puts, code, number in steps:
        if puts:
            few.put(code, ref(number))
            known[code] = ref(number)
        else:
            assert few.take(code) == known.pop(code, None)
        assert len(few) == len(known)
        assert [code in few for code in range(5)] == [code in known for code in range(5)]
        assert list(few.all()) == list(known.values())
        assert all(few[code] == known[code] for code in known)


@pytest.mark.parametrize("held", [0, 1, 2])
def test_what_is_not_there_is_an_error(held):
    few = FewRefs()
    for code in range(held):
        few.put(code, ref(code))

    with pytest.raises(KeyError):
        few[7]
    with pytest.raises(KeyError):
        few[-1]

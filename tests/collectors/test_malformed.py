"""Whatever a text holds, a collector gives Points or InputError, never anything else."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.agent.collecting.rows import Columns
from muster.collectors import COLLECTORS
from muster.errors import InputError, LimitExceeded
from muster.testing.samples import load_sample

GOLDEN = Path(__file__).parents[1] / "golden" / "collectors"
MACHINES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())

KINDS = (int, float, str, bool)
JUNK = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"",
            b" ",
            b"\n",
            b"-1",
            b"nan",
            b"1e400",
            b"9" * 25,
            b"9" * 5000,
            b"\0",
            b":",
            b"=",
            b"\xff",
        ]
    ),
)
# Three ways to damage a text: cut a span out, put junk in its place, or end it early.
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), JUNK, st.booleans()), min_size=1, max_size=4
)


def damage(text, wounds):
    for place, length, junk, is_end in wounds:
        at = round(place * len(text))
        text = text[:at] + junk + (b"" if is_end else text[at + length :])
    return text


def damaged(sample, wounds, only):
    texts = {
        path: damage(text, wounds) if only in (None, path) else text
        for path, text in sample.texts.items()
    }
    groups = {
        name: {path: damage(text, wounds) for path, text in group.items()}
        for name, group in sample.groups.items()
    }
    return msgspec.structs.replace(sample, texts=texts, groups=groups)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(machine=st.sampled_from(MACHINES), wounds=DAMAGE, data=st.data())
def test_a_damaged_text_gives_points_that_fit_or_an_input_error(collector, machine, wounds, data):
    now = load_sample(machine / "now", collector, 1.0)
    only = data.draw(st.sampled_from([None, *now.texts]))
    now = damaged(now, wounds, only)
    before = None
    if collector.compares:
        before = load_sample(machine / "before", collector)
        if data.draw(st.booleans()):
            before = damaged(before, wounds, only)

    try:
        points = list(collector.collect(now, before))
        Columns().fill(points, [])
    except (InputError, LimitExceeded) as error:
        assert str(error)
    else:
        for point in points:
            assert all(type(value) in KINDS for value in point.fields.values())


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.name)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bytes_at_all_give_points_or_an_input_error(collector, data):
    good = load_sample(MACHINES[0] / "now", collector)
    texts = {path: data.draw(st.binary(max_size=200)) for path in good.texts}
    groups = {
        name: {path: data.draw(st.binary(max_size=20)) for path in group}
        for name, group in good.groups.items()
    }
    sample = msgspec.structs.replace(good, texts=texts, groups=groups)
    try:
        list(collector.collect(sample, sample if collector.compares else None))
    except InputError as error:
        assert str(error)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.name)
def test_empty_texts_give_points_or_an_input_error(collector):
    good = load_sample(MACHINES[0] / "now", collector)
    empty = msgspec.structs.replace(good, texts=dict.fromkeys(good.texts, b""))
    try:
        list(collector.collect(empty, empty if collector.compares else None))
    except InputError as error:
        assert "unexpected" in str(error) or "without" in str(error)

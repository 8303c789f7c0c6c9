"""PromQL of panels and variables."""

from dataclasses import replace

import msgspec
import pytest

from muster.core.dashboards.panelpromql import check_text, legend_of
from muster.model.dashboard import Language, PanelQuery, Variable
from muster.model.ids import NodeId
from muster.promql.errors import PromqlError
from muster.testing.dashboardhouse import DATABASE, DashboardHouse
from muster.testing.house import OPERATOR

STEP_NS = 10 * 10**9


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        first_ns = house.clock.now_ns() // STEP_NS * STEP_NS - 60 * STEP_NS
        rows = [
            f"m,host={host} v={at},w={at}i {first_ns + at * STEP_NS}"
            for at in range(60)
            for host in ("a", "b")
            if host == "a" or not 10 <= at < 50
        ]
        await house.write(DATABASE, "\n".join(rows).encode())
        yield house


def query(text, **more):
    return PanelQuery(text=text, language=Language.PROMQL, **more)


async def series(house, text, asking=None, **more):
    answer = await house.panel_queries.answer(asking or house.last(0.2, 72), [query(text, **more)])
    (found,) = answer.answers
    assert found.error == ""
    return found.series


async def test_a_series_has_labels_and_one_column_at_whole_steps(house):
    found = await series(house, 'm_v{host="a"}')
    (one,) = found

    assert (one.name, one.tags) == ("m_v", {"host": "a"})
    assert [(each.name, each.label, each.kind) for each in one.columns] == [
        ("m_v", "m_v", "integer")
    ]
    assert {time % 10_000 for time in one.times} == {0}
    assert one.columns[0].values[-2:] == [59.0, 59.0] and one.columns[0].values[0] == 0.0


async def test_what_tells_series_apart_is_their_label_or_the_legend(house):
    by_itself = await series(house, "m_v")
    by_legend = await series(house, "m_v", legend="{{host}} of {{__name__}}")

    assert [each.columns[0].label for each in by_itself] == ["a", "b"]
    assert [each.columns[0].label for each in by_legend] == ["a of m_v", "b of m_v"]


async def test_a_step_without_a_value_is_a_gap(house):
    found = await series(house, 'm_v{host="b"}')
    values = found[0].columns[0].values

    assert len(found[0].times) == len(values)
    assert None in values and values[0] is not None and values[-1] is not None


async def test_at_the_end_alone_there_is_one_row(house):
    found = await series(house, "sum(m_v)", instant=True)
    scalar = await series(house, "1 + 1", instant=True)

    assert [len(each.times) for each in found] == [1]
    assert found[0].columns[0].label == "value"
    assert scalar[0].columns[0].values == [2.0]


async def test_samples_as_they_were_sent_have_their_own_times(house):
    found = await series(house, 'm_v{host="b"}[10m]', instant=True)

    assert len(found[0].times) == 20


async def test_variables_and_the_interval_are_put_in(house):
    asking = house.last(0.2, 72, host=("a", "b"))
    found = await series(house, 'rate(m_w{host=~"$host"}[$__rate_interval])', asking)

    assert [each.tags["host"] for each in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("m_v[5m]", "range query"), ("sum(", "parse error"), ('m_v{a="$x"}', "no value")],
)
async def test_what_cannot_be_asked_says_why(house, text, told):
    answer = await house.panel_queries.answer(house.last(x=()), [query(text)])

    assert told in answer.answers[0].error


async def test_who_reads_some_nodes_alone_sees_no_points_of_others(house):
    asking = house.last(0.2, 72)
    narrow = msgspec.structs.replace(asking.login, nodes=frozenset([NodeId("nobody")]))

    assert await series(house, "m_v", replace(asking, login=narrow)) == []


async def test_a_variable_offers_values_of_a_label(house):
    variable = Variable(name="x", language=Language.PROMQL, query="label_values(m_v, host)")
    found = await house.values.of(OPERATOR, house.last(), variable)

    assert [each.value for each in found.values] == ["a", "b"]


def test_a_legend_of_prometheus_becomes_one_of_ours():
    assert legend_of("{{host}} {{ __name__ }} $tag_x") == "${tag_host} $m $tag_x"


def test_a_query_is_checked_for_how_it_is_asked():
    check_text("up[5m]", at_end=True)
    with pytest.raises(PromqlError):
        check_text("up[5m]", at_end=False)


async def test_what_is_not_whole_all_along_is_a_float_and_no_number_a_gap(house):
    (ratio,) = await series(house, "m_v{host='a'} / 7")
    (nothing,) = await series(house, "0 / 0", instant=True)

    assert ratio.columns[0].kind == "float"
    assert (nothing.columns[0].kind, nothing.columns[0].values) == ("float", [None])

"""What visitors of a public link may ask."""

import msgspec
import pytest

from muster.core.dashboards import publicboards
from muster.errors import InputError, NotFound
from muster.model.dashboard import Language, PanelQuery, Variable, VariableKind
from muster.model.panelanswer import PanelAsk, VariableAsk
from muster.testing.dashboardhouse import DATABASE, DashboardHouse
from muster.testing.homestack import lines
from muster.testing.house import OPERATOR

SAME = "few"


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        await house.write(DATABASE, lines(house.clock.now_ns()))
        board = (await house.dashboards.get(OPERATOR, house.space.id, "few-systems")).dashboard
        more = (
            Variable(name="note", kind=VariableKind.TEXT),
            Variable(name="w", kind=VariableKind.LIST, values=("1m", "5m")),
            Variable(name="place", kind=VariableKind.SPACE),
        )
        own = msgspec.structs.replace(
            board, id=SAME, database=DATABASE, variables=(*board.variables, *more)
        )
        await house.dashboards.save(OPERATOR, house.space.id, own)
        made = await house.links.create(OPERATOR, house.space.id, SAME, "hall", 1)
        house.visitor = await house.links.open(made.text, "10.0.0.1")
        yield house


def ask(house, panel="uptime", **given):
    now_ns = house.clock.now_ns()
    return PanelAsk(from_ns=now_ns - 3600 * 10**9, to_ns=now_ns, panel=panel, **given)


async def test_a_panel_is_answered_without_its_query(house):
    answer = await house.public.answer(house.visitor, ask(house, variables={"host": ("alder",)}))
    (found,) = answer.answers

    assert (found.text, found.error) == ("", "")
    assert found.series[0].columns[0].values == [3600 + 60 * 179]


@pytest.mark.parametrize(
    "variables",
    [
        {"host": ("cedar",)},
        {"host": ("alder", "cedar")},
        {"host": (".*",)},
        {"nothing": ("x",)},
        {"w": ("1m", "5m")},
        {"w": ("$__all",)},
        {"place": ("0a0a0a0a-0000-4000-8000-000000000000",)},
    ],
)
async def test_a_value_that_is_not_offered_is_refused(house, variables):
    with pytest.raises(InputError):
        await house.public.answer(house.visitor, ask(house, variables=variables))


async def test_what_a_variable_offers_is_asked_with_values_that_were_checked(house):
    host = Variable(name="host", kind=VariableKind.LIST, values=("alder",))
    of_host = Variable(name="of", query='SHOW TAG VALUES FROM system WITH KEY = "host"')
    kept = house.visitor.kept
    board = msgspec.structs.replace(kept.dashboard, variables=(host, of_host))
    visitor = house.visitor._replace(kept=kept._replace(dashboard=board))
    chosen = {"of": ("nobody",), "host": ("birch",)}

    with pytest.raises(InputError, match=r"\$host does not offer"):
        await house.public.answer(visitor, ask(house, variables=chosen))


async def test_values_that_are_offered_and_free_texts_are_taken(house):
    chosen = {"host": ("alder", "birch"), "note": ("x' OR 1",), "w": ("1m",), "place": ()}
    await house.public.answer(house.visitor, ask(house, variables=chosen))
    every = {"host": ("$__all",), "place": (house.space.id,)}
    answer = await house.public.answer(house.visitor, ask(house, variables=every))

    assert answer.answers[0].series


async def test_no_other_query_and_no_other_panel_is_answered(house):
    text = PanelQuery(text="SELECT * FROM mem")
    for other in (
        ask(house, panel="none"),
        ask(house, panel=""),
        ask(house, queries=(text,)),
        ask(house, dashboard="smart"),
    ):
        with pytest.raises(NotFound):
            await house.public.answer(house.visitor, other)


async def test_variables_offer_what_the_page_offers(house):
    now_ns = house.clock.now_ns()
    given = VariableAsk(from_ns=now_ns - 10**9, to_ns=now_ns)
    hosts = await house.public.values(house.visitor, "host", given)
    spaces = await house.public.values(house.visitor, "place", given)

    assert [each.value for each in hosts.values] == ["alder", "birch"]
    assert spaces.values == []
    with pytest.raises(NotFound):
        await house.public.values(house.visitor, "none", given)
    other = msgspec.structs.replace(given, variable=Variable(name="host", query="SHOW DATABASES"))
    with pytest.raises(NotFound):
        await house.public.values(house.visitor, "host", other)


async def test_what_visitors_choose_takes_no_memory_without_end(house, monkeypatch):
    monkeypatch.setattr(publicboards, "_MOST_VALUES", 5)
    for number in range(4):
        chosen = {"note": ("x" * 500 + str(number),), "w": ("1m",)}
        await house.public.answer(house.visitor, ask(house, variables=chosen))

    kept = house.public._offered
    assert sum(len(values) for _, values in kept.values()) <= 5
    assert all(len(text) < 100 for key in kept for text in key)


async def test_what_is_offered_is_asked_for_once_in_half_a_minute(house):
    asked = []
    real = house.values.of

    async def count(*given):
        asked.append(given)
        return await real(*given)

    house.values.of = count
    for _ in range(3):
        await house.public.answer(house.visitor, ask(house, variables={"host": ("alder",)}))
    assert len(asked) == 1
    house.clock.advance(31)
    await house.public.answer(house.visitor, ask(house, variables={"host": ("alder",)}))

    assert len(asked) == 2


async def test_promql_is_answered_without_its_text_for_values_that_are_offered_alone(house):
    query = PanelQuery(text='system_uptime{host=~"$host"}', language=Language.PROMQL)
    host = Variable(
        name="host", language=Language.PROMQL, query="label_values(system_uptime, host)", multi=True
    )
    kept = house.visitor.kept
    panels = (msgspec.structs.replace(kept.dashboard.panels[0], id="prom", queries=(query,)),)
    board = msgspec.structs.replace(kept.dashboard, variables=(host,), panels=panels)
    visitor = house.visitor._replace(kept=kept._replace(dashboard=board))

    answer = await house.public.answer(
        visitor, ask(house, panel="prom", variables={"host": ("alder",)})
    )
    (found,) = answer.answers
    assert (found.text, found.error) == ("", "")
    assert [each.tags["host"] for each in found.series] == ["alder"]
    with pytest.raises(InputError, match="does not offer"):
        await house.public.answer(visitor, ask(house, panel="prom", variables={"host": ("x.*",)}))

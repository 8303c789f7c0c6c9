"""Functions: only those that show, as tables."""

import pytest
from agentdesk import NODE, Desk, FakeReach

from muster.errors import NotFound
from muster.faces.netdata.functions import (
    FunctionColumn,
    FunctionView,
    list_functions,
    run_function,
)
from muster.faces.netdata.queries import BadAnswer

HEADERS = (("X-Netdata-Role", "troubleshooter"),)
OFFERS = {
    "functions": {
        "processes": {"help": "Running processes", "tags": "top,apps", "access": ["signed-id"]},
        "mount-points": {"help": "Disks", "tags": ["top"], "access": "signed-id same-space"},
        "systemd-journal": {"help": "Logs"},
        "config": {"help": "Changes things"},
    }
}
TABLE = {
    "status": 200,
    "type": "table",
    "columns": {
        "CPU": {"index": 1, "name": "CPU %", "type": "bar", "units": "%", "visible": False},
        "PID": {"index": 0, "type": "integer", "units": None},
    },
    "data": [[1, 2.5, {"rowOptions": 1}], [42, None]],
}


async def test_only_functions_that_show_something_are_offered():
    desk = Desk()
    desk.answers = OFFERS
    known = await list_functions(FakeReach(desk), HEADERS)

    assert desk.asked[0].target == f"/node/{NODE}/api/v1/functions"
    assert known == [
        FunctionView(
            name="mount-points", help="Disks", tags=["top"], access=["signed-id", "same-space"]
        ),
        FunctionView(
            name="processes",
            help="Running processes",
            tags=["top", "apps"],
            access=["signed-id"],
        ),
    ]


async def test_a_function_is_run_for_who_asks_and_gives_its_table():
    desk = Desk()
    desk.answers = TABLE
    table = await run_function(FakeReach(desk), HEADERS, "processes", 7)

    (asked,) = desk.asked
    assert asked.target == f"/node/{NODE}/api/v1/function?function=processes&timeout=7"
    assert asked.timeout_ms == 7_000
    assert dict(asked.headers)["x-netdata-role"] == "troubleshooter"
    assert table.columns == [
        FunctionColumn(name="PID", title="PID", type="integer", units="", is_shown=True),
        FunctionColumn(name="CPU", title="CPU %", type="bar", units="%", is_shown=False),
    ]
    assert table.rows == [[1, 2.5], [42, None]]


@pytest.mark.parametrize("name", ["systemd-journal", "config", "", "processes kill:1", "x" * 999])
async def test_any_other_is_never_asked_for(name):
    desk = Desk()
    with pytest.raises(NotFound, match="there are block-devices, "):
        await run_function(FakeReach(desk), HEADERS, name, 7)

    assert desk.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403, "errorMessage": "You are not allowed"},
        {"type": "log"},
        {"columns": {"a": {"index": 1}}},
        {"columns": {"a": {"index": 0}, "b": {"index": 0}}},
        {"columns": "no"},
    ],
)
async def test_what_is_no_table_is_a_bad_answer(answer):
    desk = Desk()
    desk.answers = answer
    with pytest.raises(BadAnswer):
        await run_function(FakeReach(desk), HEADERS, "processes", 7)

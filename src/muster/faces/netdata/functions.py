"""Functions of an agent: live tables such as its processes, made when they are asked for.

An agent has functions that show logs, and some that change it; only those of the list here
are offered and run. Which ones there are the agent says itself.

Source: docs/faces/netdata.md, "Functions"
"""

from typing import Any

import msgspec

from muster.errors import NotFound
from muster.faces.netdata.calls import decoded, of_node, open_queries
from muster.faces.netdata.permissions import Headers
from muster.faces.netdata.queries import BadAnswer, Question
from muster.faces.netdata.reach import Reach

READ_ONLY = frozenset(
    {
        "block-devices",
        "containers-vms",
        "ipmi-sensors",
        "mount-points",
        "network-connections",
        "network-interfaces",
        "processes",
        "systemd-list-units",
        "systemd-services",
    }
)
"""Functions that only show: no logs, nothing of the agent's own settings."""

TIMEOUT_MAX_S = 60
_ROWS_MAX = 20_000


class FunctionView(msgspec.Struct, frozen=True, kw_only=True):
    """A function that can be run. `access` is what the agent asks of whoever runs it."""

    name: str
    help: str
    tags: list[str]
    access: list[str]


class FunctionColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of its table; `type` and `units` in the agent's words."""

    name: str
    title: str
    type: str
    units: str
    is_shown: bool  # at first


class FunctionTable(msgspec.Struct, frozen=True, kw_only=True):
    """What a function shows now: a value per column in each row."""

    columns: list[FunctionColumn]
    rows: list[list[Any]]


class _Offer(msgspec.Struct, frozen=True):
    help: str = ""
    tags: str | list[str] = ""
    access: list[str] | str = []


class _Offers(msgspec.Struct, frozen=True):
    functions: dict[str, _Offer] = {}


class _Column(msgspec.Struct, frozen=True):
    index: int
    name: str = ""
    type: str = ""
    units: str | None = None
    visible: bool = True


class _Result(msgspec.Struct, frozen=True):
    status: int = 200
    type: str = ""
    columns: dict[str, _Column] = {}
    data: list[list[Any]] = []
    error_message: str = msgspec.field(default="", name="errorMessage")


async def list_functions(reach: Reach, headers: Headers) -> list[FunctionView]:
    """Those that can be run. Errors: Unavailable, BadAnswer."""
    question = Question(target=of_node(reach.node, "v1/functions"), headers=headers, is_shared=True)
    answer = await open_queries(reach).ask(question)
    offers = (await decoded(answer, _Offers)).functions
    return [
        FunctionView(
            name=name, help=offer.help, tags=_words(offer.tags), access=_words(offer.access)
        )
        for name, offer in sorted(offers.items())
        if name in READ_ONLY
    ]


async def run_function(reach: Reach, headers: Headers, name: str, timeout_s: int) -> FunctionTable:
    """A function's table.

    Errors: NotFound for a function that is not run from here, or that the agent lacks;
            Unavailable, BadAnswer.
    """
    require_read_only(name)
    parameters: dict[str, str | int] = {"function": name, "timeout": timeout_s}
    target = of_node(reach.node, "v1/function", parameters)
    question = Question(target=target, headers=headers)
    answer = await open_queries(reach).ask(question, timeout_s)
    result = await decoded(answer, _Result)
    if result.status != 200 or result.type not in ("", "table"):
        raise BadAnswer(f"{name} shows no table: {result.error_message[:200] or result.type!r}")
    columns = sorted(result.columns.items(), key=lambda pair: pair[1].index)
    if [column.index for _, column in columns] != list(range(len(columns))):
        raise BadAnswer(f"the columns of {name} are not numbered one after the other")
    return FunctionTable(
        columns=[
            FunctionColumn(
                name=id,
                title=column.name or id,
                type=column.type,
                units=column.units or "",
                is_shown=column.visible,
            )
            for id, column in columns
        ],
        rows=[row[: len(columns)] for row in result.data[:_ROWS_MAX]],
    )


def require_read_only(name: str) -> None:
    """Errors: NotFound."""
    if name not in READ_ONLY:
        known = ", ".join(sorted(READ_ONLY))
        raise NotFound(f"no function {name[:64]!r} is run from here; there are {known}")


def _words(given: str | list[str]) -> list[str]:
    return given.replace(",", " ").split() if isinstance(given, str) else list(given)

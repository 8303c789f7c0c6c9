"""The tables of docs/formats/netdata-link.md are those of the code."""

import json
import re
import types
from enum import IntEnum
from typing import get_args, get_origin, get_type_hints

import pytest

from muster.testing import netdata_seeds as seeds
from muster.wire.netdata.broker import ORDER
from muster.wire.netdata.claim import Refusal
from muster.wire.netdata.discovery import parse_env
from muster.wire.netdata.messages import FROM_AGENT, TO_AGENT
from muster.wire.netdata.protofields import Whole
from muster.wire.netdata.topics import offered_topics


def kind_of(hint):
    """(number, type in words, the messages it is made of)."""
    type_, *notes = get_args(hint)
    number = next(note for note in notes if isinstance(note, int))
    whole = next((note for note in notes if isinstance(note, Whole)), None)
    if whole is not None:
        return number, whole.name.lower(), []
    origin, inner = get_origin(type_), get_args(type_)
    if origin is tuple:
        return number, f"list of {inner[0].__name__}", [inner[0]]
    if origin is types.UnionType:
        return number, inner[0].__name__, [inner[0]]
    if origin is dict:
        return number, "map of text to text", []
    if issubclass(type_, IntEnum):
        members = ", ".join(f"{each.value} {each.name.lower()}" for each in type_)
        return number, f"enum: {members}", []
    return number, {str: "text", bool: "bool", float: "double"}[type_], []


def rows(kinds):
    """One row a field, and one table for all: messages that others hold stand behind them."""
    lines, waiting, seen = ["| message | field | number | type |", "|---|---|---|---|"], kinds, []
    while waiting:
        kind, *waiting = waiting
        if kind in seen:
            continue
        seen.append(kind)
        name = kind.__name__
        for field, hint in get_type_hints(kind, include_extras=True).items():
            number, type_, held = kind_of(hint)
            lines.append(f"| {name} | `{field}` | {number} | {type_} |")
            name = ""
            waiting = [*waiting, *held]
    return "\n".join(lines).replace("|  |", "| |") + "\n"


def test_topics_are_those_of_the_page(same_on_page):
    lines = ["| alias | name | topic | message |", "|---|---|---|---|"]
    for alias, (name, text) in enumerate(offered_topics(), 1):
        message = FROM_AGENT[name].__name__ if name in FROM_AGENT else ""
        lines.append(f"| {alias} | `{name}` | `{text}` | {message} |".replace("|  |", "| |"))

    same_on_page("topics", "\n".join(lines) + "\n")


def test_messages_of_the_agent_are_those_of_the_page(same_on_page):
    same_on_page("from agent", rows(list(FROM_AGENT.values())))


def test_messages_to_the_agent_are_those_of_the_page(same_on_page):
    same_on_page("to agent", rows(list(TO_AGENT.values())))


def test_the_order_of_packets_is_that_of_the_page(same_on_page):
    lines = ["| state | packet | then |", "|---|---|---|"]
    for (state, packet), then in ORDER.items():
        lines.append(f"| {state.value} | {packet.__name__.upper()} | {then.value} |")

    same_on_page("order", "\n".join(lines) + "\n")


def test_refusals_of_a_claim_are_those_of_the_page(same_on_page):
    lines = ["| status | `errorMsgKey` | exit code of the script |", "|---|---|---|"]
    lines += [f"| {each.status} | `{each.key}` | {each.exit_code} |" for each in Refusal]

    same_on_page("refusals", "\n".join(lines) + "\n")


def test_the_documents_of_the_page_are_ones(page):
    blocks = re.findall(r"^```json\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    env, *others = blocks

    assert parse_env(env.encode()).encoding == "proto"
    assert [type(json.loads(other)) for other in others] == [dict] * len(others)
    assert others


@pytest.mark.parametrize("kind", seeds.KINDS)
def test_every_field_has_words_on_the_page(kind):
    assert all(kind_of(hint) for hint in get_type_hints(kind, include_extras=True).values())

"""Calls of an agent's HTTP API: their targets, and what an answer that is none becomes."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from muster.core.audit import clean
from muster.errors import InputError, LimitExceeded, MusterError, NotFound, Unavailable
from muster.faces.netdata.queries import Answer, BadAnswer, Queries
from muster.faces.netdata.reach import Reach
from muster.model.ids import NodeId

T = TypeVar("T")

_LARGE_BYTES = 131_072
_TEXT = 200  # of an agent's words, in an error of ours


def of_node(node: NodeId, path: str, parameters: Mapping[str, str | int] | None = None) -> str:
    """A call that is about one node."""
    target = f"/node/{quote(node, safe='')}/api/{path}"
    return f"{target}?{urlencode(parameters)}" if parameters else target


def open_queries(reach: Reach) -> Queries:
    """Errors: Unavailable when nobody can be asked about the node now."""
    if (queries := reach.queries) is None:
        raise Unavailable("the node is not connected; its values are with its agent alone", 10)
    return queries


async def decoded(answer: Answer, kind: type[T]) -> T:
    """The body of a good answer. Errors: as of `read_with` and `decode`."""
    return await read_with(answer, partial(decode, kind=kind))


async def read_with(
    answer: Answer, read: Callable[[bytes], T], at_once_bytes: int = _LARGE_BYTES
) -> T:
    """What is read of the body of a good answer; a large one in a thread.

    Errors: those of `failure`, and of `read`.
    """
    if answer.status != 200:
        raise failure(answer)
    if len(answer.body) > at_once_bytes:
        return await asyncio.to_thread(read, answer.body)
    return read(answer.body)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Errors: BadAnswer for a body of another shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"the agent's answer is not as expected: {error}") from error


def failure(answer: Answer) -> MusterError:
    """What an answer other than 200 means."""
    text = clean(answer.body[:_TEXT].decode(errors="replace").strip())
    match answer.status:
        case 404:
            return NotFound(f"the agent knows of no such thing: {text}")
        case 400:
            return InputError(f"the agent refuses: {text}")
        case 413:
            return LimitExceeded("the agent's answer is too large; ask for less", too_large=True)
        case 503 | 504:
            return Unavailable(f"the agent cannot answer now: {text}")
        case _:
            return BadAnswer(f"the agent answered {answer.status}: {text}")

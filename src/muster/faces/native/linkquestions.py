"""Questions to an agent over its link, and who waits for their answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from muster.errors import InputError, LimitExceeded, Unavailable
from muster.faces.native.linkbeats import say_nothing
from muster.wire.messages import Answer, Ask, Message

_ASKS = 16  # under way on one link


class LinkQuestions:
    """See ports.session.Session for `ask`."""

    __slots__ = ("_asked", "_is_over", "_say", "_waiting")

    def __init__(self, say: Callable[[Message], Awaitable[None]]) -> None:
        self._say = say
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._asked = 0
        self._is_over = False

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if self._is_over:
            raise Unavailable("the link has ended", retry_after_s=10)
        if len(self._waiting) >= _ASKS:
            raise LimitExceeded(f"{_ASKS} questions to this node are under way", retry_after_s=1)
        self._asked += 1
        number = self._asked
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._say(Ask(id=number, method=method, arguments=dict(arguments)))
            found = await answer
        finally:
            del self._waiting[number]
        if found.error:
            raise InputError(f"the node says: {found.error}")
        return found.result

    def take(self, answer: Answer) -> None:
        """An answer came; one that nobody waits for any more is passed over."""
        waiting = self._waiting.get(answer.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def end(self) -> None:
        """The link is over."""
        self._is_over, self._say = True, say_nothing
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Unavailable("the link ended before the node answered"))

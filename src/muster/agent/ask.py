"""What the hub may ask an agent over the link, and the answers: all read-only and quick."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from muster.errors import MusterError
from muster.wire.messages import Answer, Ask

log = logging.getLogger(__name__)

Question = Callable[[Mapping[str, Any]], Any]


class Questions:
    """Answers by method. A method that fails or is unknown becomes an error for who asked."""

    def __init__(self, methods: Mapping[str, Question]) -> None:
        self._methods = dict(methods)

    def answer(self, ask: Ask) -> Answer:
        """The answer to one question; never fails."""
        method = self._methods.get(ask.method)
        if method is None:
            known = ", ".join(sorted(self._methods))
            return Answer(id=ask.id, error=f"unknown question {ask.method!r}; known: {known}")
        try:
            result = msgspec.to_builtins(method(ask.arguments))
        except MusterError as error:
            return Answer(id=ask.id, error=str(error))
        except Exception:
            log.exception("question failed", extra={"method": ask.method})
            return Answer(id=ask.id, error=f"{ask.method}: fault in the agent, see its log")
        return Answer(id=ask.id, result=result)

"""Listens to what is logged in each test, from warnings on: a secret in it fails the test.

Unit tests' secrets are values in memory that nothing gathers, so they are known by their forms.
Processes of scenarios are searched for the secrets themselves (scenario/canary.py).
"""

import logging
from collections.abc import Iterator

import pytest
from secretforms import kinds_in

_tracebacks = logging.Formatter()


class LogCanary(logging.Handler):
    """Of a whole run. `take` tells what got out since it was called last."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.getMessage()} {vars(record)}".replace("\\n", "\n")
        if record.exc_info:
            text += _tracebacks.formatException(record.exc_info)
        self._found += [f"{kind} in a record of {record.name}" for kind in kinds_in(text)]

    def take(self) -> list[str]:
        found, self._found = self._found, []
        return found

    def pytest_configure(self) -> None:
        logging.getLogger().addHandler(self)

    def pytest_unconfigure(self) -> None:
        logging.getLogger().removeHandler(self)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        yield
        if found := self.take():
            pytest.fail("secrets that were logged: " + ", ".join(found))

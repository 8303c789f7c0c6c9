"""Grafana's JSON, read without trust: whatever is not of the form expected is not there."""

from collections.abc import Iterator, Mapping
from typing import Any

_MOST_NOTES = 200


class Part:
    """An object of a document, or nothing of it."""

    def __init__(self, value: Any = None) -> None:  # noqa: ANN401 - what was decoded
        self._values: Mapping[str, Any] = value if isinstance(value, dict) else {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) not in (None, "", [], {})

    def names(self) -> Iterator[str]:
        return iter(self._values)

    def raw(self, name: str) -> Any:  # noqa: ANN401
        """A value as it is; None: there is none."""
        return self._values.get(name)

    def part(self, name: str) -> "Part":
        return Part(self._values.get(name))

    def parts(self, name: str) -> list["Part"]:
        """The objects of a list."""
        return [Part(each) for each in self.items(name) if isinstance(each, dict)]

    def items(self, name: str) -> list[Any]:
        value = self._values.get(name)
        return value if isinstance(value, list) else []

    def text(self, name: str, default: str = "") -> str:
        """A text, or a number as one."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return default
        return str(value)

    def texts(self, name: str) -> list[str]:
        return [each for each in self.items(name) if isinstance(each, str)]

    def flag(self, name: str) -> bool:
        return self._values.get(name) is True

    def number(self, name: str) -> float | None:
        """A number, or a text that is one."""
        return number_of(self._values.get(name))

    def whole(self, name: str, default: int) -> int:
        value = self.number(name)
        return default if value is None else int(value)


class Notes:
    """What could not be carried over, in sentences; each once."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}
        self._more = 0

    def say(self, text: str) -> None:
        if text in self._said:
            return
        if len(self._said) < _MOST_NOTES:
            self._said[text] = None
        else:
            self._more += 1

    def all(self) -> list[str]:
        more = [f"and {self._more} more"] if self._more else []
        return [*self._said, *more]


def number_of(value: object) -> float | None:
    """A finite number, or a text that is one; None for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) <= 1e300 else None

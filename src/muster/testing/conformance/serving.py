"""Who recorded requests are asked of, whether in this process or over HTTP."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Exchange(NamedTuple):
    """One request."""

    method: str
    path: str
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Answer(NamedTuple):
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Server(Protocol):
    """Errors: InputError when it does not do as it should, Unavailable when it is away."""

    def fresh(self) -> None:
        """Without any database that was made before."""
        ...

    def ask(self, exchange: Exchange) -> Answer: ...

    def set_time(self, now_ns: int) -> int:
        """The time that it is there, which is the wanted one if it can be set."""
        ...

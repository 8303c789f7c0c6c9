"""A node that is connected now, as core sees it."""

from collections.abc import Mapping
from typing import Any, Protocol

from muster.log import Secret
from muster.model.clone import CloneHolder
from muster.model.inventory import Link, Told


class Session(Protocol):
    """One open link. Its owner registers it with core.nodes.links and takes it out again."""

    @property
    def link(self) -> Link:
        """How the link is at this moment."""
        ...

    @property
    def last_seen_ns(self) -> int:
        """`link.last_seen_ns`, for who asks ten thousand links every second."""
        ...

    @property
    def warning(self) -> str:
        """`link.warning`, likewise."""
        ...

    @property
    def heard(self) -> float:
        """Monotonic time at which values last came, or the link began."""
        ...

    @property
    def hindrance(self) -> str:
        """Why the hub takes no values from it at the moment; empty when it does."""
        ...

    @property
    def told(self) -> Told | None:
        """The node's state in the words of its peer; None: it is judged by `heard`."""
        ...

    @property
    def held_by(self) -> CloneHolder:
        """The run of an agent at its far end, and the machine that runs it."""
        ...

    async def is_alive(self) -> bool:
        """Whether its agent answers now; within a few seconds."""
        ...

    async def fork(self, token: Secret, text: str) -> None:
        """Tell its agent to become a node of its own by a claim token.

        Errors: Unavailable when it is too old for that.
        """
        ...

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Put a live question to the node and wait for its answer.

        Errors: InputError with the node's own words; Unavailable when the link ends first.
        """
        ...

    async def end(self, code: str, text: str, retry_after_s: float = 0.0) -> None:
        """Say Goodbye and close; return when it is closed."""
        ...

"""What one link says of trust: new roots are pushed, and that they are stored is noted.

Looked at with each heartbeat, so that a whole fleet is told within one and never at once.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from muster.faces.native.linkbeats import say_nothing
from muster.model.ids import NodeId
from muster.wire.messages import Anchors, AnchorsKept, Hello

CAPABILITY = "anchors"


class Trusts(Protocol):
    """core.certificates.authorities.Authorities, as far as a link needs it."""

    @property
    def anchors(self) -> str: ...

    @property
    def sha256(self) -> str:
        """Of the anchors' text."""
        ...

    def renew_within_s(self, certificate: bytes) -> float:
        """Within which time this certificate (DER) is to be renewed; 0: as usual."""
        ...

    def confirm(self, node: NodeId, sha256: str) -> None:
        """A node has stored anchors."""
        ...


class LinkTrust:
    """One per link. Agents that cannot keep anchors learn them with their next renewal."""

    __slots__ = (
        *("_certificate", "_is_able", "_is_hastened", "_judged", "_known", "_node", "_say"),
        "_trusts",
    )

    def __init__(
        self,
        trusts: Trusts | None,
        node: NodeId,
        certificate: bytes,
        say: Callable[[Anchors], Awaitable[None]],
    ) -> None:
        self._trusts = trusts
        self._node = node
        self._certificate = certificate
        self._say = say
        self._is_able = False
        self._known = ""  # SHA-256 of the anchors that the agent has, or was told of
        self._is_hastened = False
        self._judged = ("", 0.0)  # digest of the roots by which it was asked when to renew

    def begin(self, hello: Hello) -> None:
        """What the agent has, in its own words."""
        self._is_able = CAPABILITY in hello.capabilities
        self._known = hello.anchors
        if self._trusts and hello.anchors:
            self._trusts.confirm(self._node, hello.anchors)

    def end(self) -> None:
        """Nothing is told any more."""
        self._trusts = None
        self._say = say_nothing

    async def look(self) -> None:
        """Tell the agent what is new, once."""
        if self._trusts is None or not self._is_able:
            return
        within_s = 0.0 if self._is_hastened else self._within_s(self._trusts)
        if self._known == self._trusts.sha256 and not within_s:
            return
        self._known, self._is_hastened = self._trusts.sha256, self._is_hastened or within_s > 0
        await self._say(Anchors(anchors=self._trusts.anchors, renew_within_s=within_s))

    def _within_s(self, trusts: Trusts) -> float:
        """Asked once for each state of the roots: it costs a signature's check."""
        if self._judged[0] != trusts.sha256:
            self._judged = (trusts.sha256, trusts.renew_within_s(self._certificate))
        return self._judged[1]

    def take(self, kept: AnchorsKept) -> None:
        """The agent has them on its disk. What it was never told says nothing."""
        if self._trusts and kept.sha256 == self._known:
            self._trusts.confirm(self._node, kept.sha256)

"""Where core keeps dashboards and their public links.

Files hold dashboards, records hold links. Calls block and are made in threads, but for reads of
links. Errors, everywhere: Unavailable when the disk refuses.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from muster.model.access import AuditEvent
from muster.model.ids import SpaceId


class DashboardLink(msgspec.Struct, frozen=True, kw_only=True):
    """The right of whoever has its text to see one dashboard. Only the text's hash is kept."""

    id: str
    space: SpaceId
    dashboard: str
    name: str
    sha256: str
    created_ns: int
    created_by: str
    expires_ns: int  # 0: never
    used_ns: int = 0  # 0: never; kept to the minute
    revoked_ns: int = 0  # 0: not revoked


class LinkRecords(Protocol):
    """Public links. Changes carry their event in the same transaction."""

    def links(self, space: SpaceId, dashboard: str = "") -> list[DashboardLink]:
        """Of a space, or of one of its dashboards; the newest first."""
        ...

    def find(self, sha256: str) -> DashboardLink | None: ...

    def create(self, link: DashboardLink, event: AuditEvent, most: int) -> None:
        """Errors: LimitExceeded when the space has `most` of them."""
        ...

    def revoke(self, id: str, now_ns: int, event: AuditEvent) -> None:
        """One that is revoked already stays as it is. Errors: NotFound."""
        ...

    def revoke_all(self, space: SpaceId, dashboard: str, now_ns: int, event: AuditEvent) -> None:
        """Of a dashboard. Where none is left to revoke there is no event."""
        ...

    def touch(self, id: str, used_ns: int) -> None: ...

    def prune(self, space: SpaceId, before_ns: int) -> int:
        """Forget those of a space that ended before a time; how many."""
        ...


class DashboardFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was found. `changed_ns` is 0 for one of the wheel."""

    id: str  # its name without the ending
    name: str  # as refusals call it
    text: str
    changed_ns: int
    error: str = ""  # why there is no text


class DashboardFiles(Protocol):
    """Files of dashboards."""

    def built_in(self) -> Sequence[DashboardFile]:
        """Those that come with the hub."""
        ...

    def of_space(self, space: SpaceId) -> Sequence[DashboardFile]:
        """Those of a space, by id. A file is read again only when it has changed."""
        ...

    def write(self, space: SpaceId, id: str, text: str) -> None:
        """Put a file in place of what is there: whole, synced, or not at all."""
        ...

    def remove(self, space: SpaceId, id: str) -> None:
        """Remove a file; one that is not there is fine."""
        ...

    def remove_space(self, space: SpaceId) -> None:
        """Remove all dashboards of a space; what else lies in its folder stays."""
        ...

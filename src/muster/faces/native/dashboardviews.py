"""What the routes of dashboards take and give, beside the documents themselves.

Format: docs/formats/dashboard.md, "The HTTP interface"
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from muster.model.dashboard import Dashboard, Line
from muster.model.panelanswer import LinkView

MAX_IMPORT = 2 << 20  # characters; the largest dashboards people share have some 500 KB


class DashboardView(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard, and what who asks may do with it."""

    dashboard: Dashboard
    etag: str
    built_in: bool
    may_edit: bool
    may_share: bool


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """What saving did, or would do."""

    id: str
    etag: str
    change: Literal["created", "changed", "unchanged"]


class ExportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which form."""

    format: Literal["toml", "grafana"] = "toml"


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """A file to keep. `not_carried`: what the form has no place for."""

    name: str
    text: str
    not_carried: list[str] = []


class ImportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of somebody: Grafana's JSON, or our TOML."""

    text: Annotated[str, Meta(max_length=MAX_IMPORT)]


class ImportedView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it; nothing is kept before it is saved."""

    dashboard: Dashboard
    not_carried: list[str]


class NewLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public link to be made; 0 days: until it is revoked."""

    name: Line = ""
    days: Annotated[int, Meta(ge=0, le=3_650)] = 30


class NewLinkView(msgspec.Struct, frozen=True, kw_only=True):
    """The only time the token's text is told."""

    link: LinkView
    token: str
    url: str  # of the page that shows it


class PublicView(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard as anybody with its link sees it."""

    dashboard: Dashboard
    space: str  # its name
    name: str  # of the link

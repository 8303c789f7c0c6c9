"""How a link to a hub is, for whoever is to be told."""

from enum import StrEnum

import msgspec


class LinkState(StrEnum):
    """Where it stands."""

    CONNECTING = "connecting"
    OPEN = "open"
    PAUSED = "paused"  # the hub takes nothing now
    WAITING = "waiting"  # until the next attempt
    REFUSED = "refused"  # as `waiting`, for minutes: the hub has done with this node


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What `muster agent status` shows of the link."""

    state: LinkState
    since_ns: int  # of this state
    hub: str = ""
    proxy: str = ""  # without its password
    tls: str = ""
    name: str = ""  # of this node, as the hub calls it
    failures: int = 0  # attempts since the last link
    cause: str = ""  # why there is no link, or why it is paused
    code: str = ""  # stable form of the cause
    retry_s: float = 0.0
    clock_skew_s: float = 0.0  # hub's clock minus ours
    ack_ms: float = 0.0
    under_way: int = 0
    renewal_due_ns: int = 0
    renewal_error: str = ""

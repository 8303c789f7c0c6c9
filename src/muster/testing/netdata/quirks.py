"""How one version of the agent behaves: each quirk a switch, each wait a number.

`V2_10`, `V1_45` and `V1_37` are what was seen of these versions; a test changes single
switches by `msgspec.structs.replace`.
"""

from enum import StrEnum

import msgspec

Capability = tuple[str, int, bool]  # name, version, enabled


class ClaimBy(StrEnum):
    SCRIPT = "script"  # 1.x: netdata-claim.sh and curl
    DAEMON = "daemon"  # 2.x: in C, by libcurl


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """Switches; the defaults are 2.10.4."""

    version: str = "v2.10.4"
    claim_by: ClaimBy = ClaimBy.DAEMON
    origin: str = ""  # in the upgrade
    response_names_version: bool = True  # body of the password request
    old_alerts: bool = False  # 1.37: other topics, no snapshots by version
    creates_at_once: bool = False  # 1.45: no batching of commands
    checks_pings: bool = True  # 1.45 keeps pinging a hub that does not answer
    not_live_at_first: bool = True  # of a process that was started again
    forgets_untold: bool = True  # contexts from before the claim: hash 0, and no updates of them
    has_v3: bool = True  # /api/v3
    receive_time: bool = False  # t-rx is told; 2.10 says 0
    gzip_is_text: bool = True  # Content-Type of compressed JSON
    stale_after_errors: bool = True  # bytes of an older answer behind an error's body
    packet_max: int = 128 << 10  # to the agent, frames as well as packets
    capabilities: tuple[Capability, ...] = (
        ("json", 2, False),
        ("proto", 1, True),
        ("ml", 1, True),
        ("mc", 1, True),
        ("ctx", 1, True),
        ("funcs", 1, True),
        ("http_api_v2", 7, True),
        ("health", 2, True),
        ("req_cancel", 1, True),
        ("dyncfg", 2, True),
    )


V2_10 = Quirks()
V1_45 = Quirks(
    version="v1.45.0",
    claim_by=ClaimBy.SCRIPT,
    origin="http://example.com",
    response_names_version=False,
    creates_at_once=True,
    checks_pings=False,
    not_live_at_first=False,
    forgets_untold=False,
    has_v3=False,
    receive_time=True,
    gzip_is_text=False,
    capabilities=(
        ("json", 2, False),
        ("proto", 1, True),
        ("ml", 1, True),
        ("mc", 1, True),
        ("ctx", 1, True),
        ("funcs", 1, True),
        ("http_api_v2", 6, True),
        ("health", 1, True),
        ("req_cancel", 1, True),
    ),
)
V1_37 = msgspec.structs.replace(
    V1_45,
    version="v1.37.1",
    old_alerts=True,
    stale_after_errors=False,
    capabilities=(
        ("json", 2, False),
        ("proto", 1, True),
        ("ml", 0, False),
        ("mc", 1, True),
        ("ctx", 1, True),
        ("funcs", 1, True),
    ),
)
DIALECTS = {"2.10": V2_10, "1.45": V1_45, "1.37": V1_37}


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long it waits for what, seconds; the defaults were seen of 2.10 (section 6.4)."""

    request_s: float = 30.0  # env, challenge, password
    claim_s: float = 10.0
    claim_pauses_s: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6)
    ban_s: float = 60.0  # until a banned agent tries again
    ping_after_s: float = 45.0  # of silence of its own
    ping_patience_s: float = 60.0
    farewell_s: float = 2.0  # for the PUBACK of the last message
    batch_s: float = 1.0  # commands are taken once so often
    queryable_s: float = 1.8  # after a start with a known node id
    live_s: float = 16.0  # then, and only then, it says that it is live
    info_s: float = 2.0
    collectors_s: float = 33.0
    snapshot_s: float = 6.0  # of alerts
    backoff_share: float = 1.0  # 0: backoff is worked out and not waited for


QUICK = Waits(
    claim_pauses_s=(0.01, 0.01, 0.01, 0.01),
    batch_s=0.02,
    queryable_s=0.05,
    live_s=0.5,
    info_s=0.02,
    collectors_s=0.1,
    snapshot_s=0.1,
)

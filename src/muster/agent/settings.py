"""The agent's settings: defaults that need no file.

`muster config show` prints the table with where each value came from.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from muster.agent.linking.links import LinkSettings
from muster.agent.probes import ProbeSettings
from muster.agent.spool.buffer import SpoolSettings

DEFAULT_DATA = Path("/var/lib/muster/agent")


class CollectSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which collectors run, and how often."""

    disabled: tuple[str, ...] = ()  # collectors that do not run
    intervals: dict[str, timedelta] = {}  # collector -> how often, in place of its own
    # collector -> "unix:PATH" or "tcp:HOST:PORT" to ask: of docker, apcupsd, upsd or smart
    addresses: dict[str, str] = {}


class EvidenceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a claim shows beside the token; nothing of it is needed."""

    cloud: Literal["none", "aws", "gcp", "azure"] = "none"  # whose metadata service is asked
    cloud_timeout: timedelta = timedelta(seconds=1)  # for each of its answers
    ssh: bool = True  # show SSH host keys, where they may be read


class NetdataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Claims in Netdata's words."""

    enabled: bool = True  # False: as an agent built without a cloud


class NetdataApiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The local API in Netdata's words, on loopback."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0  # 0: there is none
    history: timedelta = timedelta(minutes=10)  # how far back it knows, at one value a second


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about one agent."""

    data: Path = DEFAULT_DATA  # where everything of the agent lies
    machine: Path = Path("/")  # in a container: where the host's root is mounted, for its ids
    log_level: str = "info"  # debug, info, warning or error
    link: LinkSettings = LinkSettings()
    spool: SpoolSettings = SpoolSettings()
    collect: CollectSettings = CollectSettings()
    probes: ProbeSettings = ProbeSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    netdata: NetdataSettings = NetdataSettings()
    netdata_api: NetdataApiSettings = NetdataApiSettings()

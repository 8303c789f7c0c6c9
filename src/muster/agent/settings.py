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
    # collector -> how often it runs, in place of its own interval
    intervals: dict[str, timedelta] = {}
    # collector -> "unix:PATH" or "tcp:HOST:PORT" to ask: of docker, apcupsd, upsd or smart
    addresses: dict[str, str] = {}


class EvidenceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a claim shows beside the token; nothing of it is needed."""

    # whose metadata service a claim asks what the machine is: none, aws, gcp or azure
    cloud: Literal["none", "aws", "gcp", "azure"] = "none"
    # how long each answer of the metadata service may take
    cloud_timeout: timedelta = timedelta(seconds=1)
    ssh: bool = True  # whether a claim shows the SSH host keys, where they may be read


class NetdataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Claims in Netdata's words."""

    enabled: bool = True  # false: the agent behaves as one that was built without a cloud


class NetdataApiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The local API in Netdata's words, on loopback."""

    # port of Netdata's API on loopback; 0: there is none
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    # how far back the local API knows, at one value a second
    history: timedelta = timedelta(minutes=10)


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about one agent."""

    data: Path = DEFAULT_DATA  # where everything of the agent lies
    hostname: str = ""  # the name it claims by; none: the machine's, or the container's
    machine: Path = Path("/")  # in a container: where the host's root is mounted, for its ids
    log_level: str = "info"  # debug, info, warning or error
    link: LinkSettings = LinkSettings()
    spool: SpoolSettings = SpoolSettings()
    collect: CollectSettings = CollectSettings()
    probes: ProbeSettings = ProbeSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    netdata: NetdataSettings = NetdataSettings()
    netdata_api: NetdataApiSettings = NetdataApiSettings()

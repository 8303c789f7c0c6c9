"""Whether an agent has to do with Netdata's words at all; asked by every agent, so it is light."""

from collections.abc import Mapping
from pathlib import Path

_FILES = ("cloud.d/claimed_id", "cloud.d/.switch", "cloud.d/token", "claim.conf", "netdata.json")


def is_in_use(data: Path, environment: Mapping[str, str], port: int) -> bool:
    """Whether there is a claim, a wish for one, or the local API."""
    if port or environment.get("NETDATA_CLAIM_TOKEN"):
        return True
    folders = {data, *(Path(each) for each in _folders(environment))}
    return any((folder / name).exists() for folder in folders for name in _FILES)


def _folders(environment: Mapping[str, str]) -> list[str]:
    names = ("NETDATA_VARLIB_DIR", "NETDATA_USER_CONFIG_DIR")
    return [environment[name] for name in names if environment.get(name)]

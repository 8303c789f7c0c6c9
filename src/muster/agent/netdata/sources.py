"""Where a claim that nobody types comes from: claim.conf, the environment, `cloud.d/token`.

The first that names a token counts, in this order, whole: no value of a later one fills a gap.
There is no cloud by default: without an address nothing is sent anywhere.

Source: netdata-claim-aclk specification 2.6; claim.conf of 2.x
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from muster.agent.netdata import ini
from muster.agent.netdata.cloudfolder import CloudFolder, read
from muster.agent.netdata.outcome import ClaimExit, ClaimFailed
from muster.log import Secret
from muster.wire.claimtoken import PREFIX as NATIVE

DISABLE = "NETDATA_DISABLE_CLOUD"
CONFIG_FOLDER = "NETDATA_USER_CONFIG_DIR"
EXTRA = "NETDATA_EXTRA_CLAIM_OPTS"
_MAX_ROOMS = 100


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that is asked for. `proxy` in Netdata's words: "", none, env or a URL."""

    url: str
    token: Secret
    rooms: tuple[str, ...] = ()
    proxy: str = ""
    insecure: bool = False
    source: str = ""  # where it was read
    once: bool = False  # the source goes once it is used


def is_disabled(environment: Mapping[str, str]) -> bool:
    """Whether the environment says that there is no cloud."""
    return environment.get(DISABLE, "").startswith("1")


def split_rooms(text: str) -> tuple[str, ...]:
    """Comma-separated names; blanks around them and empty ones go. Errors: ClaimFailed (10)."""
    rooms = tuple(room.strip() for room in text.split(",") if room.strip())
    if len(rooms) > _MAX_ROOMS:
        raise ClaimFailed(ClaimExit.ROOM_ID, f"up to {_MAX_ROOMS} rooms, not {len(rooms)}")
    return rooms


def find_wanted(cloud: CloudFolder, environment: Mapping[str, str]) -> Wanted | None:
    """What the first source asks for; None when none does. Errors: ClaimFailed."""
    found = (
        _of_file(config_file(cloud.lib, environment))
        or _of_environment(environment)
        or _of_folder(cloud)
    )
    if found is not None and not found.url:
        raise ClaimFailed(
            ClaimExit.NO_CONNECTION, f"{found.source} names a token and no address (url)"
        )
    return found


def config_file(lib: Path, environment: Mapping[str, str]) -> Path:
    """Where claim.conf is looked for."""
    folder = environment.get(CONFIG_FOLDER, "")
    return (Path(folder) if folder else lib) / "claim.conf"


def _of_file(file: Path) -> Wanted | None:
    settings = ini.parse(read(file)).get("global", {})
    if not settings.get("token"):
        return None
    return Wanted(
        url=settings.get("url", ""),
        token=Secret(settings["token"]),
        rooms=split_rooms(settings.get("rooms", "")),
        proxy=settings.get("proxy", ""),
        insecure=ini.is_on(settings.get("insecure", "no"), otherwise=False),
        source=str(file),
    )


def _of_environment(environment: Mapping[str, str]) -> Wanted | None:
    token = environment.get("NETDATA_CLAIM_TOKEN", "").strip()
    if not token or token.startswith(f"{NATIVE}."):  # ours: muster agent claim takes it
        return None
    return Wanted(
        url=environment.get("NETDATA_CLAIM_URL", "").strip(),
        token=Secret(token),
        rooms=split_rooms(environment.get("NETDATA_CLAIM_ROOMS", "")),
        proxy=environment.get("NETDATA_CLAIM_PROXY", "").strip(),
        insecure="-insecure" in environment.get(EXTRA, "").split(),
        source="the environment",
    )


def _of_folder(cloud: CloudFolder) -> Wanted | None:
    token = read(cloud.token).strip()
    if not token:
        return None
    conf = cloud.read_conf()
    return Wanted(
        url=base_url_of(conf),
        token=Secret(token),
        rooms=split_rooms(read(cloud.rooms)),
        proxy=conf.get("proxy", ""),
        insecure=ini.is_on(conf.get("insecure", "no"), otherwise=False),
        source=str(cloud.token),
        once=True,
    )


def base_url_of(conf: Mapping[str, str]) -> str:
    """The cloud's address in cloud.conf, as either version of it names that."""
    return conf.get("url") or conf.get("cloud base url", "")

"""A claim as Netdata 2.x makes it: nobody types it, and it is tried up to five times.

Steps:
 1. folder, machine id, key pair  2. a new claim id for every try, the same machine id
 3. PUT; what may pass is tried again after 300, 400, 500 and 600 ms
 4. id and settings in force at once; the token that was used goes

Source: netdata-claim-aclk specification 2.2, 2.3 and 2.6
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from muster.agent.memberships.ownsettings import FILE, keep_proxy
from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.outcome import (
    MESSAGE,
    PASSING,
    ClaimExit,
    ClaimFailed,
    Outcome,
    judge,
)
from muster.agent.netdata.put import (
    Way,
    make_context,
    parse_base,
    proxy_environment,
    proxy_setting,
    settled_proxy,
)
from muster.agent.netdata.rsakeys import public_key
from muster.agent.netdata.sources import Wanted
from muster.errors import MusterError
from muster.net.proxy import ProxySetting
from muster.wire.netdata.claim import ClaimPut, Dialect, format_claim

PAUSES_S = (0.3, 0.4, 0.5, 0.6)
_LIMIT_S = 10.0

Wait = Callable[[float], Awaitable[None]]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a claim is made, and what is known there."""

    data: Path  # the agent's folder
    lib: Path  # where cloud.d is
    hostname: str
    environment: Mapping[str, str]
    proxy: ProxySetting  # of the agent's settings

    @property
    def cloud(self) -> CloudFolder:
        return CloudFolder(self.lib)


def way_to(place: Place, url: str, proxy: ProxySetting, *, insecure: bool) -> Way:
    """How requests reach a cloud from here. Errors: ClaimFailed (4)."""
    base = parse_base(url, insecure=insecure)
    return Way(
        base=base,
        proxy=proxy,
        context=make_context(place.cloud, base, insecure=insecure),
        environment=proxy_environment(place.environment),
    )


def path_of(claim_id: str) -> str:
    return f"/api/v1/spaces/nodes/{claim_id}"


def require_hostname(name: str) -> str:
    """Errors: ClaimFailed (9) for one that no hub would take, before anything is sent."""
    if not name or len(name) > 255 or not name.isprintable():
        raise ClaimFailed(ClaimExit.NODE_NAME, f"no host name: {name[:80]!r}")
    return name


def keep_way(place: Place, way: Way) -> str:
    """The link goes as the claim went; what to say of it, "" for nothing.

    A proxy that cannot be kept does not undo a claim.
    """
    text = settled_proxy(way, place.environment)
    if text == place.proxy.reveal():
        return ""
    try:
        keep_proxy(place.data / FILE, text)
    except MusterError as error:
        return f"The proxy could not be kept for the link: {error}. "
    return f"The proxy {ProxySetting(text)} is kept for the link in {place.data / FILE}. "


async def claim_wanted(wanted: Wanted, place: Place, *, wait: Wait = asyncio.sleep) -> Outcome:
    """Claim as asked. Never fails: the outcome says how it ended."""
    try:
        claim_id = await _claim(wanted, place, wait)
    except ClaimFailed as error:
        return Outcome(exit_code=error.exit_code, text=str(error))
    except MusterError as error:
        return Outcome(exit_code=ClaimExit.FOLDER, text=str(error))
    return Outcome(exit_code=ClaimExit.CLAIMED, text="ok", claim_id=claim_id)


async def _claim(wanted: Wanted, place: Place, wait: Wait) -> str:
    # 1
    cloud = place.cloud
    hostname = require_hostname(place.hostname)
    cloud.make()
    guid = cloud.machine_guid()
    key = public_key(cloud)
    proxy = proxy_setting(wanted.proxy, place.proxy)
    way = way_to(place, wanted.url, proxy, insecure=wanted.insecure)
    for pause_s in (*PAUSES_S, None):
        # 2
        put = ClaimPut(
            node_id=str(uuid.uuid4()),
            hostname=hostname,
            token=wanted.token,
            rooms=wanted.rooms,
            public_key=key,
            machine_guid=guid,
        )
        # 3
        failed = await _try(way, put)
        if failed is None:
            # 4
            cloud.put_in_force(put.node_id, _conf(wanted, way, put))
            if wanted.once:
                cloud.rooms.unlink(missing_ok=True)
            keep_way(place, way)
            return put.node_id
        if pause_s is None or failed.exit_code not in PASSING - {ClaimExit.PROCESSING}:
            raise failed
        await wait(pause_s)
    raise AssertionError("the last pause is none")


async def _try(way: Way, put: ClaimPut) -> ClaimFailed | None:
    body = format_claim(put, Dialect.DAEMON)
    headers = {"Content-Type": "application/json"}
    try:
        answer = await way.ask("PUT", path_of(put.node_id), body, headers, limit_s=_LIMIT_S)
    except ClaimFailed as error:
        return error
    code = judge(answer.status, answer.body)
    if code is ClaimExit.CLAIMED:
        return None
    return ClaimFailed(code, f"{way.base.text} says: {MESSAGE[code]} (status {answer.status})")


def _conf(wanted: Wanted, way: Way, put: ClaimPut) -> dict[str, str]:
    """cloud.conf in the words of both versions. The token is used up: it is not kept."""
    secret = way.proxy.has_password
    return {
        "enabled": "yes",
        "cloud base url": way.base.text,
        "url": way.base.text,
        "proxy": "" if secret else way.proxy.reveal().replace("environment", "env"),
        "rooms": ",".join(wanted.rooms),
        "insecure": "yes" if wanted.insecure else "no",
        "machine_guid": put.machine_guid,
        "claimed_id": put.node_id,
        "hostname": put.hostname,
    }

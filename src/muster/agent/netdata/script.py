"""netdata-claim.sh, without a shell: its arguments, its order of events, its words, its codes.

Order, as in the original:
 1. settings of the running agent, else of the disk    2. machine id      (18)
 3. token and rooms of `cloud.d`                       4. arguments       (1)
 5. the right user                         (6)         6. what will be sent, without the token
 7. folder and key pair                    (2)         8. PUT, three tries (4)
 9. the answer's code                      (7 to 17)   10. files in force, owner
11. the running agent is told              (5)
Where it differs: docs/faces/netdata.md ("Defects of the original that are gone").

Source: netdata-claim.sh of 1.37 and 1.45
"""

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from muster.agent.netdata import arguments
from muster.agent.netdata.arguments import Given
from muster.agent.netdata.claiming import Place, keep_way, path_of, require_hostname, way_to
from muster.agent.netdata.cloudfolder import CloudFolder, read
from muster.agent.netdata.ini import is_on
from muster.agent.netdata.nativeclaim import native_node
from muster.agent.netdata.outcome import (
    KEY,
    MESSAGE,
    REMEDY,
    UNCHECKED_REMEDY,
    ClaimExit,
    ClaimFailed,
    judge,
)
from muster.agent.netdata.put import Way, proxy_setting
from muster.agent.netdata.running import NOT_RUNNING, Said, tell
from muster.agent.netdata.sources import base_url_of, is_disabled, split_rooms
from muster.log import Secret
from muster.net.client import Answer
from muster.wire.netdata.claim import ClaimPut, Dialect, format_claim

TRIES = 3
_LIMIT_S = 30.0
_FORM = {"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded"}
_OTHER_CREDENTIALS = (
    "The cloud may have different credentials already registered for this agent ID and it cannot"
    " be reclaimed under different credentials for security reasons. If you are unable to connect"
    " use -id=$(uuidgen) to overwrite this agent ID with a fresh value if the original credentials"
    " cannot be restored."
)


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs of the world around it."""

    place: Place
    show: Callable[[str], None]  # to standard output
    say: Callable[[str], None]  # to standard error
    enabled: bool = True  # the agent's settings let it speak to clouds
    ask: Callable[[Path, str], Awaitable[Said]] = tell
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that is decided before anything is made."""

    given: Given
    url: str
    token: Secret
    rooms: tuple[str, ...]
    id: str
    guid: str
    hostname: str
    user: str
    running: bool


async def run_script(script: Script, words: Sequence[str] | Given) -> ClaimExit:
    """Claim as netdata-claim.sh does; its exit code. Scratch is gone however it ends."""
    cloud = script.place.cloud
    try:
        plan = await _plan(script, cloud, words)
        return await _claim(script, cloud, plan)
    except ClaimFailed as error:
        script.say(str(error))
        _advise(script, error.exit_code)
        return error.exit_code
    finally:
        cloud.drop_scratch()


def refuse_when_off(script: Script) -> None:
    """Before a claim by the agent itself, which a disabled cloud forbids; the script enables it.

    Errors: ClaimFailed (3).
    """
    conf = script.place.cloud.read_conf()
    if not is_on(conf.get("enabled", "yes"), otherwise=True):
        raise ClaimFailed(
            ClaimExit.MISSING,
            "Refusing to claim agent -> cloud functionality has been disabled"
            f" ({script.place.cloud.conf})",
        )


async def _plan(script: Script, cloud: CloudFolder, words: Sequence[str] | Given) -> _Plan:
    """Steps 1 to 5."""
    place = script.place
    if is_disabled(place.environment) or not script.enabled:
        why = "NETDATA_DISABLE_CLOUD=1" if script.enabled else "`[netdata] enabled = false`"
        raise ClaimFailed(
            ClaimExit.MISSING, f"This agent has its cloud disabled ({why}) and cannot be claimed"
        )
    # 1
    asked = await script.ask(place.data, "read-config cloud|global|cloud base url")
    running = asked.code == 0
    if not running:
        script.say("Unable to communicate with Netdata daemon, querying config from disk instead.")
    # 2
    guid = cloud.machine_guid()
    # 3, 4
    given = words if isinstance(words, Given) else arguments.parse(words)
    token = given.token or Secret(read(cloud.token).strip() or "unknown")
    rooms = read(cloud.rooms).strip() if given.rooms is None else given.rooms
    plan = _Plan(
        given=given,
        url=given.url or (asked.text if running else "") or base_url_of(cloud.read_conf()),
        token=token,
        rooms=split_rooms(rooms),
        id=given.id or guid,
        guid=guid,
        hostname=place.hostname if given.hostname is None else given.hostname,
        user=given.user or owner_of(place.data),
        running=running and not given.not_running,
    )
    # 5
    if os.geteuid() != 0 and _own_name() != plan.user:
        raise ClaimFailed(
            ClaimExit.WRONG_USER, f"This script must be run by the {plan.user} user account"
        )
    if node := native_node(place.data):
        raise ClaimFailed(
            ClaimExit.ALREADY_CLAIMED,
            f"this agent is node {node} by a token of Muster's own; muster agent unclaim frees it",
        )
    return plan


async def _claim(script: Script, cloud: CloudFolder, plan: _Plan) -> ClaimExit:
    """Steps 6 to 11."""
    given, place = plan.given, script.place
    proxy = proxy_setting(given.proxy or "", place.proxy, none=given.no_proxy)
    # 6
    for line in (
        "Token: ****************",
        f"Base URL: {plan.url}",
        f"Id: {plan.id}",
        f"Rooms: {','.join(plan.rooms)}",
        f"Hostname: {plan.hostname}",
        f"Proxy: {proxy if given.proxy else ''}",
        f"Netdata user: {plan.user}",
    ):
        script.say(line)
    if not plan.url:
        raise ClaimFailed(ClaimExit.NO_CONNECTION, "no address: give -url=https://HUB:PORT")
    hostname = require_hostname(plan.hostname)
    # 7
    key = _key_pair(script, cloud)
    put = ClaimPut(
        node_id=plan.id,
        hostname=hostname,
        token=plan.token,
        rooms=plan.rooms,
        public_key=key,
        machine_guid=plan.guid,
    )
    way = way_to(place, plan.url, proxy, insecure=given.insecure)
    if given.verbose:
        hidden = msgspec.structs.replace(put, token=Secret("****************"))
        script.show(f"Request to server:\n{format_claim(hidden, Dialect.SCRIPT).decode()}")
        script.show(f"PUT {way.base.text}{path_of(plan.id)}")
    # 8
    answer = await _contact(script, way, put, verbose=given.verbose)
    # 9
    code = judge(answer.status, answer.body)
    if code not in (ClaimExit.CLAIMED, ClaimExit.ALREADY_CLAIMED):
        script.say(f'Failed to claim node with the following error message:"{MESSAGE[code]}"')
        if given.verbose:
            script.say(f'Error key was:"{KEY.get(code, "None")}"')
        _advise(script, code)
        if code is ClaimExit.FORBIDDEN and way.is_unchecked:
            script.say(UNCHECKED_REMEDY)
        return code
    # 10
    conf = {"enabled": "yes", "cloud base url": way.base.text}
    conf |= {"insecure": "yes"} if given.insecure else {}
    cloud.put_in_force(plan.id if code is ClaimExit.CLAIMED else "", conf)
    told = keep_way(place, way)
    cloud.give_to(plan.user)
    if given.no_reload:
        return code
    # 11
    return await _notify(script, plan, code, told)


def _key_pair(script: Script, cloud: CloudFolder) -> str:
    # Late: the library is 20 MB, and most mistakes are found without it.
    from muster.agent.netdata.rsakeys import public_key

    cloud.make()
    if not cloud.private.exists():
        script.say("Generating private/public key for the first time.")
    if not cloud.public.exists():
        script.say("Extracting public key from private key.")
    return public_key(cloud)


async def _contact(script: Script, way: Way, put: ClaimPut, *, verbose: bool) -> Answer:
    """8: whatever the server answers is contact. Errors: ClaimFailed (4)."""
    body = format_claim(put, Dialect.SCRIPT)
    for number in range(1, TRIES + 1):
        try:
            answer = await way.ask("PUT", path_of(put.node_id), body, _FORM, limit_s=_LIMIT_S)
        except ClaimFailed as error:
            script.say(f"Failed to connect to {way.base.text}: {error}")
        else:
            if verbose:
                text = answer.body.decode("utf-8", "replace")
                script.show(f"Response from server:\nHTTP/1.1 {answer.status}\n\n{text}")
            script.show(f"Connection attempt {number} successful")
            return answer
        script.show(f"Connection attempt {number} failed. Retry in {number}s.")
        if number < TRIES:
            await script.wait(float(number))
    raise ClaimFailed(ClaimExit.NO_CONNECTION, f"no contact with {way.base.text}")


async def _notify(script: Script, plan: _Plan, code: ClaimExit, told: str) -> ClaimExit:
    """11."""
    ask, data = script.ask, script.place.data
    said = NOT_RUNNING
    for command in (
        "write-config cloud|global|enabled|yes",
        f"write-config cloud|global|cloud base url|{plan.url}",
        "reload-claiming-state",
    ):
        said = await ask(data, command)
        if said.code != 0:
            break
    if code is ClaimExit.ALREADY_CLAIMED:
        if said.code == 0:
            script.say("The agent cloud base url is set to the url provided.")
        script.say(_OTHER_CREDENTIALS)
        script.say(f'{told}Failed to claim node with the following error message:"{MESSAGE[code]}"')
        return code
    if said.code == 0:
        script.say(f"{told}Node was successfully claimed.")
        return code
    script.say(
        f"{told}The claim was successful but the agent could not be notified ({said.code})- it"
        " requires a restart to connect to the cloud."
    )
    return ClaimExit.NOT_TOLD if plan.running else code


def _advise(script: Script, code: ClaimExit) -> None:
    if code in REMEDY:
        script.say(f"What to do: {REMEDY[code]}")


def owner_of(data: Path) -> str:
    """The user that the agent's folder belongs to, by name; who runs this, when there is none."""
    try:
        owner = data.stat().st_uid
    except OSError:
        return _own_name()
    return _name_of(owner)


def _own_name() -> str:
    return _name_of(os.geteuid())


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

"""What is wrong with an agent: a walk from its folder to its hub, one finding per step.

The walk stops at the first fault, since what comes after depends on it. Each finding says
what was seen and, when it is a fault, what to do.
"""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from muster.agent.diagnosis.advice import ADVICE
from muster.agent.joining.identity import Identity, load_identity
from muster.agent.linking.links import LinkSettings
from muster.agent.status import PATH, SOCKET
from muster.clock import SECOND_NS, Clock
from muster.errors import MusterError
from muster.files import why_unusable
from muster.model.address import split_address
from muster.model.finding import Finding, judge_room
from muster.net.client import Target, request
from muster.net.probe import Told, ask, resolve
from muster.net.proxy import open_connection
from muster.net.tls import TlsRefused, client_context

LOW_DISK_BYTES = 64 << 20
SKEW_S = 60
_STATUS_S = 5.0
_ANEW = (
    "join with a new token: muster agent unclaim, muster agent claim --force-new --token-file FILE"
)
_REMEDY = {
    "clock": "set the clock of this machine (timedatectl set-ntp true), and check the hub's",
    "wrong_name": "add the name or address to `listen.names` in the hub's settings",
    "not_tls": "check the port: agents connect to the second of the hub's three ports",
    "untrusted": "another hub answers there: check the address, then claim again",
    "credential_revoked": f"an administrator revoked this node; {_ANEW}",
    "credential_unknown": f"the hub lost what it knew of this certificate; {_ANEW}",
    "credential_foreign": "this agent belongs to another hub: claim it with a token of this one",
    "credential_refused": "claim again with a new token",
    **ADVICE,
}


async def examine(
    data: Path,
    clock: Clock,
    *,
    link: LinkSettings | None = None,
    environment: Mapping[str, str] = os.environ,
    timeout_s: float = 10.0,
) -> AsyncIterator[Finding]:
    """Walk the steps of one agent folder, to the hub by the way that the agent takes."""
    try:
        identity = load_identity(data)
    except MusterError as error:
        yield Finding(step="identity", ok=False, text=str(error), remedy=_identity_remedy(error))
        return
    yield Finding(step="identity", ok=True, text=f"{identity.node.name} ({identity.node.node})")
    for finding in (
        folder(data),
        disk(data),
        *await _running(data),
        certificate(identity, clock.now_ns()),
    ):
        yield finding
        if finding.ok is False:
            return
    route = _Route(link or LinkSettings(), environment, timeout_s)
    async for finding in _network(identity, clock, route):
        yield finding
        if finding.ok is False:
            return


def folder(data: Path) -> Finding:
    """The agent must be able to write its folder."""
    if fault := why_unusable(data):
        text, remedy = fault
        return Finding(step="permissions", ok=False, text=text, remedy=remedy)
    return Finding(step="permissions", ok=True, text=f"{data} can be written")


def disk(data: Path) -> Finding:
    """The spool needs room."""
    free = shutil.disk_usage(data).free
    below = "values are held in memory and the oldest are lost"
    return judge_room(data, free, LOW_DISK_BYTES, below=below)


def certificate(identity: Identity, now_ns: int) -> Finding:
    """Whether it is valid now, and is renewed in time."""
    node = identity.node
    if now_ns < node.not_before_ns:
        late = (node.not_before_ns - now_ns) // SECOND_NS
        text = f"it begins {late} s in the future by this machine's clock"
        return Finding(step="certificate", ok=False, text=text, remedy=_REMEDY["clock"])
    if now_ns >= node.not_after_ns:
        text = f"it ended {(now_ns - node.not_after_ns) // SECOND_NS} s ago"
        return Finding(
            step="certificate", ok=False, text=text, remedy=_REMEDY["credential_expired"]
        )
    left = (node.not_after_ns - now_ns) // SECOND_NS
    more = f"valid for {left // 3600} h {left // 60 % 60} min more"
    life = (node.not_after_ns - node.not_before_ns) // SECOND_NS
    if left < life // 3:
        text = f"{more}, but its renewal is late: it is due at half its life"
        return Finding(step="certificate", ok=None, text=text)
    return Finding(step="certificate", ok=True, text=more)


async def _running(data: Path) -> list[Finding]:
    """What the running agent knows of its link, when the hub does not take it."""
    try:
        answer = await request(Target(socket=data / SOCKET), "GET", PATH, timeout_s=_STATUS_S)
        link = msgspec.json.decode(answer.body, type=_Status).link
    except (MusterError, msgspec.DecodeError):
        return []  # none runs: the steps below find what there is
    if link.code not in ADVICE:
        return []
    return [Finding(step="link", ok=False, text=link.cause, remedy=ADVICE[link.code])]


class _LinkPart(msgspec.Struct):
    code: str = ""
    cause: str = ""


class _Status(msgspec.Struct):
    """The part of a running agent's status that is looked at."""

    link: _LinkPart


class _Route(NamedTuple):
    """How the agent reaches its hub, and how long each step may take."""

    link: LinkSettings
    environment: Mapping[str, str]
    timeout_s: float


async def _network(identity: Identity, clock: Clock, route: _Route) -> AsyncIterator[Finding]:
    try:
        target = _target(identity, route.link)
    except MusterError as error:
        yield Finding(step="identity", ok=False, text=str(error), remedy=_identity_remedy(error))
        return
    try:
        proxy = route.link.proxy.choose(target.host, target.port, route.environment)
    except MusterError as error:
        remedy = "mend https_proxy or all_proxy, or link.proxy in the agent's settings"
        yield Finding(step="proxy", ok=False, text=str(error), remedy=remedy)
        return
    target = msgspec.structs.replace(target, proxy=proxy)
    if proxy is None:
        yield await _named(target.host, route.timeout_s)
    else:
        yield Finding(step="name", ok=None, text=f"left to the proxy {proxy.shown}")
    yield await _connected(target, route.timeout_s)
    async for finding in _hub(target, clock, route.timeout_s):
        yield finding


def _target(identity: Identity, link: LinkSettings) -> Target:
    """The hub, and what to prove ourselves with. Errors: InputError kin for a damaged file."""
    host, port = split_address(link.hub or identity.node.agents)
    context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
    return Target(host=host, port=port, context=context)


async def _named(host: str, timeout_s: float) -> Finding:
    try:
        addresses = await resolve(host, timeout_s)
    except MusterError as error:
        remedy = "check the name and this machine's DNS, or claim with the hub's address"
        return Finding(step="name", ok=False, text=str(error), remedy=remedy)
    return Finding(step="name", ok=True, text=f"{host} is {', '.join(addresses[:4])}")


async def _connected(target: Target, timeout_s: float) -> Finding:
    try:
        _, writer = await open_connection(
            target.host, target.port, proxy=target.proxy, context=None, timeout_s=timeout_s
        )
    except MusterError as error:
        remedy = "is the hub running? does a firewall or the proxy refuse the port?"
        return Finding(step="connection", ok=False, text=str(error), remedy=remedy)
    writer.close()
    return Finding(step="connection", ok=True, text=f"{target.where} accepts")


async def _hub(target: Target, clock: Clock, timeout_s: float) -> AsyncIterator[Finding]:
    """What one question to the hub shows: the handshake, its verdict on the node, its clock."""
    try:
        told = await ask(target, "/v1/link", timeout_s)
    except TlsRefused as error:
        remedy = _REMEDY.get(error.cause, "see the hub's log for its side of the handshake")
        yield Finding(step="tls", ok=False, text=str(error), remedy=remedy)
        return
    except MusterError as error:
        yield Finding(step="tls", ok=False, text=str(error), remedy="see the hub's log")
        return
    text = "both sides proved themselves: pinned authority, client certificate, TLS 1.3"
    yield Finding(step="tls", ok=True, text=text)
    yield admission(told)
    yield _clock(told, clock)


def admission(told: Told) -> Finding:
    """Whether the hub lets the node in: a proved certificate may be revoked or forgotten."""
    if told.status not in (401, 403):
        return Finding(step="admission", ok=True, text="the hub lets this node in")
    remedy = _REMEDY.get(told.code, _REMEDY["credential_refused"])
    text = f"the hub refuses this node: {told.text or 'it does not say why'} ({told.code})"
    return Finding(step="admission", ok=False, text=text, remedy=remedy)


def _clock(told: Told, clock: Clock) -> Finding:
    if not told.time_ns:
        return Finding(step="clock", ok=None, text="the hub did not tell its time")
    skew_s = (clock.now_ns() - told.time_ns) / SECOND_NS
    text = f"{skew_s:+.0f} s against the hub"
    if abs(skew_s) > SKEW_S:
        return Finding(step="clock", ok=False, text=text, remedy=_REMEDY["clock"])
    return Finding(step="clock", ok=True, text=text)


def _identity_remedy(error: MusterError) -> str:
    if error.code == "not_claimed":
        return "join a hub: muster agent claim --token-file FILE"
    return "restore the file, or unclaim and claim again"

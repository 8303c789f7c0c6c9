"""Joining a hub with a claim token, and leaving it.

Steps of a claim, in the order that makes a kill at any moment harmless:
 1. hold the folder; it must not be claimed yet, nor have been a node that was taken away
 2. read the token, here and alone
 3. make the key (it waits in claim.pending, so that a repeated claim is the same claim)
 4. fetch the hub's roots, saying nothing; keep those that the token pins
 5. connect again, verified against them, and send the request, proved with the token;
    where an admin has to decide, send the very same again until it is decided
 6. check what came and put it in force, all at once; forget the key that waited
After 6 the node is claimed, before it is not. Codes of failure: agent/exits.py
"""

import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TextIO

import msgspec

from muster.agent.exits import Exit, failure_of
from muster.agent.joining.approval import (
    NO_PATIENCE,
    Gather,
    Patience,
    no_evidence,
    settled,
    waiting_of,
)
from muster.agent.joining.credential import Certified, drop_pending, pending_key, put_in_force
from muster.agent.joining.identity import NodeFile, is_claimed, refused, remove_identity
from muster.agent.joining.lock import held
from muster.agent.joining.revoked import forget_revocation, read_revocation, require_not_revoked
from muster.clock import SECOND_NS, Clock
from muster.errors import Conflict, InputError, MusterError, ProtocolError
from muster.log import Secret
from muster.model.address import split_address
from muster.model.ids import is_uuid
from muster.model.inventory import Facts
from muster.net.client import Answer, Target, refusal_of, request
from muster.net.probe import date_ns
from muster.net.proxy import ConnectFailed, ProxySetting
from muster.net.tls import TlsRefused, client_context, untrusting_context
from muster.pki import keys
from muster.pki.proof import prove
from muster.wire.claim import HUB_HEADER, Claim, SignedClaim, format_claim, message_of
from muster.wire.claimtoken import MAX_TEXT, BadToken, Token, decode_token

VARIABLE = "MUSTER_CLAIM_TOKEN"
_CLAIM = "claim"
_CLOCK_S = 60  # a difference worth naming


class AlreadyClaimed(Conflict):
    code = "already_claimed"


class WrongPin(InputError):
    """What answers is not the hub that made the token."""

    code = "wrong_pin"


class ClockWrong(InputError):
    code = "clock_wrong"


class HubRefused(MusterError):
    """The hub's own answer; `code` is its."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Wishes(msgspec.Struct, frozen=True):
    """What this machine asks for beyond a place; the hub decides."""

    id: str = ""  # UUID of the node
    rooms: tuple[str, ...] = ()  # of those the token allows


_NO_WISH = Wishes()


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of this machine."""

    node: NodeFile
    renamed_from: str = ""  # the name it asked for, when another node had it


class _HubAnswer(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    chain: str
    anchors: str
    agents: str
    renamed_from: str = ""


def read_token(
    file: Path | None, *, stdin: TextIO | None = None, environment: Mapping[str, str] = os.environ
) -> Secret:
    """The token's text from a file, standard input ("-") or the environment.

    Errors: BadToken when there is none; PermissionRefused.
    """
    if file is None:
        text = environment.get(VARIABLE, "")
        if not text.strip():
            raise BadToken(f"no claim token: give --token-file, or set {VARIABLE}")
    elif str(file) == "-":
        text = (stdin or sys.stdin).read(MAX_TEXT + 2)
    else:
        text = _read_file(file)
    return Secret(text.strip())


def _read_file(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            return stream.read(MAX_TEXT + 2)
    except UnicodeDecodeError as error:
        raise BadToken(f"{file} holds no claim token") from error
    except FileNotFoundError as error:
        raise BadToken(f"no such file: {file}") from error
    except OSError as error:
        raise refused(error) from error


async def claim(
    data: Path,
    token: Secret,
    *,
    clock: Clock,
    facts: Callable[[], Facts],
    proxy: ProxySetting,
    wishes: Wishes = _NO_WISH,
    environment: Mapping[str, str] = os.environ,
    replaces: bool = False,
    force_new: bool = False,
    evidence: Gather = no_evidence,
    patience: Patience = NO_PATIENCE,
) -> Claimed:
    """Make this machine a node of the hub that the token names.

    `replaces`: in place of the node it is, while the caller holds the folder.
    `force_new`: although the node that the folder was is revoked or removed.
    `patience`: how long to wait for an admin; without any, exit code 33 comes at once.
    Errors: AgentFailed with an exit code; the folder is then as unclaimed as before.
    """
    try:
        # 1
        with contextlib.nullcontext() if replaces else held(data):
            if is_claimed(data) and not replaces:
                raise AlreadyClaimed(_claimed_text(data))
            if not (force_new or replaces):
                require_not_revoked(data)
            # 2
            decoded = decode_token(token.reveal())
            # 3
            key = pending_key(data, _CLAIM, decoded.id)
            draft = Claim(
                token_id=decoded.id,
                csr=keys.make_request(key),
                facts=facts(),
                proposed_id=wishes.id,
                rooms=wishes.rooms,
                time_ns=clock.now_ns(),
            )
            body = _Body(decoded, draft, evidence)
            # 4, 5
            route = _Route(proxy, environment)
            answer = await settled(lambda: _ask(decoded, body, clock, route), patience, clock)
            # 6
            identity = put_in_force(
                data,
                key=key,
                certified=Certified(chain=answer.chain, anchors=answer.anchors),
                name=answer.name,
                agents=answer.agents,
                claimed_ns=clock.now_ns(),
            )
            drop_pending(data, _CLAIM)
            forget_revocation(data)
            return Claimed(node=identity.node, renamed_from=answer.renamed_from)
    except MusterError as error:
        otherwise = Exit.HUB_ERROR if isinstance(error, HubRefused) else None
        raise failure_of(error, otherwise) from error


def _claimed_text(data: Path) -> str:
    if known := read_revocation(data):
        done = "revoked" if known.code == "node_revoked" else "removed"
        return (
            f"{data} is claimed, as node {known.node}, which was {done} at its hub; to join as a"
            " new node: muster agent unclaim, then muster agent claim --force-new"
        )
    return f"{data} is claimed already; muster agent unclaim frees it"


def unclaim(data: Path) -> None:
    """Forget identity and spool. The hub is not asked. Errors: AgentFailed."""
    try:
        with held(data):
            remove_identity(data)
    except MusterError as error:
        raise failure_of(error) from error


class _Route(msgspec.Struct, frozen=True):
    """How addresses are reached."""

    proxy: ProxySetting
    environment: Mapping[str, str]

    def target(self, address: str) -> Target:
        host, port = split_address(address)
        return Target(host=host, port=port, proxy=self.proxy.choose(host, port, self.environment))


class _Body:
    """What is sent: made once the hub's roots are known, and then the same each time."""

    def __init__(self, token: Token, draft: Claim, evidence: Gather) -> None:
        self._token = token
        self._draft = draft
        self._evidence = evidence
        self._made = b""

    async def bytes(self, hub: Callable[[], Awaitable[str]]) -> bytes:
        if not self._made:
            shown = await self._evidence(await hub(), self._draft.csr)
            claim = msgspec.structs.replace(self._draft, evidence=shown)
            self._made = make_claim(self._token, claim)
        return self._made


def make_claim(token: Token, claim: Claim) -> bytes:
    """The body of a claim: signed with the token's key, which stays here."""
    text = format_claim(claim)
    return msgspec.json.encode(
        SignedClaim(signed=text, proof=prove(token.secret, message_of(text)))
    )


class _Peer:
    """A hub whose roots are known: all goes over connections that are verified by them."""

    def __init__(self, target: Target, roots: str, ahead_s: int) -> None:
        self._target = msgspec.structs.replace(target, context=client_context(roots))
        self._roots = roots
        self._ahead_s = ahead_s
        self.where = target.where

    async def hub(self) -> str:
        """Its id, for which evidence is hashed: its roots name it, or it says so itself.

        A root that was brought along names no hub. "" for a hub that does not say.
        """
        if known := _hub_of(self._roots):
            return known
        told = (await self.ask("GET", "/v1/trust")).headers.get(HUB_HEADER, "")
        return told if is_uuid(told) else ""

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Errors: ConnectFailed, TlsRefused, ProtocolError; ClockWrong, WrongPin."""
        try:
            return await request(
                self._target, method, path, body=body, timeout_s=30, max_body_bytes=1 << 20
            )
        except TlsRefused as error:
            if error.cause == "clock":
                raise ClockWrong(_clock_text(str(error), self._ahead_s)) from error
            if error.cause == "untrusted":
                raise WrongPin(
                    f"{self.where} shows the root of this token's hub but cannot prove it is"
                    " that hub. Nothing was sent to it"
                ) from error
            raise


def _hub_of(roots: str) -> str:
    """The hub's id in its roots; "" when they name none."""
    names = (name for view in keys.views(roots) for name in view.names)
    return next((name[9:] for name in names if name.startswith("spiffe://")), "")


async def _ask(token: Token, body: _Body, clock: Clock, route: _Route) -> _HubAnswer:
    """Try the token's addresses in order; the first hub that is the right one decides."""
    failures: list[MusterError] = []
    for address in token.addresses:
        target = route.target(address)
        try:
            roots, ahead_s = await _fetch_roots(target, token.pins, clock)
            peer = _Peer(target, roots, ahead_s)
            return await _send(peer, await body.bytes(peer.hub))
        except (ConnectFailed, TlsRefused, WrongPin, ProtocolError) as error:
            failures.append(error)
    wrong = [error for error in failures if isinstance(error, WrongPin)]
    if wrong or len(failures) == 1:
        raise (wrong or failures)[0]
    raise ConnectFailed("; ".join(str(error) for error in failures))


async def _fetch_roots(target: Target, pins: tuple[str, ...], clock: Clock) -> tuple[str, int]:
    """4: (pinned roots as PEM, seconds our clock is ahead of the peer's). Nothing of ours is sent.

    The seconds are 0 for a peer that does not say its time, and good to a second or two: the
    peer tells whole seconds, and its answer was on the way.
    """
    open_target = msgspec.structs.replace(target, context=untrusting_context())
    answer = await request(open_target, "GET", "/v1/trust", timeout_s=20, max_body_bytes=1 << 18)
    now_ns = clock.now_ns()
    if answer.status != 200:
        raise ProtocolError(f"{target.where} is no hub: it answers {answer.status}; right port?")
    try:
        roots = keys.pinned(answer.body.decode("ascii"), pins)
    except (InputError, UnicodeDecodeError) as error:
        raise ProtocolError(f"{target.where} is no hub: it shows no trust anchors") from error
    if not roots:
        raise WrongPin(
            f"{target.where} is not the hub of this token: none of its roots is pinned."
            " Nothing was sent to it. A wrong address, or somebody in between"
        )
    hub_ns = date_ns(answer.headers.get("date", ""))
    return roots, round((now_ns - hub_ns) / SECOND_NS) if hub_ns else 0


async def _send(peer: _Peer, body: bytes) -> _HubAnswer:
    """5: the verified connection."""
    answer = await peer.ask("POST", "/v1/claim", body)
    if answer.status == 200:
        try:
            return msgspec.json.decode(answer.body, type=_HubAnswer)
        except msgspec.DecodeError as error:
            raise HubRefused("bad_answer", f"{peer.where}: {error}") from error
    if answer.status == 202:
        raise waiting_of(answer, peer.where)
    raise _refusal(answer, peer.where)


def _refusal(answer: Answer, where: str) -> HubRefused:
    code, text = refusal_of(answer)
    cause = f"refuses the claim: {text}" if text else f"answers with status {answer.status}"
    return HubRefused(code or "hub_error", f"{where} {cause}")


def _clock_text(text: str, ahead_s: int) -> str:
    if abs(ahead_s) < _CLOCK_S:
        return text
    side = "ahead of" if ahead_s > 0 else "behind"
    return f"{text} This machine's clock is about {abs(ahead_s)} s {side} the hub's"

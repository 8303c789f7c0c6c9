"""A new certificate for a node whose own has ended, on proof of the old key.

The agent runs `python -m muster.agent.joining.recover DIR`, which prints an Outcome. A key waits in
`recovery.pending` until the hub has certified it, so that a repeated request is the same one.

Steps: 1 make the new key  2 sign the request with the old one  3 ask the hub, verified by our
anchors  4 check what came and put it in force, all at once.
"""

import asyncio
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from muster.agent.joining.identity import Identity, NodeFile
from muster.errors import InputError, MusterError
from muster.model.clone import Holder
from muster.model.inventory import Facts

if TYPE_CHECKING:
    from muster.log import Secret
    from muster.net.client import Answer

T = TypeVar("T")
WHAT = "recovery"
PATH = "/v1/recover"
_MAX_INPUT = 16 << 10
_MAX_ANSWER = 1 << 18
_TIMEOUT_S = 30.0
_RETRY_S = 30.0
_COPIED_S = 12.0  # somebody may decide at any moment; a hub takes six a minute


class RecoverOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Standard input of the program."""

    proxy: str
    hub: str = ""  # host:port of the agents' listener in place of the identity's
    enrol: str = ""  # host:port to ask at; empty: the port after that of the agents
    holder: Holder = Holder()  # which run of an agent asks
    facts: Facts = Facts()  # as that agent gathers them


class OutcomeState(StrEnum):
    """What became of a request."""

    RECOVERED = "recovered"
    WAITING = "waiting"  # for an administrator
    REFUSED = "refused"
    FORK = "fork"  # this folder is a copy: `token` is to join anew with


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Standard output of the program."""

    state: OutcomeState
    code: str = ""
    text: str = ""
    retry_after_s: float = 0.0
    token: str = ""


class _Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """Either a certificate, or the order to fork."""

    chain: str = ""
    anchors: str = ""
    token: str = ""
    text: str = ""


class _Waiting(msgspec.Struct, frozen=True, kw_only=True):
    retry_after_s: float = _RETRY_S
    reason: str = ""


def enrol_address(node: NodeFile, order: RecoverOrder) -> str:
    """Where to ask: as configured, else the port after that of the agents, as a hub lies."""
    from muster.model.address import join_address, split_address

    if order.enrol:
        return order.enrol
    host, port = split_address(order.hub or node.agents)
    return join_address(host, port + 1)


async def recover(data: Path, order: RecoverOrder) -> Outcome:
    """All four steps. Errors: of the folder, the network and the hub's answer."""
    from muster.agent.joining.credential import Certified, drop_pending, pending_key, put_in_force
    from muster.agent.joining.identity import load_identity
    from muster.model.address import split_address
    from muster.net.client import Target, request
    from muster.net.proxy import ProxySetting
    from muster.net.tls import client_context

    identity = load_identity(data)
    node = identity.node
    # 1
    key = pending_key(data, WHAT, node.serial)
    # 2
    body = _signed(identity, key, order)
    # 3
    host, port = split_address(enrol_address(node, order))
    target = Target(
        host=host,
        port=port,
        context=client_context(identity.anchors()),
        proxy=ProxySetting(order.proxy).choose(host, port, os.environ),
    )
    answer = await request(
        target, "POST", PATH, body=body, timeout_s=_TIMEOUT_S, max_body_bytes=_MAX_ANSWER
    )
    if answer.status != 200:
        return _not_given(answer)
    # 4
    got = _decode(answer.body, _Recovered)
    if got.token:
        return Outcome(state=OutcomeState.FORK, text=got.text, token=got.token)
    put_in_force(
        data,
        key=key,
        certified=Certified(chain=got.chain, anchors=got.anchors),
        name=node.name,
        agents=node.agents,
        claimed_ns=node.claimed_ns,
        same_as=node,
    )
    drop_pending(data, WHAT)
    return Outcome(state=OutcomeState.RECOVERED)


def _signed(identity: Identity, key: "Secret", order: RecoverOrder) -> bytes:
    """What is sent: a request for a certificate, signed with the key of the one that ended."""
    from muster.clock import SystemClock
    from muster.log import Secret
    from muster.pki import keys
    from muster.pki.possession import prove_possession
    from muster.wire.recover import Recovery, SignedRecovery, format_recovery, message_of

    text = format_recovery(
        Recovery(
            csr=keys.make_request(key),
            hub=identity.node.hub,
            serial=identity.node.serial,
            facts=order.facts,
            holder=order.holder,
            time_ns=SystemClock().now_ns(),
        )
    )
    old = Secret(identity.key.read_text(encoding="ascii"))
    proof = prove_possession(old, message_of(text))
    chain = identity.chain.read_text(encoding="ascii")
    return msgspec.json.encode(SignedRecovery(signed=text, proof=proof, chain=chain))


def _not_given(answer: "Answer") -> Outcome:
    """The hub waits for an admin, or refuses."""
    from muster.net.client import refusal_of

    if answer.status == 202:
        waits = _decode(answer.body, _Waiting)
        said = f"the hub asks an administrator: {waits.reason}"
        return Outcome(state=OutcomeState.WAITING, text=said, retry_after_s=waits.retry_after_s)
    code, said = refusal_of(answer)
    return Outcome(
        state=OutcomeState.REFUSED,
        code=code or "hub_error",
        text=f"the hub gives no new one: {said or f'status {answer.status}'}",
        retry_after_s=_COPIED_S if code == "identity_copied" else _RETRY_S,
    )


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise InputError(f"hub's answer: {error}") from error


def main(arguments: list[str]) -> int:
    """Recover one folder, whose lock the agent holds that runs this."""
    try:
        order = msgspec.json.decode(sys.stdin.buffer.read(_MAX_INPUT), type=RecoverOrder)
        outcome = asyncio.run(recover(Path(arguments[0]), order))
    except (MusterError, OSError, msgspec.DecodeError, IndexError) as error:
        sys.stderr.write(str(error) or "usage: python -m muster.agent.joining.recover DIR")
        return 1
    sys.stdout.write(msgspec.json.encode(outcome).decode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

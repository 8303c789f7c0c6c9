"""What an agent does by itself when the hub does not take its identity as it is.

- a copy of another's folder, told to fork: it joins anew by the token that came with the order
- a certificate that ended, or is not the newest: it asks for another on proof of its old key
- revoked or removed: it notes that, and only a person lets it join again
Each needs cryptography or a claim, so each is a program that ends at once; between two runs
the caller waits as after any failure.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from muster.agent.joining.fork import Order, finish_fork
from muster.agent.joining.identity import NodeFile, load_identity
from muster.agent.joining.recover import Outcome, OutcomeState, RecoverOrder
from muster.agent.joining.renewal import RenewalFailed, run_program
from muster.agent.joining.revoked import Revocation, forget_revocation, note_revocation
from muster.agent.linking.session import ForkOrdered
from muster.agent.spool.buffer import Spool
from muster.clock import SECOND_NS, Clock
from muster.errors import MusterError, Unavailable
from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.net.proxy import ProxySetting
from muster.net.tls import TlsRefused
from muster.wire.messages import Fork

log = logging.getLogger(__name__)

FORK, RECOVER = "muster.agent.joining.fork", "muster.agent.joining.recover"
_PROGRAM_S = 90.0
# What a new certificate helps against
_ENDED = frozenset(("credential_expired", "credential_retired", "credential_unknown"))
_DONE_WITH = frozenset(("node_revoked", "node_unknown"))

RunModule = Callable[[str, Path, bytes], Awaitable[str]]


class CredentialExpired(Unavailable):
    """No link, and a certificate that ended: slept too long, or the clock is wrong."""

    code = "credential_expired"

    def __init__(self, node: NodeFile, error: MusterError) -> None:
        ended = datetime.fromtimestamp(node.not_after_ns // SECOND_NS, UTC)
        super().__init__(
            f"this node's certificate ended {ended:%d %b %Y %H:%M} UTC by this machine's clock"
            f" ({error})"
        )


class RecoveryRefused(Unavailable):
    """The hub gives no new certificate; `code` says why in the hub's word."""

    def __init__(self, code: str, text: str, retry_after_s: float) -> None:
        super().__init__(text, retry_after_s)
        self.code = code


async def run_module(module: str, data: Path, order: bytes) -> str:
    """Run one of the programs. Errors: RenewalFailed with what it said."""
    return await run_program([str(data)], order, module=module, limit_s=_PROGRAM_S)


class Mending:
    """Tries to mend what a lost link has shown."""

    def __init__(
        self,
        *,
        data: Path,
        spool: Spool,
        clock: Clock,
        proxy: ProxySetting,
        hub: str = "",
        enrol: str = "",
        holder: Callable[[str], Holder] = lambda _: Holder(),
        facts: Callable[[], Facts] = Facts,
        program: RunModule = run_module,
    ) -> None:
        self._data = data
        self._spool = spool
        self._clock = clock
        self._proxy = proxy
        self._hub = hub
        self._enrol = enrol
        self._holder = holder
        self._facts = facts
        self._program = program

    async def mend(self, error: MusterError) -> bool:
        """Whether the next link can be opened at once.

        Errors: a better word for what is wrong than `error`, when something was tried.
        """
        code = code_of(error)
        if isinstance(error, ForkOrdered):
            await self._fork(error)
            return True
        if code in _DONE_WITH:
            self._note(code, str(error))
        elif _is_refused_by_hub(error):
            return await self._recover(error)
        return False

    def welcome(self) -> None:
        """The hub takes the node."""
        forget_revocation(self._data)

    async def _fork(self, order: ForkOrdered) -> None:
        log.warning("this folder is a copy: joining anew", extra={"cause": str(order)})
        body = Order(token=order.token.reveal(), proxy=self._proxy.reveal(), facts=self._facts())
        node = await self._program(FORK, self._data, msgspec.json.encode(body))
        finish_fork(self._data, self._spool)
        log.info("joined anew", extra={"node": node})

    async def _recover(self, error: MusterError) -> bool:
        body = RecoverOrder(
            proxy=self._proxy.reveal(),
            hub=self._hub,
            enrol=self._enrol,
            holder=self._holder(load_identity(self._data).node.hub),
            facts=self._facts(),
        )
        try:
            text = await self._program(RECOVER, self._data, msgspec.json.encode(body))
            outcome = msgspec.json.decode(text, type=Outcome)
        except (RenewalFailed, msgspec.DecodeError) as failed:
            text = f"{error}; no new certificate yet: {failed}"
            raise RecoveryRefused("recovery_failed", text, 0.0) from failed
        if outcome.state is OutcomeState.FORK:
            await self._fork(ForkOrdered(Fork(token=outcome.token, text=outcome.text)))
            return True
        if outcome.state is OutcomeState.RECOVERED:
            log.info("certificate recovered", extra={"cause": str(error)})
            return True
        code = "recovery_waiting" if outcome.state is OutcomeState.WAITING else outcome.code
        raise RecoveryRefused(code, f"{error}; {outcome.text}", outcome.retry_after_s)

    def _note(self, code: str, text: str) -> None:
        try:
            node = load_identity(self._data).node
        except MusterError:
            return
        now_ns = self._clock.now_ns()
        note_revocation(
            self._data,
            Revocation(node=node.node, hub=node.hub, code=code, text=text, time_ns=now_ns),
        )


def _is_refused_by_hub(error: MusterError) -> bool:
    """Whether the hub said what a new certificate helps against; not what our clock says."""
    said = error.__cause__ if isinstance(error, CredentialExpired) else error
    return isinstance(said, MusterError) and code_of(said) in _ENDED


def ends_with_certificate(error: MusterError, node: NodeFile, now_ns: int) -> bool:
    """Whether there is no link because the certificate has ended, as either side sees it."""
    refused = isinstance(error, TlsRefused) and error.cause == "credential_expired"
    return refused or node.not_after_ns <= now_ns


def code_of(error: MusterError) -> str:
    """The stable word for why there is no link."""
    return getattr(error, "cause", "") or error.code

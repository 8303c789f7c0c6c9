"""The hub's end of the signer: starts the process, asks it, starts it again when it ends.

What the rest of the hub sees is a ports.signer.Signer that holds no key. One question is under
way at a time; a signer that says nothing in time is ended, for what it says later would be
taken for the answer to another question. One that ends is heard at once, so that one which was
just started is given time: on a machine that is overloaded it has to read its modules first.
"""

import logging
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from muster.clock import Clock
from muster.errors import (
    Conflict,
    InputError,
    MusterError,
    ProtocolError,
    SettingsError,
    Unavailable,
)
from muster.hub.keys.signerframes import (
    Abort,
    Activate,
    Answer,
    Certified,
    Describe,
    Described,
    IssueAgent,
    IssueServer,
    IssueService,
    Lists,
    Prepare,
    Question,
    Refused,
    RenewIssuers,
    Retire,
    SignAnswer,
    Signed,
    SignLists,
    TakeServices,
    receive_answer,
    send,
)
from muster.model.identity import Identity
from muster.net.backoff import Backoff
from muster.pki import keys
from muster.pki.authority import Issued, IssuedServer
from muster.pki.crl import Revoked
from muster.pki.keys import BadRequest, CertificateView
from muster.pki.trust import Trust

log = logging.getLogger(__name__)

START_S = 180.0  # until its first answer
ANSWER_S = 20.0
_END_S = 5.0
_KINDS: dict[str, Callable[[str], MusterError]] = {
    "request": BadRequest,
    "input": InputError,
    "setting": SettingsError,
    "conflict": Conflict,
}
# What Python and its libraries need to be found; nothing else of the hub's surroundings.
_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH")


class Running(Protocol):
    """A signer that was started: subprocess.Popen is one."""

    @property
    def pid(self) -> int: ...
    def kill(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


Start = Callable[[Path, socket.socket], Running]


def start_signer(folder: Path, theirs: socket.socket) -> Running:
    """The real one, in a process group of its own: Ctrl-C is the hub's to hear."""
    return subprocess.Popen(  # noqa: S603 - our own program, and a path as one argument
        [sys.executable, "-P", "-m", "muster.hub.keys.signer", "--folder", str(folder)],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        env=signer_environment(os.environ),
        process_group=0,
    )


def signer_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in _PASSED if name in environment}


class SignerClient:
    """A Signer whose keys are in another process. `open` before use, `close` at the end."""

    def __init__(self, *, folder: Path, clock: Clock, start: Start = start_signer) -> None:
        self._folder = folder
        self._clock = clock
        self._start = start
        self._turn = threading.Lock()
        self._peer: socket.socket | None = None
        self._process: Running | None = None
        self._backoff = Backoff(random=random.random, first_s=0.5, limit_s=30.0)
        self._not_before = 0.0
        self._is_new = False
        self._trust: Trust | None = None

    def open(self) -> None:
        """Start it and learn what it trusts. Errors: SettingsError for its folder; Unavailable."""
        try:
            self._describe()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let it end."""
        with self._turn:
            self._drop()

    @property
    def pid(self) -> int:
        """Of the process; 0 when there is none."""
        return self._process.pid if self._process else 0

    @property
    def trust(self) -> Trust:
        if self._trust is None:
            raise Unavailable("the signer was not started")
        return self._trust

    @property
    def hub(self) -> str:
        return self.trust.hub

    @property
    def anchors(self) -> str:
        return self.trust.anchors

    @property
    def pins(self) -> tuple[str, ...]:
        return self.trust.pins

    def issue_agent(
        self, request: str, identity: Identity, *, now_ns: int, lifetime_s: int = 0
    ) -> Issued:
        """Errors: as pki.authority.Authority; Unavailable. The signer's clock counts."""
        return self._certified(
            IssueAgent(request=request, identity=identity.uri, lifetime_s=lifetime_s)
        )

    def issue_server(
        self, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> IssuedServer:
        """The key is made here, so that the signer has none to give away."""
        key = keys.make_key()
        request = keys.make_request(key)
        issued = self._certified(
            IssueServer(request=request, names=list(names), lifetime_s=lifetime_s)
        )
        return IssuedServer(key=key, chain=issued.chain, view=issued.view)

    def issue_service(
        self,
        request: str,
        names: Sequence[str],
        *,
        client: bool,
        server: bool,
        now_ns: int,
        lifetime_s: int = 0,
    ) -> Issued:
        issued = self._certified(
            IssueService(
                request=request,
                names=list(names),
                client=client,
                server=server,
                lifetime_s=lifetime_s,
            )
        )
        if not self.trust.services:
            self._describe()
        return issued

    def sign_lists(
        self, entries: Sequence[Revoked], *, number: int, now_ns: int, services: bool = False
    ) -> str:
        question = SignLists(entries=list(entries), number=number, services=services)
        answer = self._ask(question)
        if not isinstance(answer, Lists):
            raise _unexpected(answer)
        return answer.pem

    def sign_answer(self, text: str) -> str:
        answer = self._ask(SignAnswer(text))
        if not isinstance(answer, Signed):
            raise _unexpected(answer)
        return answer.proof

    def issued_agent(self, der: bytes) -> bool:
        return self.trust.issued_agent(der)

    def roots(self) -> list[CertificateView]:
        return self.trust.roots()

    def issuers(self) -> list[CertificateView]:
        return self.trust.issuers()

    def look(self) -> Trust:
        """The public side, read anew: the root's key may have come or gone."""
        return self._describe()

    def prepare(self, *, staged: bool) -> Trust:
        return self._step(Prepare(staged))

    def activate(self) -> Trust:
        return self._step(Activate())

    def retire(self) -> Trust:
        return self._step(Retire())

    def abort(self) -> Trust:
        return self._step(Abort())

    def renew_issuers(self, *, staged: bool) -> Trust:
        return self._step(RenewIssuers(staged))

    def take_services(self, *, staged: bool) -> Trust:
        return self._step(TakeServices(staged))

    def _describe(self) -> Trust:
        return self._noted(self._ask(Describe()))

    def _step(self, question: Question) -> Trust:
        """A step is asked for once: whether it was done when the signer died, its folder says."""
        return self._noted(self._ask(question, again=False))

    def _noted(self, answer: Answer) -> Trust:
        if not isinstance(answer, Described):
            raise _unexpected(answer)
        self._trust = answer.trust
        return answer.trust

    def _certified(self, question: Question) -> Issued:
        answer = self._ask(question)
        if not isinstance(answer, Certified):
            raise _unexpected(answer)
        certificate = keys.load_chain(answer.chain)[0]
        return Issued(chain=answer.chain, der=keys.to_der(certificate), view=keys.view(certificate))

    def _ask(self, question: Question, *, again: bool = True) -> Answer:
        with self._turn:
            answer = self._exchange(question, again=again)
        if isinstance(answer, Refused):
            raise _KINDS.get(answer.kind, Unavailable)(answer.text)
        self._backoff.reset()  # one that has answered is started again at once
        self._not_before = 0.0
        return answer

    def _exchange(self, question: Question, *, again: bool) -> Answer:
        """Ask; a signer that is gone is started anew and asked once more."""
        peer = self._peer or self._begin()
        try:
            self._learn(peer)
            send(peer, question)
            answer = receive_answer(peer)
        except (OSError, ProtocolError) as error:
            self._drop()
            if not again or isinstance(error, TimeoutError | ProtocolError):
                raise Unavailable(f"the signer gave no answer: {error}") from error
            answer = None
        if answer is not None:
            peer.settimeout(ANSWER_S)
            return answer
        log.warning("the signer has ended")
        self._drop()
        if not again:
            raise Unavailable("the signer ended before it answered; look at the roll's status")
        return self._exchange(question, again=False)

    def _learn(self, peer: socket.socket) -> None:
        """What one that was started anew trusts: a step may have been its forerunner's last."""
        if not self._is_new:
            return
        send(peer, Describe())
        answer = receive_answer(peer)
        if isinstance(answer, Described):
            self._trust = answer.trust
        self._is_new = False

    def _begin(self) -> socket.socket:
        wait_s = self._not_before - self._clock.monotonic()
        if wait_s > 0:
            text = "the process that signs certificates ended; it is started again soon"
            raise Unavailable(text, retry_after_s=wait_s)
        self._not_before = self._clock.monotonic() + self._backoff.next_s(0.1)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = self._start(self._folder, theirs)
        except OSError as error:
            ours.close()
            raise Unavailable(f"the signer cannot be started: {error}") from error
        ours.settimeout(START_S)
        self._peer, self._is_new = ours, self._trust is not None
        log.info("signer started", extra={"pid": self._process.pid})
        return ours

    def _drop(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None
        if self._process is not None:
            process, self._process = self._process, None
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_END_S)


def _unexpected(answer: Answer) -> Unavailable:
    return Unavailable(f"the signer gave another answer: {type(answer).__name__.lower()}")

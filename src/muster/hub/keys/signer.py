"""The signer: a process that has the keys of the CA, and nothing else to do.

    python -P -m muster.hub.keys.signer --folder DIR/ca

Started by the hub with one end of a socket pair as its standard input; ends when that
closes. It opens no connection and starts no program (signerjail.py). All that a question may
decide is checked here again: a request gives a key, the rest is the table's (pki/profile.py),
and the time is that of its own clock. No answer holds a private key.

Imports only pki and what keeps its files, so that it stays small.
"""

import logging
import os
import signal
import socket
import sys
from pathlib import Path

from muster.clock import Clock, SystemClock
from muster.errors import Conflict, InputError, MusterError, ProtocolError, SettingsError
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
    receive_question,
    send,
)
from muster.hub.keys.signerjail import lock_up
from muster.log import set_up
from muster.model.identity import parse_identity
from muster.pki.keys import BadRequest
from muster.pki.trust import Trust
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore

log = logging.getLogger(__name__)

# How an error goes over the socket; the first that fits. Anything else is "unavailable".
KINDS: tuple[tuple[str, type[MusterError]], ...] = (
    ("request", BadRequest),
    ("setting", SettingsError),
    ("input", InputError),
    ("conflict", Conflict),
)


class Desk:
    """Answers questions, one after the other."""

    def __init__(self, *, store: KeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._ring: KeyRing | None = None

    def answer(self, question: Question) -> Answer:
        """What is said to a question; never an exception."""
        try:
            return self._answer(question)
        except MusterError as error:
            kind = next((name for name, each in KINDS if isinstance(error, each)), "unavailable")
            return Refused(kind, str(error))
        except Exception:  # the hub is told nothing, and the signer lives on
            log.exception("a bug in the signer")
            return Refused("unavailable", "the signer failed; see the hub's log")

    def _answer(self, question: Question) -> Answer:
        if self._ring is None:  # what is wrong with the folder is an answer too
            self._ring = KeyRing(store=self._store, clock=self._clock)
        ring, now_ns = self._ring, self._clock.now_ns()
        match question:
            case Describe():
                return Described(ring.trust)
            case IssueAgent():
                issued = ring.issue_agent(
                    question.request,
                    parse_identity(question.identity),
                    now_ns=now_ns,
                    lifetime_s=question.lifetime_s,
                )
                return Certified(issued.chain)
            case IssueServer():
                issued = ring.certify_server(
                    question.request,
                    question.names,
                    now_ns=now_ns,
                    lifetime_s=question.lifetime_s,
                )
                return Certified(issued.chain)
            case IssueService():
                issued = ring.issue_service(
                    question.request,
                    question.names,
                    client=question.client,
                    server=question.server,
                    now_ns=now_ns,
                    lifetime_s=question.lifetime_s,
                )
                return Certified(issued.chain)
            case SignLists():
                pem = ring.sign_lists(
                    question.entries,
                    number=question.number,
                    now_ns=now_ns,
                    services=question.services,
                )
                return Lists(pem)
            case SignAnswer():
                return Signed(ring.sign_answer(question.text))
            case _:
                return Described(_step(ring, question))


def _step(
    ring: KeyRing, question: Prepare | Activate | Retire | Abort | RenewIssuers | TakeServices
) -> Trust:
    match question:
        case Prepare():
            return ring.prepare(staged=question.staged)
        case Activate():
            return ring.activate()
        case Retire():
            return ring.retire()
        case Abort():
            return ring.abort()
        case RenewIssuers():
            return ring.renew_issuers(staged=question.staged)
        case TakeServices():
            return ring.take_services(staged=question.staged)


def serve(peer: socket.socket, desk: Desk) -> None:
    """Answer until the hub is gone, or says what cannot be understood."""
    try:
        while (question := receive_question(peer)) is not None:
            send(peer, desk.answer(question))
    except (OSError, ProtocolError) as error:
        log.warning("signer ends", extra={"error": str(error)})


def main(arguments: list[str]) -> int:
    """Run on standard input until it closes."""
    match arguments:
        case ["--folder", folder]:
            pass
        case _:
            sys.stderr.write("usage: python -m muster.hub.keys.signer --folder DIR (by the hub)\n")
            return 2
    os.umask(0o077)
    set_up()
    # The hub says when it is over: what ends a whole group must not end the signer first.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lock_up()
    with socket.socket(fileno=0) as peer:
        serve(peer, Desk(store=KeyStore(folder=Path(folder)), clock=SystemClock()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

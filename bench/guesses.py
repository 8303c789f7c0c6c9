"""Wrong proofs for a claim token, sent at a rate by a process of their own.

Connections stay open and take turns; each sends a guess by one write and waits for its answer. The
rate does not wait for answers as long as one of `CONNECTIONS` has its own. Whoever guesses makes
a claim once and sends it again and again: that is the least work for him, and so for this machine.
"""

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import cast

from muster.log import Secret
from muster.model.inventory import Facts
from muster.pki import keys
from muster.pki.proof import prove
from muster.wire.claim import Claim, format_claim, message_of

CONNECTIONS = 100
TICK_S = 0.002


class Guesses:
    """The process, as seen from outside."""

    def __init__(self, enrol: str, token_id: str, anchors: str, rate: int) -> None:
        """It has begun when this returns."""
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), enrol, str(rate)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([token_id, anchors]) + "\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def end(self) -> dict[str, object]:
        """What was sent and answered, by status."""
        out, _ = self._process.communicate("\n", timeout=30)
        return json.loads(out)


class Guesser(asyncio.Protocol):
    """One connection."""

    def __init__(self, rests: "deque[Guesser]", answers: Counter[str]) -> None:
        self._rests, self._answers = rests, answers
        self._got, self._waits = b"", False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._rests.append(self)

    def send(self, guess: bytes) -> None:
        assert self._transport is not None
        self._waits = True
        self._transport.write(guess)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, is_there, body = self._got.partition(b"\r\n\r\n")
        if not is_there or len(body) < _length(head):
            return
        self._answers[head[9:12].decode()] += 1
        self._got, self._waits = b"", False
        self._rests.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._answers["lost"] += self._waits
        if not self._waits:
            self._rests.remove(self)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


def request_of(host: str, token_id: str) -> bytes:
    """A claim as an agent sends it, with a proof by another secret."""
    text = format_claim(
        Claim(token_id=token_id, csr=keys.make_request(keys.make_key()), facts=Facts(hostname="x"))
    )
    proof = prove(Secret("A" * 43), message_of(text))
    body = json.dumps({"signed": text, "proof": proof}).encode()
    head = f"POST /v1/claim HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def send(address: str, rate: int, token_id: str, anchors: str) -> dict[str, object]:
    """Until a line comes in."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    context = ssl.create_default_context(cadata=anchors)
    context.check_hostname = False
    host, _, port = address.rpartition(":")
    guess = request_of(address, token_id)
    rests: deque[Guesser] = deque()
    answers: Counter[str] = Counter()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Guesser(rests, answers), host, int(port), ssl=context)
    print("begun", flush=True)
    began, sent = time.perf_counter(), 0
    while not ended.is_set():
        await asyncio.sleep(TICK_S)
        due = int((time.perf_counter() - began) * rate)
        while sent < due and rests:
            rests.popleft().send(guess)
            sent += 1
    seconds = time.perf_counter() - began
    return {
        "guesses_sent_s": round(sent / seconds),
        "guesses_answered_s": round((answers.total() - answers["lost"]) / seconds),
        "answers": answers,
        "guesser_cpu_percent": round(time.process_time() / seconds * 100),
    }


def main() -> None:
    token_id, anchors = json.loads(sys.stdin.readline())
    address, rate = sys.argv[1].removeprefix("https://"), int(sys.argv[2])
    run = asyncio.run
    try:
        import uvloop

        run = uvloop.run
    except ModuleNotFoundError:
        pass
    print(json.dumps(run(send(address, rate, token_id, anchors))))


if __name__ == "__main__":
    main()

"""Real processes for scenario tests: a hub with its agent, further agents, the command line.

Nothing waits for luck: readiness is a line the process prints, a condition is asked for until
a deadline that only a broken build reaches.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from commands import Commands, Forked

DEADLINE_S = 300.0
# Hubs of tests are reached on loopback alone. Agents of tests are as many machines, and none of
# them may look like one that another test has just stopped: this one's ids are out of sight.
# Nor do wheels count that were gathered for other machines: kits hold what this one runs.
# And no process compiles a thousand modules anew, which takes longer than what it is started for.
ENVIRONMENT = {
    "MUSTER_LISTEN_ADDRESSES": "127.0.0.1",
    "MUSTER_MACHINE": "/nonexistent",
    "MUSTER_INSTALL_WHEELS": "none",
    "PYTHONDONTWRITEBYTECODE": "",
}
MUSTER = [sys.executable, "-m", "muster"]
T = TypeVar("T")


def free_port_base() -> int:
    """Three consecutive ports that nobody holds now.

    Below those the kernel gives to outgoing connections: a hub that is started again finds
    its ports still free.
    """
    return fresh_ports(15_000, 32_000, 3)


def fresh_ports(first: int, end: int, count: int = 1) -> int:
    """The first of consecutive ports that nobody holds now and nobody was given before.

    Each of the workers that run tests side by side has a share of its own: a hub may be down for
    as long as a busy machine likes, and no other test's comes up where it was.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % workers
    share = (end - first) // workers
    for _ in range(1_000):
        base = first + worker * share + random.randrange(share - count + 1)
        wanted = set(range(base, base + count))
        if not wanted & _GIVEN and all(map(_is_free, wanted)):
            _GIVEN.update(wanted)
            return base
    raise AssertionError("no free ports")


_GIVEN: set[int] = set()  # in this process


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def until(what: str, ask: Callable[[], T | None], deadline_s: float = DEADLINE_S) -> T:
    """The first true answer.

    Asks ten times a second, or a third of the time where asking takes long: what is waited for
    needs the processor too.
    """
    end = time.monotonic() + deadline_s
    while (began := time.monotonic()) < end:
        if answer := ask():
            return answer
        time.sleep(min(max(0.1, 2 * (time.monotonic() - began)), 1.0))
    raise AssertionError(f"not within {deadline_s:.0f} s: {what}")


STARTED: list["Process"] = []  # of the whole run; canary.py looks through what they said
_COMMANDS = Commands()
_HUBS = Commands("muster.hub.app", "muster.hub.runner", "muster.hub.up")
ENDED: list[Callable[[list[str], str, str, str], None]] = []  # told of each command that ended


def end_all() -> None:
    """Whatever a test that failed has left running: it would keep the machine from the next."""
    for each in STARTED:
        if each.process.poll() is None:
            each.stop(signal.SIGKILL)
    _COMMANDS.end()
    _HUBS.end()


def children(pid: int) -> list[int]:
    """Processes started by the main thread of one."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


class Process:
    """A muster process whose output is kept; `before` is what it is run by.

    Hubs with the environment of all are forked, the others are started anew: see commands.py.
    """

    def __init__(
        self,
        *words: str,
        stdin: str | None = None,
        env: dict[str, str] | None = None,
        before: tuple[str, ...] = (),
    ):
        self.words = words
        surroundings = {**os.environ, **ENVIRONMENT, **(env or {})}
        self.process: Forked | subprocess.Popen[str]
        if env is stdin is None and not before and words[0] in ("hub", "up"):
            self.process = _HUBS.start(words, surroundings)
        else:
            self.process = subprocess.Popen(
                [*before, *MUSTER, *words],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=surroundings,
            )
        if stdin is not None and self.process.stdin:
            self.process.stdin.write(stdin)
            self.process.stdin.close()
        self.out: list[str] = []
        self.err: list[str] = []
        STARTED.append(self)
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines += [line]

    def line(self) -> str:
        """The first line on standard output."""

        def first() -> str | None:
            if not self.out and self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}: {self.said()}")
            return self.out[0] if self.out else None

        return until("a line on standard output", first)

    def said(self) -> str:
        return "".join(self.err[-40:])

    def ends(self) -> int:
        """Wait until it ends by itself: its exit code, when all that it said was read."""
        self.process.wait(DEADLINE_S)
        return self.stop()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end: {self.words}: {self.said()}") from None
        for reader in self._readers:
            reader.join(DEADLINE_S)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


class Hub(Process):
    """`muster up` (hub and local agent) or `muster hub` (alone), ready."""

    def __init__(
        self,
        data: Path,
        base: int,
        *more: str,
        command: str = "up",
        env: dict[str, str] | None = None,
    ):
        words = (command, "--data", str(data), "--port-base", str(base), "--json", *more)
        super().__init__(*words, env=env)
        self.data = data
        try:
            self.ready: dict[str, Any] = json.loads(self.line())
        except BaseException:  # nobody has it yet who could end it, and it would stay
            self.stop(signal.SIGKILL)
            raise

    def muster(self, *words: str, ok: bool = True, stdin: str | None = None) -> Any:
        """Run a command against this hub; its JSON, or its text without `--json`."""
        return run("--data", str(self.data), *words, ok=ok, stdin=stdin)

    def node(self, name: str) -> dict[str, Any] | None:
        nodes = self.muster("node", "list", "--json")
        return next((node for node in nodes if name in (node["name"], node["id"])), None)

    def live(self, name: str) -> dict[str, Any]:
        """Wait until a node is live."""

        def ask() -> dict[str, Any] | None:
            node = self.node(name)
            return node if node and node["state"] == "live" else None

        return until(f"{name} is live", ask)


class Agent(Process):
    """`muster agent run` on a claimed folder."""

    def __init__(self, data: Path, env: dict[str, str] | None = None, before: tuple[str, ...] = ()):
        super().__init__("agent", "run", "--data", str(data), env=env, before=before)
        self.data = data

    def status(self) -> dict[str, Any] | None:
        """What it says of itself; None while it does not answer."""
        done = run("agent", "status", "--data", str(self.data), "--json", ok=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def told(self) -> dict[str, Any]:
        """The same, once it answers: it may be busy, or on its way from one identity to another."""
        return until("the agent answers", self.status)


def claim(data: Path, token: str) -> Any:
    """Claim a folder; the finished process."""
    words = ("agent", "claim", "--token-file", "-", "--data", str(data))
    return run(*words, ok=False, stdin=token)


STARTING = "segments are left; ask again in a moment"  # of a hub that was killed


def patiently(ask: Callable[[], T], said: Callable[[T], str]) -> T:
    """The answer of a hub that has read what its last process left, however long that takes."""

    def once() -> T | None:
        answer = ask()
        return None if STARTING in said(answer) else answer

    return until("the hub has read its journal", once)


def run(*words: str, ok: bool = True, stdin: str | None = None, env: Any = None) -> Any:
    """Run one command to its end. With `ok` it must exit 0 and its output is returned.

    One with an environment of its own is started anew, the others are forked: see commands.py.
    """
    if not ok:
        return _run(words, stdin, env)
    done = patiently(lambda: _run(words, stdin, env), lambda done: done.stderr)
    assert done.returncode == 0, f"{words}: {done.returncode}: {done.stderr}"
    return json.loads(done.stdout) if "--json" in words else done.stdout


def _run(words: tuple[str, ...], stdin: str | None, env: Any) -> Any:
    if env is None:
        done = _COMMANDS.run(words, stdin or "", {**os.environ, **ENVIRONMENT}, DEADLINE_S)
        for tell in ENDED:
            tell([*MUSTER, *words], done.stdout, done.stderr, stdin or "")
        return done
    return subprocess.run(
        [*MUSTER, *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env={**os.environ, **ENVIRONMENT, **env},
        check=False,
    )

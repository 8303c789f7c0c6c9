"""Commands of `muster`, each a process of its own, forked from one that has read their code.

To start an interpreter and read the modules takes a fifth of a second of a processor, and
scenarios run thousands of commands, most of them to ask whether something has come to pass.
Arguments, environment, working folder and standard streams are the command's own, as is all
that it does; what is shared is what importing leaves behind, and that is nothing (STYLE). Hubs,
which read a thousand modules, are forked likewise.

This file is both sides: `Commands` in the process of the tests, and a script, the one forked.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_LARGEST_BYTES = 128 << 10  # of a command with its environment


class Forked:
    """A process that was forked, as subprocess.Popen with pipes would tell of it."""

    def __init__(self, told: socket.socket, out: IO[str], err: IO[str]) -> None:
        self._told = told
        self.stdin, self.stdout, self.stderr = None, out, err
        self.pid = _line(told)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Until it is gone. Errors: subprocess.TimeoutExpired."""
        if self.returncode is None:
            telling = select.poll()
            telling.register(self._told, select.POLLIN)
            if not telling.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = _line(self._told)
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Commands:
    """Runs commands. The process that they are forked from is there from the first until `end`.

    What `modules` name is read in it beside what commands need.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(
        self, words: Sequence[str], stdin: str, env: Mapping[str, str], deadline_s: float
    ) -> subprocess.CompletedProcess[str]:
        """One command to its end. Errors: subprocess.TimeoutExpired."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            with self._forked(words, env, [each.fileno() for each in (given, out, err)]) as told:
                code = _ended(told, words, deadline_s)
            return subprocess.CompletedProcess(words, code, _text(out), _text(err))

    def start(self, words: Sequence[str], env: Mapping[str, str]) -> Forked:
        """One that goes on, without input."""
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        with Path(os.devnull).open() as nothing, os.fdopen(its_out), os.fdopen(its_err):
            told = self._forked(words, env, [nothing.fileno(), its_out, its_err])
        return Forked(told, *(os.fdopen(each, errors="replace") for each in (out, err)))

    def _forked(
        self, words: Sequence[str], env: Mapping[str, str], streams: Sequence[int]
    ) -> socket.socket:
        """Where the process tells its id and, once it is gone, its code."""
        request = json.dumps([words, dict(env), str(Path.cwd())]).encode()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._started(env), [request], [*streams, theirs.fileno()])
        return ours

    def end(self) -> None:
        if self._process is not None:
            self._asking.close()
            self._process.wait()
            self._process = None

    def _started(self, env: Mapping[str, str]) -> socket.socket:
        with self._starting:
            if self._process is None:
                self._asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with asked:
                    self._process = subprocess.Popen(
                        [sys.executable, "-P", __file__, str(asked.fileno()), *self._modules],
                        stdin=subprocess.DEVNULL,
                        pass_fds=[asked.fileno()],
                        env={**env, "OPENBLAS_NUM_THREADS": "1"},  # none beside what forks
                    )
            return self._asking


def _ended(answers: socket.socket, words: Sequence[str], deadline_s: float) -> int:
    """The exit code, once the process is gone: it says its id, the code, and ends."""
    pid = _line(answers)
    answers.settimeout(deadline_s)
    try:
        return _line(answers)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(words, deadline_s) from None


def _line(told: socket.socket) -> int:
    text = b""
    while not text.endswith(b"\n"):
        if not (more := told.recv(1)):
            raise ChildProcessError("nothing is forked any more")
        text += more
    return int(text)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _next(asked: socket.socket) -> list[str]:
    """Returns the words of each command, in its process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here asks how they end
    while True:
        request, streams, _, _ = socket.recv_fds(asked, _LARGEST_BYTES, 4)
        if not request:
            raise SystemExit
        if os.fork() == 0:
            break
        for each in streams:
            os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked.close()
    _watched(socket.socket(fileno=streams.pop()))
    words, env, folder = json.loads(request)
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    return words


def _watched(told: socket.socket) -> None:
    """Returns in a child. Its parent tells how that one ends, whatever program it is by then."""
    if pid := os.fork():
        told.sendall(b"%d\n" % pid)
        told.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os._exit(0)
    told.close()


def _code(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    from muster.agent.joining import claim, credential  # noqa: F401 - read once, for all
    from muster.cli import hub_client  # noqa: F401
    from muster.cli.main import build_parser, main

    build_parser()  # reads the modules of all commands
    for name in sys.argv[2:]:
        importlib.import_module(name)
    gc.freeze()  # memory that no collection touches stays shared
    code = _code(_next(socket.socket(fileno=int(sys.argv[1]))))
    if sys.argv[2:]:  # what these may have left running has its say at the end
        raise SystemExit(code)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)

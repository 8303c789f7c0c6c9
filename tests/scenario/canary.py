"""Looks for secrets of tests with real processes where none may be: what they print and log, the
list of processes, log files, backups.

What is secret is gathered while tests run, not named by them: claim and API tokens wherever one
is seen, private keys and passwords in the folders of tests, passwords of proxies in environments.
At the end every output is searched for each. Commands whose work it is to print a token may
do so on standard output. What unit tests log is searched by the forms of secrets (logcanary.py).
"""

import io
import os
import re
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import processes
import pytest
import zstandard
from secretforms import FORMS, IN_URL, KEY

# Netdata's own form puts a claim token among a command's words, for all to see; ours takes a file.
# The SOCKS server of the tests wipes its password there, yet only once it runs.
_IN_THEIR_WORDS = re.compile(r"-token=\S+|--claim-token \S+|(?<=microsocks ).*")
_MAKES_TOKENS = ("token", "connect", "installer", "invite", "fork", "link")  # words of a command
_LOOKED_INTO = 256 << 10  # of a file, for secrets in it
_EVERY_S = 0.2
_MOST = 50_000  # command lines and outputs that are kept
_ZSTD = b"\x28\xb5\x2f\xfd"


class Found(NamedTuple):
    """A secret where none may be. The secret itself is not told."""

    kind: str
    where: str
    line: int

    def __str__(self) -> str:
        return f"{self.where}, line {self.line}: {self.kind}"


class Canaries:
    """Secrets by text, and outputs by where they came from."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}  # text -> kind
        self._outputs: list[tuple[str, str]] = []
        self._commands: dict[str, None] = {}

    # What is secret

    def plant(self, kind: str, text: str) -> None:
        if len(text) >= 6:  # a shorter one would be found by chance
            self.secrets[text] = kind

    def gather(self, text: str) -> None:
        """Take note of every secret whose form tells it."""
        for kind, form in FORMS.values():
            for secret in form.findall(text):
                self.plant(kind, secret)
        for body in KEY.findall(text):
            self.plant("private key", max(body.split(), key=len, default=""))

    def gather_files(self, folder: Path) -> None:
        """Of everything that tests have left below a folder."""
        for path in _files(folder):
            text = _head(path)
            self.gather(text)
            if path.name == "admin-password":
                self.plant("admin's password", text.strip())
            if path.name == "netdata_random_session_id":
                self.plant("one-time key", text.strip())

    # Where it may not be

    def saw(self, where: str, text: str) -> None:
        if text and len(self._outputs) < _MOST:
            self._outputs.append((where, text))

    def saw_command(self, words: Sequence[str]) -> None:
        """A command line, as every user of the machine can list it."""
        if len(self._commands) < _MOST:
            self._commands[_IN_THEIR_WORDS.sub("-token=", " ".join(words))] = None

    def saw_end(self, words: Sequence[str], out: str, err: str, given: str) -> None:
        """A command that has ended: what it printed and what it was given."""
        command = " ".join(Path(words[0]).name if not place else word
                           for place, word in enumerate(words))[:120]  # fmt: skip
        for text in (out, err, given):
            self.gather(text)
        self.saw_command(words)
        self.saw(f"standard error of {command!r}", err)
        if "muster" in words and not any(word in _MAKES_TOKENS for word in words):
            self.saw(f"standard output of {command!r}", out)

    def saw_files(self, folder: Path) -> None:
        """Log files, and what backups hold; those have the CA's keys by their nature."""
        for path in _files(folder):
            if path.suffix == ".log" and _is_a_netdatas(path):
                continue  # it logs what it is asked, and so the token of a claim by its API
            if path.suffix == ".log":
                self.saw(str(path), path.read_text(errors="replace"))
            elif path.read_bytes()[:4] == _ZSTD:
                for name, text in _unpacked(path):
                    self.saw(f"{path}, {name}", text)

    def found(self) -> list[Found]:
        in_outputs = [
            Found(kind, where, text.count("\n", 0, text.index(secret)) + 1)
            for secret, kind in self.secrets.items()
            for where, text in self._outputs
            if secret in text
        ]
        in_commands = [
            Found(kind, f"list of processes, {command.replace(secret, '***')[:160]!r}", 1)
            for secret, kind in self.secrets.items()
            for command in self._commands
            if secret in command
        ]
        return in_outputs + in_commands


class Sampling(threading.Thread):
    """Looks at the list of processes now and then."""

    def __init__(self, canaries: Canaries) -> None:
        super().__init__(daemon=True)
        self._canaries = canaries
        self._ended = threading.Event()
        self._last: dict[str, bytes] = {}  # process -> words, at the last look

    def run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self.look()

    def look(self) -> None:
        """Most processes say what they said at the last look."""
        before, self._last = self._last, {}
        for process in os.listdir("/proc"):  # noqa: PTH208 - hundreds of names, five times a second
            if process.isdigit() and process != str(os.getpid()):
                self._look_at(process, before.get(process))

    def _look_at(self, process: str, before: bytes | None) -> None:
        try:
            words = _read(f"/proc/{process}/cmdline")
            is_ours = words != before and b"muster" in words.split(b"\0")
            environment = _read(f"/proc/{process}/environ") if is_ours else b""
        except OSError:  # it has ended, or is somebody else's
            return
        self._last[process] = words
        if words == before:
            return
        self._canaries.saw_command(words.decode(errors="replace").split("\0"))
        for secret in IN_URL.findall(environment.decode(errors="replace")):
            self._canaries.plant("password of a proxy", secret)

    def end(self) -> None:
        self._ended.set()
        self.join()


def listening(canaries: Canaries) -> Callable[..., Any]:
    """`Popen.communicate` that tells what passed through it; every `subprocess.run` uses it."""
    real = subprocess.Popen.communicate

    def communicate(self: Any, input: Any = None, timeout: Any = None) -> Any:
        out, err = real(self, input, timeout)
        words = [self.args] if isinstance(self.args, str | bytes) else self.args
        canaries.saw_end([_text(os.fspath(word)) for word in words], *map(_text, (out, err, input)))
        return out, err

    return communicate


def take_processes(canaries: Canaries) -> None:
    """What the long-running ones have said."""
    for each in processes.STARTED:
        name = " ".join(each.words)[:120]
        canaries.saw_command([*processes.MUSTER, *each.words])
        canaries.saw(f"standard error of {name!r}", "".join(each.err))
        canaries.saw(f"standard output of {name!r}", "".join(each.out))


@pytest.fixture(scope="session", autouse=True)
def no_secret_gets_out(tmp_path_factory):
    """Fails at the end of all tests of a folder when a secret of theirs stands where it may not."""
    canaries = Canaries()
    sampling = Sampling(canaries)
    sampling.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "communicate", listening(canaries))
        patch.setattr(processes, "ENDED", [canaries.saw_end])
        yield canaries
    sampling.end()
    processes.end_all()
    take_processes(canaries)
    canaries.gather_files(tmp_path_factory.getbasetemp())
    canaries.saw_files(tmp_path_factory.getbasetemp())
    found = canaries.found()
    assert not found, "secrets that got out:\n" + "\n".join(map(str, found))


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - hundreds of times a second
        return file.readall()


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
            yield path


def _is_a_netdatas(log: Path) -> bool:
    """Whether a log is a real agent's of Netdata (netdatareal.py), which is not ours to mend."""
    return (log.parent.parent / "etc" / "netdata.conf").exists()


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LOOKED_INTO).decode(errors="replace")


# By their nature: a backup is the hub, and is kept as its CA's keys are.
_IN_BACKUPS = ("ca/", "admin-password")


def _unpacked(path: Path) -> Iterator[tuple[str, str]]:
    """What a backup holds beside the hub's own keys, as text; nothing when it is none."""
    try:
        unpacker = zstandard.ZstdDecompressor()
        data = unpacker.stream_reader(path.read_bytes(), read_across_frames=True).read()
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                body = tar.extractfile(member)
                if body is not None and not member.name.startswith(_IN_BACKUPS):
                    yield member.name, body.read().decode("latin-1")
    except (zstandard.ZstdError, tarfile.TarError):
        return

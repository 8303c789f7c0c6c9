"""Whether containers can run here: what the kernel, libseccomp and Docker must be.

An image of today calls the kernel in ways that an old libseccomp or Docker does not know and
refuses; the container then fails with "operation not permitted". What is too old is a fault
only where Docker is installed.

Source: seccomp(2); https://docs.docker.com/engine/security/seccomp/
"""

import ctypes
import gzip
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from muster.model.finding import Finding

LEAST_LIBSECCOMP = (2, 3, 3)
LEAST_DOCKER = (18, 4)
_MAX_CONFIG = 4 << 20  # bytes, unpacked
_WAIT_S = 10.0
_VALUE = re.compile(r"^CONFIG_SECCOMP=(\S+)$", re.MULTILINE)
_INSTEAD = "upgrade it, or install the agent on the machine itself: muster connect"

Version = tuple[int, ...]


def examine(
    root: Path = Path("/"),
    *,
    docker: Callable[[], str] | None = None,
    libseccomp: Callable[[], Version | None] | None = None,
) -> Iterator[Finding]:
    """Kernel, library and Docker of a machine."""
    told = (docker or docker_says)()
    yield kernel(root, has_docker=bool(told))
    yield library((libseccomp or library_version)(), has_docker=bool(told))
    yield engine(told)


def kernel(root: Path, *, has_docker: bool) -> Finding:
    """CONFIG_SECCOMP of the kernel that runs."""
    step = "seccomp"
    for path in (root / "boot" / f"config-{os.uname().release}", root / "proc/config.gz"):
        text = _config(path)
        if text is None:
            continue
        found = _VALUE.search(text)
        if found:
            return Finding(step=step, ok=True, text=f"CONFIG_SECCOMP={found[1]} ({path})")
        return Finding(
            step=step,
            ok=False if has_docker else None,
            text=f"CONFIG_SECCOMP is not set ({path})",
            remedy=f"run a kernel that has it, or the agent on the machine itself; {_LOOSE}",
        )
    with suppress(OSError):
        status = (root / "proc/self/status").read_text(encoding="utf-8", errors="replace")
        if "\nSeccomp:" in status:
            text = "CONFIG_SECCOMP=y, as /proc/self/status tells; no file shows the configuration"
            return Finding(step=step, ok=True, text=text)
    text = "CONFIG_SECCOMP is not known: neither /boot/config-… nor /proc/config.gz is here"
    return Finding(step=step, ok=None, text=text)


_LOOSE = "or loosen it: docker run --security-opt seccomp=unconfined"


def library(version: Version | None, *, has_docker: bool) -> Finding:
    """The libseccomp that Docker fills its filter with."""
    if version is None:
        return Finding(step="libseccomp", ok=None, text="libseccomp is not installed")
    text = f"libseccomp {_shown(version)}"
    if version >= LEAST_LIBSECCOMP:
        return Finding(step="libseccomp", ok=True, text=text)
    text += f" is too old for containers: {_shown(LEAST_LIBSECCOMP)} is the least"
    ok = False if has_docker else None
    return Finding(step="libseccomp", ok=ok, text=text, remedy=f"{_INSTEAD}; {_LOOSE}")


def engine(told: str) -> Finding:
    """Docker, by what `docker --version` says."""
    found = re.search(r"\b(\d+)\.(\d+)\.(\d+)", told)
    if not found:
        text = f"docker says no version: {told[:80]!r}" if told else "docker is not installed"
        return Finding(step="docker", ok=None, text=text)
    text = f"Docker {found[0]}"
    if tuple(map(int, found.groups())) >= LEAST_DOCKER:
        return Finding(step="docker", ok=True, text=text)
    text += " is too old for containers: 18.04 is the least"
    return Finding(step="docker", ok=False, text=text, remedy=f"{_INSTEAD}; {_LOOSE}")


def docker_says() -> str:
    """The line of `docker --version`; empty when there is none."""
    program = shutil.which("docker")
    if program is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(  # noqa: S603 - constant words
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WAIT_S,
            check=False,
        )
        return done.stdout.strip()[:200]
    return ""


class _Said(ctypes.Structure):
    """struct scmp_version. Source: seccomp_version(3)."""

    _fields_ = (("major", ctypes.c_uint), ("minor", ctypes.c_uint), ("micro", ctypes.c_uint))


def library_version() -> Version | None:
    """Of the library in this process's reach; before 2.3.0 it does not tell: then (2, 2)."""
    try:
        loaded = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    try:
        ask = loaded.seccomp_version
    except AttributeError:
        return (2, 2)
    ask.restype = ctypes.POINTER(_Said)
    said = ask().contents
    return (said.major, said.minor, said.micro)


def _config(path: Path) -> str | None:
    """A kernel's configuration; None when it is not to be had there."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as packed:
                return packed.read(_MAX_CONFIG).decode("utf-8", "replace")
        with path.open("rb") as plain:
            return plain.read(_MAX_CONFIG).decode("utf-8", "replace")
    except (OSError, EOFError):
        return None


def _shown(version: Version) -> str:
    return ".".join(map(str, version))

"""A self-contained build of the agent: this hub's own Python, packed with all the agent needs.

For machines without Python 3.11. It runs where the C library is at least as new as the one
the packed code asks for, which the manifest tells; a hub that runs on a portable Python
build hands on a portable one.

Shapes: a .tar.gz with `python/` (interpreter, standard library, shared libraries beside
        the C library's own), `site/` (wheels, unpacked) and `bin/python`, which runs it.
"""

import gzip
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from muster.hub.kits.wheels import glibc_need

_LDD_S = 20
# What every machine has of its own; mixing two C libraries in one process does not work.
_SYSTEM = re.compile(r"(linux-vdso|ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|nsl))[-.].*")
_LEFT_OUT = {
    "__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter",
    "turtledemo", "ensurepip", "lib2to3", "pydoc_data", "distutils",
}  # fmt: skip
_LAUNCHER = """#!/bin/sh
# The Python that lies beside this, with the agent's packages and no others.
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
export PYTHONHOME="$root/python" PYTHONPATH="$root/site" PYTHONNOUSERSITE=1
export LD_LIBRARY_PATH="$root/python/lib"
exec "$root/python/bin/python3" "$@"
"""


def build(target: Path, wheels: Sequence[Path]) -> str:
    """Write the archive; the least glibc it needs. Blocks for seconds. Errors: OSError."""
    seen: list[bytes] = []
    with (
        target.open("wb") as raw,
        _packing(raw) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, body, mode in _contents(wheels):
            if body[:4] == b"\x7fELF":
                seen.append(glibc_need([body]).encode())
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(body), mode
            archive.addfile(entry, io.BytesIO(body))
    return max((each.decode() for each in seen), key=_order, default="0")


def _packing(raw: BinaryIO) -> gzip.GzipFile:
    """Without time and name in its head: the same content is the same file.

    Somebody waits for it, so speed counts more than the last tenth of its size.
    """
    try:
        from isal import igzip  # a twelfth of the processor time of zlib's level 6
    except ImportError:
        return gzip.GzipFile("", "wb", 1, raw, mtime=0)
    return igzip.IGzipFile("", "wb", 3, raw, mtime=0)  # type: ignore[no-untyped-call]


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _contents(wheels: Sequence[Path]) -> Iterator[tuple[str, bytes, int]]:
    yield "bin/python", _LAUNCHER.encode(), 0o755
    interpreter = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    yield "python/bin/python3", interpreter.read_bytes(), 0o755
    library = Path(sysconfig.get_path("stdlib"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    modules = list(_library(library))
    for path in modules:
        mode = 0o755 if path.suffix == ".so" else 0o644
        yield f"python/lib/{version}/{path.relative_to(library)}", path.read_bytes(), mode
    compiled = [interpreter, *(path for path in modules if path.suffix == ".so")]
    for name, path in sorted(_shared(compiled).items()):
        yield f"python/lib/{name}", path.read_bytes(), 0o755
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                mode = 0o755 if name.endswith(".so") else 0o644
                yield f"site/{name}", archive.read(name), mode


def _library(library: Path) -> Iterator[Path]:
    """The modules that are taken along; what is left out is not even walked through."""
    for folder, inside, names in os.walk(library):
        inside[:] = sorted(set(inside) - _LEFT_OUT)
        inside[:] = [each for each in inside if not each.startswith("config-")]
        for name in sorted(names):
            if name.endswith((".py", ".so")) and not name.startswith(("_test", "xxlimited")):
                yield Path(folder, name)


def _shared(compiled: Iterable[Path]) -> dict[str, Path]:
    """Shared libraries by name that are not the C library's own."""
    done = subprocess.run(  # noqa: S603 - ldd over files of our own interpreter
        ["/usr/bin/ldd", *map(str, compiled)],
        capture_output=True,
        text=True,
        timeout=_LDD_S,
        check=False,
    )
    found = re.findall(r"^\s+(\S+) => (/\S+) \(", done.stdout, re.MULTILINE)
    return {name: Path(path) for name, path in found if not _SYSTEM.fullmatch(name)}

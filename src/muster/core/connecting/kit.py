"""What the hub hands to machines that are to join: a script and the files it fetches.

The script holds the digest of every file, and the command that fetches it holds the digest
of the script: so all that a new machine runs is bound to what this hub showed an admin.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

SCRIPT = "kickstart.sh"


class KitFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file that is served. `kind`: script, wheel, standalone, docker, chart or role."""

    name: str
    kind: str
    size: int
    sha256: str


class KitBuild(msgspec.Struct, frozen=True, kw_only=True):
    """What runs on one kind of machine: Python "3.11" ("any": it brings its own), its files."""

    python: str
    machine: str  # x86_64
    libc: str  # glibc or musl
    libc_least: str  # "2.17"; "0": any
    files: tuple[str, ...]


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `texts` are the small files beside it, by their place in the package."""

    version: str
    script: str
    files: tuple[KitFile, ...]
    builds: tuple[KitBuild, ...]
    missing: tuple[str, ...] = ()  # what could not be made here, in words
    texts: Mapping[str, str] = {}

    def file(self, kind: str) -> KitFile | None:
        """The one file of a kind that there is at most one of."""
        return next((file for file in self.files if file.kind == kind), None)

    @property
    def script_sha256(self) -> str:
        """What commands carry."""
        script = self.file("script")
        return script.sha256 if script else ""


class KitSource(Protocol):
    """Makes the kit when it is first asked for."""

    async def kit(self) -> Kit:
        """The kit, whole. Errors: Unavailable when nothing can be handed on."""
        ...

    async def texts(self) -> Kit:
        """A kit of the small texts alone, at once: for machines that fetch no file from here."""
        ...

    def path(self, name: str) -> Path:
        """Where a file of the kit lies. Errors: NotFound."""
        ...

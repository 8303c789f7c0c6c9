"""A backup as one file: tar in zstd, with a manifest of every file's SHA-256 at its end.

The tar is in several zstd frames, one after the other: what this process is not to read, another
one packs into a frame of its own (`pack_frame`).
Written beside its target and moved there when it is whole (0600). Read in one pass: what
leaves an allowed place, is no plain file, or does not match the manifest is refused.

Source: docs/formats/backup.md
"""

import contextlib
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import msgspec
import zstandard

from muster.errors import Conflict, InputError, Unavailable
from muster.files import sync

FORMAT = 2
_READ = (1, FORMAT)  # 1: all in one frame
MANIFEST = "manifest.json"
PLACES = frozenset(
    {
        "ca",
        "journal",
        "series",
        "records.sqlite",
        "catalogue.sqlite",
        "hub.toml",
        "admin-password",
        "dashboards",
    }
)

_LEVEL = 3
_MAX_FILES = 2_000_000
_MAX_MANIFEST_BYTES = 512 << 20
_CHUNK = 1 << 20
_PART = re.compile(r"[A-Za-z0-9_.-]{1,200}")


class BackupDamaged(InputError):
    """A backup that is not whole or not one of ours."""

    code = "backup_damaged"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One file of a backup."""

    path: str
    bytes: int
    sha256: str


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that was packed: the files in it, and how long it is as tar."""

    files: tuple[Entry, ...]
    tar_bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `rows` are the engine's, per table."""

    format: int
    hub: str
    version: str
    time_ns: int
    rows: dict[str, int]
    files: tuple[Entry, ...] = ()

    @property
    def total_bytes(self) -> int:
        return sum(entry.bytes for entry in self.files)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds, in a few numbers."""

    hub: str
    version: str
    time_ns: int
    rows: int
    files: int
    contents: dict[str, int]  # place -> bytes

    @classmethod
    def of(cls, manifest: Manifest) -> "Summary":
        contents: dict[str, int] = {}
        for entry in manifest.files:
            place = entry.path.partition("/")[0]
            contents[place] = contents.get(place, 0) + entry.bytes
        return cls(
            hub=manifest.hub,
            version=manifest.version,
            time_ns=manifest.time_ns,
            rows=sum(manifest.rows.values()),
            files=len(manifest.files),
            contents=contents,
        )


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Hashing:
    """Passes bytes on and knows their hash."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.hash = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        self.bytes += len(data)
        return data


class _Frame:
    """One frame of zstd, written to as tarfile writes; knows how long the tar is by now."""

    def __init__(self, target: IO[bytes], begins: int, *, threads: int) -> None:
        packer = zstandard.ZstdCompressor(level=_LEVEL, threads=threads)
        self._packed = packer.stream_writer(target, closefd=False)
        self._bytes = begins

    def write(self, data: bytes) -> int:
        self._packed.write(data)
        self._bytes += len(data)
        return len(data)

    def tell(self) -> int:
        return self._bytes

    def end(self) -> None:
        self._packed.close()  # type: ignore[no-untyped-call] # zstandard's stubs lack it


class _Members:
    """Adds files to a tar and keeps their entries."""

    def __init__(self, frame: _Frame) -> None:
        # Only write() and tell() are called.
        self._tar = tarfile.TarFile(fileobj=frame, mode="w", format=tarfile.PAX_FORMAT)  # type: ignore[arg-type]
        self.entries: list[Entry] = []

    def add_file(self, name: str, source: Path) -> None:
        try:
            with source.open("rb") as file:
                self.add(name, file, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise _refused(source, error) from error

    def add(self, name: str, source: Readable, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        hashing = _Hashing(source)
        self._tar.addfile(info, hashing)
        self.entries.append(Entry(name, size, hashing.hash.hexdigest()))

    def end(self) -> None:
        """What ends a tar as a whole."""
        self._tar.close()


def pack_frame(target: IO[bytes], files: Mapping[str, Path]) -> Packed:
    """Write one frame with these files, by their names in the archive; without threads.

    Errors: Unavailable when one cannot be read or written.
    """
    frame = _Frame(target, 0, threads=0)
    members = _Members(frame)
    for name, path in files.items():
        members.add_file(name, path)
    try:
        frame.end()
        target.flush()
    except OSError as error:
        raise Unavailable(f"the archive cannot be written: {error.strerror}") from error
    return Packed(files=tuple(members.entries), tar_bytes=frame.tell())


class ArchiveWriter:
    """Makes one archive.

    Errors: Conflict when the target is there, InputError when its folder is not, Unavailable.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._beside = target.with_name(f".{target.name}.part")
        self._entries: list[Entry] = []
        self._whole = contextlib.ExitStack()

    def __enter__(self) -> "ArchiveWriter":
        try:
            if self._target.exists():
                raise Conflict(f"{str(self._target)!r} exists already; choose another name")
            self._beside.unlink(missing_ok=True)  # of a run that was killed
            # Never into what somebody else has put there: the CA's keys are in it.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            fd = os.open(self._beside, flags, 0o600)
            self._file = self._whole.enter_context(os.fdopen(fd, "wb"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(f"there is no folder {str(self._target.parent)!r}") from error
        except OSError as error:
            raise _refused(self._target, error) from error
        self._begin_frame(0)
        return self

    def _begin_frame(self, begins: int) -> None:
        self._frame = _Frame(self._file, begins, threads=1)
        self._members = _Members(self._frame)

    def add(self, name: str, source: Path) -> None:
        """Add a file as long as it is now; what is appended meanwhile is left out.

        Errors: Unavailable when it cannot be read or written.
        """
        self._members.add_file(name, source)

    def add_frame(self, pack: Callable[[int], Packed]) -> Packed:
        """Let something else write a frame at the end of the file, by its descriptor.

        Errors: as of `pack`; Unavailable.
        """
        try:
            self._frame.end()
            self._file.flush()
        except OSError as error:
            raise _refused(self._beside, error) from error
        packed = pack(self._file.fileno())
        self._entries += [*self._members.entries, *packed.files]
        self._begin_frame(self._frame.tell() + packed.tar_bytes)
        return packed

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, sync, move into place. Errors: Conflict, Unavailable."""
        entries = (*self._entries, *self._members.entries)
        data = msgspec.json.encode(msgspec.structs.replace(manifest, files=entries))
        try:
            self._members.add(MANIFEST, io.BytesIO(data), len(data))
            self._members.end()
            self._frame.end()
            self._file.flush()
            os.fsync(self._file.fileno())
            os.link(self._beside, self._target)  # unlike a rename it replaces nothing
            self._beside.unlink()
            sync(self._target.parent)
        except FileExistsError as error:
            raise Conflict(f"{str(self._target)!r} exists already") from error
        except OSError as error:
            raise _refused(self._target, error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._whole.close()
        self._beside.unlink(missing_ok=True)


Take = Callable[[str, Readable, int], None]


def read_archive(file: Path, take: Take) -> Manifest:
    """Hand every file to `take` (name, its bytes, their number) and check all of it.

    Errors: BackupDamaged; what `take` was given before must then be thrown away.
    """
    found: list[Entry] = []
    manifest: Manifest | None = None
    try:
        with (
            file.open("rb") as packed,
            _unpacked(packed) as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            for member in tar:
                if manifest is not None or len(found) >= _MAX_FILES:
                    raise BackupDamaged(f"{str(file)!r}: {member.name[:80]!r} is one file too many")
                body = _body(tar, member)
                if member.name == MANIFEST:
                    manifest = _parse(body, member.size)
                else:
                    found.append(_take(member, body, take))
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise BackupDamaged(f"{str(file)!r} is no backup or is damaged: {error}") from error
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read: {error.strerror or error}") from error
    if manifest is None:
        raise BackupDamaged(f"{str(file)!r} is cut off: its manifest is missing")
    _compare(file, manifest, found)
    return manifest


def sha256_of(file: Path) -> str:
    """Of a whole file. Errors: InputError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read: {error.strerror or error}") from error


def _unpacked(packed: IO[bytes]) -> zstandard.ZstdDecompressionReader:
    unpacker = zstandard.ZstdDecompressor()
    return unpacker.stream_reader(packed, read_size=_CHUNK, read_across_frames=True)


def _body(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Readable:
    body = tar.extractfile(member) if member.isreg() else None
    if body is None or not (is_safe(member.name) or member.name == MANIFEST):
        raise BackupDamaged(f"{member.name[:80]!r} has no place in a backup")
    return body


def is_safe(name: str) -> bool:
    """Whether a name stays within the places of a backup."""
    parts = name.split("/")
    plain = all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)
    return plain and parts[0] in PLACES and len(parts) <= 5


def _take(member: tarfile.TarInfo, body: Readable, take: Take) -> Entry:
    hashing = _Hashing(body)
    take(member.name, hashing, member.size)
    while hashing.read(_CHUNK):
        pass
    if hashing.bytes != member.size:
        raise BackupDamaged(f"{member.name!r} is cut off")
    return Entry(member.name, member.size, hashing.hash.hexdigest())


def _parse(body: Readable, size: int) -> Manifest:
    if size > _MAX_MANIFEST_BYTES:
        raise BackupDamaged("the manifest is too long")
    try:
        manifest = msgspec.json.decode(body.read(), type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupDamaged(f"the manifest cannot be read: {error}") from error
    if manifest.format not in _READ:
        raise BackupDamaged(
            f"format {manifest.format} of this backup is not known here; update Muster"
        )
    return manifest


def _compare(file: Path, manifest: Manifest, found: list[Entry]) -> None:
    for wanted, entry in zip(manifest.files, found, strict=False):
        if wanted != entry:
            raise BackupDamaged(f"{str(file)!r}: {entry.path!r} is not what the manifest says")
    if len(manifest.files) != len(found):
        raise BackupDamaged(f"{str(file)!r}: {len(found)} files of {len(manifest.files)}")


def _refused(path: Path, error: OSError) -> Unavailable:
    return Unavailable(f"{str(path)!r}: {error.strerror or error}")

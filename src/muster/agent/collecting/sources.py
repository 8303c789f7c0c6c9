"""Reads what collectors declare: files, patterns of files, usage of mounts, commands.

Files of /proc and /sys stay open and are read again from their start with pread, which is
half the cost of opening them anew. A file that is not there, or cannot be read, is absent
from the sample with its reason; it is tried again at the next reading.

A Reader belongs to one thread. `root` is put before every path, for a machine whose /proc is
mounted elsewhere.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from muster.agent.collecting.commands import find_program, run
from muster.agent.collecting.lanes import Lane, ThreadLane
from muster.clock import SECOND_NS, Clock
from muster.collectors.api import Command, File, Glob, Mount, Sample, Service, Source, Usage
from muster.errors import MusterError

MAX_TEXT_BYTES = 32 << 20  # of one file: a table of 200,000 connections
MAX_REMOTE_LANES = 32  # network file systems asked at the same time
LOOK_AGAIN_S = 10  # for files that match a pattern
_FIRST_READ_BYTES = 4096
_PIECE_BYTES = 64 << 10  # of a table that is digested


Digest = Callable[[bytes], bytes]


class _OpenFile:
    """A file kept open. Reads whole, in few calls."""

    __slots__ = ("_descriptor", "_digest", "_path", "_size")

    def __init__(self, path: str, digest: Digest | None = None) -> None:
        self._path = path
        self._digest = digest
        self._descriptor = -1
        self._size = _FIRST_READ_BYTES

    def read(self) -> bytes:
        """Errors: OSError; the file is then closed and opened again next time."""
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            if self._digest is not None:
                return b"".join(map(self._digest, self._pieces()))
            text = os.pread(self._descriptor, self._size, 0)
            # The kernel may hand out one page at a time: only an empty read is the end.
            return self._rest(text) if text else text
        except OSError:
            self.close()
            raise

    def _pieces(self) -> Iterator[bytes]:
        """The file in pieces of whole lines; the last one as it is. None is kept."""
        waiting, offset = bytearray(), 0
        while part := os.pread(self._descriptor, _PIECE_BYTES, offset):
            offset += len(part)
            if offset > MAX_TEXT_BYTES:
                raise OSError(0, f"longer than {MAX_TEXT_BYTES} bytes")
            waiting += part
            end = waiting.rfind(b"\n") + 1
            if len(waiting) >= _PIECE_BYTES and end:
                yield bytes(waiting[:end])
                del waiting[:end]
        if waiting or not offset:
            yield bytes(waiting)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _rest(self, first: bytes) -> bytes:
        parts, length = [first], len(first)
        while part := os.pread(self._descriptor, self._size, length):
            parts.append(part)
            length += len(part)
            if length > MAX_TEXT_BYTES:
                raise OSError(0, f"longer than {MAX_TEXT_BYTES} bytes")
        if length + 512 > self._size:
            self._size = min(2 * length, 1 << 20)
        return first if len(parts) == 1 else b"".join(parts)


class Reader:
    """Reads sources into Samples."""

    def __init__(
        self,
        *,
        clock: Clock,
        root: Path = Path("/"),
        lanes: Callable[[str], Lane[bytes]] = ThreadLane,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """`addresses` are those of services, in place of their own."""
        self._clock = clock
        self._addresses = addresses or {}
        self._root = str(root).rstrip("/")
        self._lanes = lanes
        self._files: dict[str, _OpenFile] = {}
        self._matches: dict[str, tuple[int, list[str]]] = {}  # pattern -> when, paths
        self._texts: dict[str, tuple[int, bytes | None]] = {}  # of files read seldom
        self._groups: dict[str, tuple[int, dict[str, bytes]]] = {}  # of patterns read seldom
        self._mounts: dict[str, Lane[bytes]] = {}

    def read(self, sources: Iterable[Source], time_ns: int) -> Sample:
        """Read everything. What fails is absent from the sample, with its reason in `faults`."""
        texts: dict[str, bytes] = {}
        groups: dict[str, Mapping[str, bytes]] = {}
        faults: dict[str, str] = {}
        clock_s = self._clock.monotonic()
        for source in sources:
            match source:
                case File():
                    self._read_file(source, time_ns, texts, faults)
                case Glob():
                    groups[source.pattern] = self._read_pattern(source, time_ns)
                case Usage():
                    groups["usage"] = self._read_usage(source, texts, faults)
                case Command():
                    output = self._run(source)
                    if output is not None:
                        texts[source.name] = output
                case Service():
                    self._ask_service(source, groups, faults)
        return Sample(time_ns=time_ns, clock_s=clock_s, texts=texts, groups=groups, faults=faults)

    def close(self) -> None:
        """Close all files and leave the lanes."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        for lane in self._mounts.values():
            lane.close()
        self._mounts.clear()

    def _read_file(
        self, source: File, time_ns: int, texts: dict[str, bytes], faults: dict[str, str]
    ) -> None:
        path = source.path
        if source.every_s:
            when, kept = self._texts.get(path, (0, None))
            if _is_fresh(when, time_ns, source.every_s):
                if kept is not None:
                    texts[path] = kept
                return
        try:
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = _OpenFile(self._root + path, source.digest)
            texts[path] = file.read()
        except OSError as error:
            faults[path] = error.strerror or str(error)
        if source.every_s:
            self._texts[path] = (time_ns, texts.get(path))

    def _read_pattern(self, source: Glob, time_ns: int) -> dict[str, bytes]:
        if source.every_s:
            when, kept = self._groups.get(source.pattern, (0, {}))
            if _is_fresh(when, time_ns, source.every_s):
                return kept
        group = (
            self._read_kept(self._awake(source, self._look_up(source, time_ns)), source.digest)
            if source.kept and not source.every_s
            else self._read_once(expand(self._root, source.pattern, source.limit), source.digest)
        )
        if source.every_s:
            self._groups[source.pattern] = (time_ns, group)
        return group

    def _awake(self, source: Glob, paths: list[str]) -> list[str]:
        """Without those of devices that sleep."""
        if not source.asleep:
            return paths
        return [path for path in paths if not _sleeps(self._root, source.asleep, path)]

    def _look_up(self, source: Glob, time_ns: int) -> list[str]:
        when, paths = self._matches.get(source.pattern, (0, []))
        if not _is_fresh(when, time_ns, LOOK_AGAIN_S):
            found = expand(self._root, source.pattern, source.limit)
            for gone in set(paths) - set(found):
                if (file := self._files.pop(gone, None)) is not None:
                    file.close()
            paths = found
            self._matches[source.pattern] = (time_ns, paths)
        return paths

    def _read_kept(self, paths: list[str], digest: Digest) -> dict[str, bytes]:
        group = {}
        for path in paths:
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = _OpenFile(self._root + path)
            try:
                group[path] = digest(file.read())
            except OSError:
                continue  # a sensor asleep, a link that is down: no value now
        return group

    def _read_once(self, paths: list[str], digest: Digest) -> dict[str, bytes]:
        group = {}
        for path in paths:
            try:
                descriptor = os.open(self._root + path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue  # it ended while we looked
            try:
                group[path] = digest(os.read(descriptor, _FIRST_READ_BYTES))
            except OSError:
                continue
            finally:
                os.close(descriptor)
        return group

    def _read_usage(
        self, source: Usage, texts: dict[str, bytes], faults: dict[str, str]
    ) -> dict[str, bytes]:
        """Local file systems here, remote ones each in a lane, all together for `timeout_s`."""
        table = texts.get(source.table)
        if table is None:
            return {}
        group: dict[str, bytes] = {}
        asked: list[Mount] = []
        mounts = list(source.choose(table))[: source.limit]
        self._leave_lanes_but({mount.path for mount in mounts})
        for mount in mounts:
            if not mount.remote:
                try:
                    group[mount.path] = _usage_of(self._root + mount.path)
                except OSError as error:
                    faults[mount.path] = error.strerror or str(error)
            elif self._ask(mount.path):
                asked.append(mount)
            else:
                faults[mount.path] = "does not answer"
        deadline = self._clock.monotonic() + source.timeout_s
        for mount in asked:
            left = max(deadline - self._clock.monotonic(), 0.001)
            outcome = self._mounts[mount.path].take(left)
            if outcome is None:
                faults[mount.path] = f"did not answer within {source.timeout_s} s"
            elif outcome.value is not None:
                group[mount.path] = outcome.value
            else:
                faults[mount.path] = str(outcome.error)
        return group

    def _leave_lanes_but(self, paths: set[str]) -> None:
        """Close the lanes of mounts that are gone; one that hangs still holds its place."""
        for path in self._mounts.keys() - paths:
            lane = self._mounts[path]
            lane.take()
            if not lane.busy:
                lane.close()
                del self._mounts[path]

    def _ask(self, path: str) -> bool:
        """Start statvfs in the mount's lane; False while an earlier one has not come back."""
        lane = self._mounts.get(path)
        if lane is None:
            if len(self._mounts) >= MAX_REMOTE_LANES:
                return False
            lane = self._mounts[path] = self._lanes(f"statvfs {path}")
        lane.take()  # an answer that came too late is of another time
        return lane.start(lambda: _usage_of(self._root + path))

    def _ask_service(
        self, source: Service, groups: dict[str, Mapping[str, bytes]], faults: dict[str, str]
    ) -> None:
        from muster.agent.collecting.services import address_of, converse  # most machines have none

        address = address_of(source, self._root, self._addresses.get(source.name, ""))
        if not address:
            return
        try:
            groups[source.name] = converse(source, address, self._clock)
        except MusterError as error:
            faults[source.name] = str(error).removeprefix(f"{source.name}: ")

    def _run(self, source: Command) -> bytes | None:
        if source.needs and not Path(self._root + source.needs).exists():
            return None
        program = find_program(source.argv[0])
        if program is None:
            return None
        return run((program, *source.argv[1:]), source.timeout_s, self._clock)


def is_here(needs: Iterable[str], root: str = "") -> bool:
    """Whether a machine has one of the paths that a collector needs; without needs always."""
    paths = tuple(needs)
    return not paths or any(os.access(root + path, os.F_OK) for path in paths)


def expand(root: str, pattern: str, limit: int) -> list[str]:
    """Paths that match, without `root`, each folder's names sorted; at most `limit`."""
    paths = [""]
    for part in pattern.strip("/").split("/"):
        if "*" not in part and "[" not in part:
            paths = [f"{path}/{part}" for path in paths]
            continue
        found: list[str] = []
        for path in paths:
            try:
                names = os.listdir(root + path)  # noqa: PTH208 - Path objects cost ten times more
            except OSError:
                continue
            found += [f"{path}/{name}" for name in sorted(names) if fnmatchcase(name, part)]
            if len(found) >= limit:
                break
        paths = found[:limit]
    return paths


def _sleeps(root: str, pattern: str, path: str) -> bool:
    """Whether the device that a file is of sleeps; one that does not say is awake."""
    parts, own = pattern.split("/"), path.split("/")
    named = [own[at] if "[" in part or "*" in part else part for at, part in enumerate(parts)]
    try:
        descriptor = os.open(root + "/".join(named), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.read(descriptor, 64).startswith(b"susp")  # suspended, suspending
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _usage_of(path: str) -> bytes:
    usage = os.statvfs(path)
    return b"%d %d %d %d %d %d" % (
        usage.f_frsize,
        usage.f_blocks,
        usage.f_bfree,
        usage.f_bavail,
        usage.f_files,
        usage.f_ffree,
    )


def _is_fresh(when_ns: int, now_ns: int, every_s: int) -> bool:
    """Whether what was read then still serves; a clock that went back makes it stale."""
    return when_ns > 0 and 0 <= now_ns - when_ns < every_s * SECOND_NS

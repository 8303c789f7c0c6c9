"""Space and inodes of mounted file systems, by statvfs.

Which mounts: those of /proc/self/mountinfo that hold data. A device mounted again elsewhere
(a bind mount, as containers have many) is shown once, at the mount of its root or the first
one; subvolumes of btrfs, which share a device, are each shown. A network file system that
does not answer is left out and holds up nobody.

Source: proc(5), statvfs(3), Telegraf's disk.
Golden: tests/golden/collectors/*/expected/disk.json
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from muster.collectors.api import (
    Collector,
    File,
    Measurement,
    Mount,
    Sample,
    Usage,
    fields,
    parsing,
    percent,
    tag,
)
from muster.model.metric import Kind, Point

MOUNTS = "/proc/self/mountinfo"

# Without data of their own: Telegraf's usual list, then what else has no blocks (autofs would
# be mounted by looking).
IGNORED = frozenset(
    b"tmpfs devtmpfs devfs iso9660 overlay aufs squashfs shm nsfs binfmt_misc sunrpc cgroup debugfs"
    b" mqueue systemd-1 udev sysfs nfsd hugetblfs"
    b" autofs bpf cgroup2 configfs devpts efivarfs erofs fuse.gvfsd-fuse fuse.lxcfs fuse.portal"
    b" fuse.snapfuse fusectl hugetlbfs proc pstore ramfs rootfs rpc_pipefs securityfs selinuxfs"
    b" tracefs".split()
)
REMOTE = frozenset(
    b"9p afs beegfs ceph cifs coda davfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs"
    b" smb3 smbfs virtiofs".split()
)


class _Mounted(NamedTuple):
    device: bytes  # major:minor
    root: bytes
    path: str
    mode: str
    fstype: bytes
    source: str


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `disk` point per file system that answered and has blocks."""
    usage = sample.groups.get("usage", {})
    for mounted in _shown(sample.text(MOUNTS)):
        text = usage.get(mounted.path)
        if text is None:
            continue
        with parsing(mounted.path, text):
            frsize, blocks, bfree, bavail, files, ffree = map(int, text.split())
            used, free = max(blocks - bfree, 0) * frsize, bavail * frsize
            inodes_used = max(files - ffree, 0)
            used_percent = percent(used, used + free)
            inodes_used_percent = percent(inodes_used, files)
        if blocks == 0:
            continue
        yield Point(
            "disk",
            {
                "total": blocks * frsize,
                "free": free,
                "used": used,
                "used_percent": used_percent,
                "inodes_total": files,
                "inodes_free": ffree,
                "inodes_used": inodes_used,
                "inodes_used_percent": inodes_used_percent,
            },
            sample.time_ns,
            {
                "device": mounted.source,
                "fstype": tag(mounted.fstype),
                "mode": mounted.mode,
                "path": mounted.path,
            },
        )


def choose(text: bytes) -> tuple[Mount, ...]:
    """The mounts whose usage `collect` wants."""
    return tuple(Mount(mounted.path, _is_remote(mounted.fstype)) for mounted in _shown(text))


def _is_remote(fstype: bytes) -> bool:
    return fstype in REMOTE or fstype.startswith(b"fuse")


@lru_cache(maxsize=2)  # mounts hardly ever change, and a busy container host has a thousand
def _shown(text: bytes) -> tuple[_Mounted, ...]:
    by_path: dict[str, _Mounted] = {}
    with parsing(MOUNTS, text):
        for line in text.splitlines():
            mounted = _parse(line)
            # What is mounted last on a path hides what was there.
            by_path.pop(mounted.path, None)
            by_path[mounted.path] = mounted
    shown: dict[bytes, _Mounted] = {}
    for mounted in by_path.values():
        if mounted.fstype in IGNORED:
            continue
        key = mounted.device + (mounted.root if mounted.fstype == b"btrfs" else b"")
        known = shown.get(key)
        if known is None or (mounted.root == b"/" and known.root != b"/"):
            shown[key] = mounted
    return tuple(shown.values())


def _parse(line: bytes) -> _Mounted:
    """Read "36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue"."""
    place, separator, kind = line.partition(b" - ")
    _id, _parent, device, root, path, options, *_optional = place.split(b" ")
    fstype, source, super_options = kind.split(b" ")[:3]
    if not separator:
        raise ValueError("no separator")
    # A file system that went read-only after an error says so only in its own options.
    is_writable = b"rw" in options.split(b",") and b"ro" not in super_options.split(b",")
    return _Mounted(
        device=device,
        root=root,
        path=_unescape(path),
        mode="rw" if is_writable else "ro",
        fstype=fstype,
        source=_unescape(source).replace("/dev/", ""),
    )


def _unescape(name: bytes) -> str:
    """Undo the octal escapes of blank, tab, newline and backslash."""
    if b"\\" in name:
        head, *parts = name.split(b"\\")
        name = head + b"".join(bytes((int(part[:3], 8),)) + part[3:] for part in parts)
    return tag(name)


COLLECTOR = Collector(
    name="disk",
    sources=(File(MOUNTS), Usage(MOUNTS, choose)),
    collect=collect,
    measurements=(
        Measurement(
            name="disk",
            tags=("device", "fstype", "mode", "path"),
            fields=(
                *fields(Kind.INTEGER, "bytes", "total free used"),
                *fields(Kind.FLOAT, "percent", "used_percent"),
                *fields(Kind.INTEGER, "count", "inodes_total inodes_free inodes_used"),
                *fields(Kind.FLOAT, "percent", "inodes_used_percent"),
            ),
        ),
    ),
)

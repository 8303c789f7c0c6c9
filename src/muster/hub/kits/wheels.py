"""Wheels out of what is installed here: the hub hands its own agent on, without a network.

An installed distribution lists its files, and its tags say where they fit; that is all a
wheel is made of. Scripts are left out: installers make them from the entry points.

Source: Binary distribution format (PyPA), PEP 425 (tags), PEP 600 (manylinux).
"""

import hashlib
import importlib.metadata
import re
import sys
import sysconfig
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

import msgspec

import muster
from muster.errors import Unavailable
from muster.model.base64url import format_base64url

NAME = "musterd"
_LEFT_OUT = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json")
_SOURCES = (".py", ".sh", ".typed")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same content is the same file
_NEED = re.compile(rb"GLIBC_2\.([0-9]{1,3})\0")
_PLATFORM = re.compile(r"(?P<libc>many|musl)linux_(?P<a>\d+)_(?P<b>\d+)_(?P<machine>\w+)")
_MAC = re.compile(r"macosx_(?P<a>\d+)_(?P<b>\d+)_(?P<machine>\w+)")
_OLD_NAMES = {"manylinux1": "5", "manylinux2010": "12", "manylinux2014": "17"}


class Target(msgspec.Struct, frozen=True, order=True):
    """A kind of machine: Python "3.11", machine "x86_64", C library "glibc", "musl" or "darwin"."""

    python: str
    machine: str
    libc: str


class Wheel(msgspec.Struct, frozen=True):
    """One wheel file, by what its name says."""

    path: Path
    name: str  # normalized: "typing_extensions"
    tags: tuple[tuple[str, str, str], ...]  # Python, ABI, platform

    def fits(self, target: Target) -> str | None:
        """The C library's least version it needs there ("0" for none); None: it does not run."""
        found = [
            least
            for python, abi, platform in self.tags
            if _fits_python(python, abi, target.python)
            if (least := _fits_platform(platform, target)) is not None
        ]
        return min(found, key=version_key, default=None)


def version_key(text: str) -> tuple[int, ...]:
    """Versions of C libraries in order."""
    return tuple(int(part) for part in text.split("."))


def read_wheel(path: Path) -> Wheel | None:
    """A wheel by its file's name; None when it is none."""
    parts = path.name.removesuffix(".whl").split("-")
    if path.suffix != ".whl" or len(parts) not in (5, 6):
        return None
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    tags = ((python, abi, each) for python in pythons for abi in abis for each in platforms)
    return Wheel(path, normalized(parts[0]), tuple(tags))


def normalized(name: str) -> str:
    """A distribution's name as file names have it."""
    return re.sub(r"[-_.]+", "_", name).lower()


def own_target() -> Target:
    """The kind of machine this hub is."""
    platform = sysconfig.get_platform()  # linux-x86_64
    libc = "musl" if "musl" in (sysconfig.get_config_var("SOABI") or "") else "glibc"
    return Target(f"3.{sys.version_info.minor}", platform.rpartition("-")[2], libc)


def needed(root: str = NAME) -> list[Distribution]:
    """The agent's package and all it needs, as installed here. Errors: Unavailable."""
    found: dict[str, Distribution] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if normalized(name) in found:
            continue
        distribution = _distribution(name, required=name == root)
        if distribution is not None:
            found[normalized(name)] = distribution
            waiting += _requirements(distribution)
    return [found[name] for name in sorted(found)]


def _distribution(name: str, *, required: bool) -> Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except PackageNotFoundError as error:
        if required:
            raise Unavailable(
                f"{name} runs from a folder and is not installed, so it cannot be handed on:"
                " start the hub with ./run, or pip install it"
            ) from error
        return None  # a marker left it out here


def _requirements(distribution: Distribution) -> Iterable[str]:
    for line in distribution.requires or ():
        requirement, _, marker = line.partition(";")
        if "extra" not in marker and (match := re.match(r"[A-Za-z0-9._-]+", requirement)):
            yield match[0]


def pack(distribution: Distribution, folder: Path) -> Path:
    """Write the wheel of an installed distribution; its path. Errors: Unavailable, OSError."""
    files = {
        str(file): Path(str(distribution.locate_file(file)))
        for file in distribution.files or ()
        if not str(file).startswith(("..", "/")) and file.suffix != ".pyc"
        if file.name not in _LEFT_OUT and not file.name.startswith("__editable__")
    }
    wheel = distribution.read_text("WHEEL") or ""
    tags = re.findall(r"^Tag: (\S+)", wheel, re.MULTILINE)
    if not files or not tags:
        raise Unavailable(f"{distribution.name} is not installed as a wheel and cannot be packed")
    parts = [sorted(set(each)) for each in zip(*(tag.split("-") for tag in tags), strict=True)]
    suffix = "-".join(".".join(part) for part in parts)
    target = folder / f"{normalized(distribution.name)}-{distribution.version}-{suffix}.whl"
    _write(target, {name: path.read_bytes() for name, path in files.items()}, _info(files))
    return target


def pack_own(folder: Path, *, compiled: bool) -> Path | None:
    """Write our own wheel from the package's folder; None: nothing here is compiled.

    Web pages and sources of compiled twins stay behind: an agent has no use for them.
    """
    package = Path(muster.__file__).parent
    ending = sysconfig.get_config_var("EXT_SUFFIX")
    twins = list(package.rglob(f"*{ending}"))
    if compiled and not twins:
        return None
    paths = [
        path
        for path in sorted(package.rglob("*"))
        if path.suffix in _SOURCES and "static" not in path.parts and "packaging" not in path.parts
    ]
    files = {
        str(path.relative_to(package.parent)): path.read_bytes()
        for path in (*paths, *(twins if compiled else ()))
    }
    python = f"cp3{sys.version_info.minor}"
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    tag = f"{python}-{python}-{platform}" if compiled else "py3-none-any"
    info = f"{NAME}-{muster.__version__}.dist-info"
    files |= {
        f"{info}/METADATA": (_distribution_text("METADATA")).encode(),
        f"{info}/entry_points.txt": b"[console_scripts]\nmuster = muster.cli.main:main\n",
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: muster\n"
            f"Root-Is-Purelib: {str(not compiled).lower()}\nTag: {tag}\n"
        ).encode(),
    }
    target = folder / f"{NAME}-{muster.__version__}-{tag}.whl"
    _write(target, files, info)
    return target


def _distribution_text(name: str) -> str:
    distribution = _distribution(NAME, required=True)
    return (distribution and distribution.read_text(name)) or ""


def _info(files: Iterable[str]) -> str:
    return next(name.partition("/")[0] for name in files if name.endswith(".dist-info/METADATA"))


def _write(target: Path, files: Mapping[str, bytes], info: str) -> None:
    record = "".join(f"{name},{_digest(body)},{len(body)}\n" for name, body in files.items())
    names = {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in names.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(entry, body, zipfile.ZIP_DEFLATED)


def _digest(body: bytes) -> str:
    raw = hashlib.sha256(body).digest()
    return f"sha256={format_base64url(raw)}"


def glibc_need(bodies: Iterable[bytes]) -> str:
    """The newest glibc that compiled code asks for; "0" when it asks for none."""
    minors = [int(minor) for body in bodies for minor in _NEED.findall(body)]
    return f"2.{max(minors)}" if minors else "0"


def choose(wheels: Sequence[Wheel], names: Iterable[str], target: Target) -> dict[Path, str] | None:
    """One wheel for each name, and the least C library of each; None when one is missing.

    The later of two that fit wins: callers put those they like best last.
    """
    chosen: dict[Path, str] = {}
    for name in names:
        fitting = [(each, each.fits(target)) for each in wheels if each.name == name]
        found = [(each, least) for each, least in fitting if least is not None]
        if not found:
            return None
        wheel, least = found[-1]
        chosen[wheel.path] = least
    return chosen


def _fits_python(python: str, abi: str, wanted: str) -> bool:
    minor = int(wanted.partition(".")[2])
    if python in ("py3", "py2.py3", f"py3{minor}"):
        return abi == "none"
    match = re.fullmatch(r"cp3(\d+)", python)
    if match is None:
        return False
    if abi == "abi3":
        return int(match[1]) <= minor
    return int(match[1]) == minor and abi in (f"cp3{minor}", "none")


def _fits_platform(platform: str, target: Target) -> str | None:
    if platform == "any":
        return "0"
    for old, minor in _OLD_NAMES.items():
        if platform.startswith(f"{old}_"):
            platform = f"manylinux_2_{minor}_{platform.removeprefix(f'{old}_')}"
    if mac := _MAC.fullmatch(platform):
        machines = ("arm64", "x86_64") if mac["machine"] == "universal2" else (mac["machine"],)
        fits = target.libc == "darwin" and target.machine in machines
        return f"{mac['a']}.{mac['b']}" if fits else None
    match = _PLATFORM.fullmatch(platform)
    if match is None:
        own = own_target()
        here = re.sub(r"[-.]", "_", sysconfig.get_platform())
        return "0" if platform == here and (own.machine, own.libc) == target_kind(target) else None
    libc = "glibc" if match["libc"] == "many" else "musl"
    if (match["machine"], libc) != target_kind(target):
        return None
    return f"{match['a']}.{match['b']}"


def target_kind(target: Target) -> tuple[str, str]:
    """Machine and C library, whatever the Python."""
    return target.machine, target.libc

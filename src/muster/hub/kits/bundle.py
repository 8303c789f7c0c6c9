"""Makes the installer kit out of what is installed here, once, and keeps it in a folder.

Wheels come from this hub's own packages; a folder may hold more, for other Pythons and
machines (tools/gather_wheels.py fills one). The same content is the same kit, byte for byte:
commands made before a restart still fit.
"""

import asyncio
import hashlib
import io
import logging
import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

import muster
from muster.clock import Clock
from muster.core.connecting.kit import SCRIPT, Kit, KitBuild, KitFile
from muster.errors import MusterError, NotFound, Unavailable
from muster.hub.kits import standalone
from muster.hub.kits.wheels import (
    Target,
    Wheel,
    choose,
    glibc_need,
    needed,
    normalized,
    own_target,
    pack,
    pack_own,
    read_wheel,
    version_key,
)
from muster.store.files import make_private_folder

log = logging.getLogger(__name__)

PACKAGING = Path(__file__).parents[1] / "packaging"
_MANIFEST = "kit.json"
_AGAIN_S = 60.0
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_KINDS = tuple((machine, libc) for machine in ("x86_64", "aarch64") for libc in ("glibc", "musl"))
_KINDS_OF_MAC = (("x86_64", "darwin"), ("arm64", "darwin"))
_INCLUDE = re.compile(r"^@include (\S+)\n", re.MULTILINE)


class InstallSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What new machines get from the hub."""

    # more wheels, for other machines; a relative path starts at the Python environment
    wheels: Path = Path("share/muster/wheels")
    standalone: bool = True  # make the build that brings its own Python

    @property
    def wheel_folder(self) -> Path:
        """Where they lie."""
        return Path(sys.prefix) / self.wheels


class Bundle:
    """The kit in a folder. Cheap to make; the work is done when it is first asked for."""

    def __init__(self, folder: Path, settings: InstallSettings, clock: Clock) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._failed: tuple[float, MusterError] | None = None
        self._kit: Kit | None = None
        self._lock = asyncio.Lock()

    async def kit(self) -> Kit:
        """See KitSource. The first call of a version takes seconds."""
        async with self._lock:
            if self._kit is None:
                self._kit = await self._made()
            return self._kit

    async def texts(self) -> Kit:
        """See KitSource. It waits for no making."""
        texts = await asyncio.to_thread(read_texts)
        return Kit(version=muster.__version__, script="", files=(), builds=(), texts=texts)

    async def _made(self) -> Kit:
        """What failed is not begun again for everybody who asks: strangers may ask."""
        now = self._clock.monotonic()
        if self._failed is not None and now - self._failed[0] < _AGAIN_S:
            raise self._failed[1]
        try:
            return await asyncio.to_thread(self.make)
        except MusterError as error:
            self._failed = now, error
            raise

    def path(self, name: str) -> Path:
        """See KitSource."""
        if self._kit is None or name not in {file.name for file in self._kit.files}:
            raise NotFound(f"no such file: {name[:80]!r}")
        return self._folder / self._kit.version / name

    def make(self) -> Kit:
        """Read the kit of this version, or make it; blocks. Errors: Unavailable."""
        version = f"{muster.__version__}-{_fingerprint(self._settings)}"
        folder = self._folder / version
        try:
            if (folder / _MANIFEST).is_file():
                return msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Kit)
            make_private_folder(self._folder)
            for old in self._folder.iterdir():
                shutil.rmtree(old, ignore_errors=True)
            fresh = self._folder / f"{version}.new"
            fresh.mkdir()
            kit = _Maker(fresh, version, self._settings).make()
            (fresh / _MANIFEST).write_bytes(msgspec.json.encode(kit))
            fresh.rename(folder)
        except (OSError, msgspec.DecodeError) as error:
            raise Unavailable(f"installers cannot be made in {folder}: {error}") from error
        log.info("installers made", extra={"folder": str(folder), "missing": len(kit.missing)})
        return kit


def _fingerprint(settings: InstallSettings) -> str:
    """Of everything that goes in."""
    digest = hashlib.sha256(f"{sys.version}{settings.standalone}".encode())
    package = Path(muster.__file__).parent
    sources = (path for path in package.rglob("*") if path.is_file() and "static" not in path.parts)
    for path in sorted(path for path in sources if path.suffix != ".pyc"):
        digest.update(str(path.relative_to(package)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for distribution in needed():
        digest.update(f"{distribution.name} {distribution.version}\n".encode())
    for path in sorted(settings.wheel_folder.glob("*.whl")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return digest.hexdigest()[:12]


class _Maker:
    """One making."""

    def __init__(self, folder: Path, version: str, settings: InstallSettings) -> None:
        self._folder = folder
        self._version = version
        self._settings = settings
        self._files: dict[str, KitFile] = {}
        self._missing: list[str] = []

    def make(self) -> Kit:
        wheels = self._wheels()
        texts = read_texts()
        builds = self._builds(wheels)
        own = next((each for each in builds if _is_for(each, own_target())), None)
        if own is not None:
            builds += self._standalone(own)
            self._archive("docker", "muster-docker", self._docker(texts, own))
        self._archive("chart", "muster-agent-chart", _below(texts, "chart/", "muster-agent/"))
        self._write_script(texts, builds)
        role = _below(texts, "role/", "muster_agent/")
        role["muster_agent/files/kickstart.sh"] = (self._folder / SCRIPT).read_bytes()
        self._archive("role", "muster-agent-role", role)
        return Kit(
            version=self._version,
            script=(self._folder / SCRIPT).read_text(),
            files=tuple(self._files.values()),
            builds=tuple(builds),
            missing=tuple(self._missing),
            texts=texts,
        )

    def _wheels(self) -> list[Wheel]:
        """All there are; those of this installation last, which is to be preferred."""
        paths = sorted(self._settings.wheel_folder.glob("*.whl"))
        for distribution in needed():
            try:
                if normalized(distribution.name) != "musterd":
                    paths.append(pack(distribution, self._folder))
            except MusterError as error:
                self._missing.append(str(error))
        paths += filter(
            None, (pack_own(self._folder, compiled=False), pack_own(self._folder, compiled=True))
        )
        return [wheel for path in paths if (wheel := read_wheel(path)) is not None]

    def _builds(self, wheels: Sequence[Wheel]) -> list[KitBuild]:
        names = [normalized(distribution.name) for distribution in needed()]
        builds = []
        others = {
            Target(python, *kind) for python in _PYTHONS for kind in (*_KINDS, *_KINDS_OF_MAC)
        }
        for target in sorted(others | {own_target()}):
            chosen = choose(wheels, names, target)
            if chosen is None:
                if target == own_target():
                    self._missing.append("a dependency of the agent has no wheel for this machine")
                continue
            least = [
                *chosen.values(),
                *(_scanned(path) for path in chosen if "musterd" in path.name),
            ]
            builds.append(
                KitBuild(
                    python=target.python,
                    machine=target.machine,
                    libc=target.libc,
                    libc_least=max(least, key=version_key),
                    files=tuple(self._keep(path, "wheel") for path in chosen),
                )
            )
        return builds

    def _standalone(self, own: KitBuild) -> list[KitBuild]:
        if not self._settings.standalone:
            return []
        name = f"muster-agent-{muster.__version__}-linux-{own.machine}.tar.gz"
        try:
            least = standalone.build(
                self._folder / name, [self._folder / file for file in own.files]
            )
        except (OSError, MusterError) as error:
            self._missing.append(f"no build that brings its own Python: {error}")
            return []
        file = self._keep(self._folder / name, "standalone")
        return [msgspec.structs.replace(own, python="any", libc_least=least, files=(file,))]

    def _docker(self, texts: Mapping[str, str], own: KitBuild) -> dict[str, bytes]:
        files = _below(texts, "docker/", "")
        files["Dockerfile"] = files["Dockerfile"].replace(b"@PYTHON@", own.python.encode())
        return files | {f"wheels/{name}": (self._folder / name).read_bytes() for name in own.files}

    def _archive(self, kind: str, name: str, files: Mapping[str, bytes]) -> None:
        path = self._folder / f"{name}-{muster.__version__}.tar"
        with tarfile.open(path, "w") as archive:
            for inner, body in sorted(files.items()):
                entry = tarfile.TarInfo(inner)
                entry.size = len(body)
                entry.mode = 0o755 if body.startswith(b"#!") else 0o644
                archive.addfile(entry, io.BytesIO(body))
        self._keep(path, kind)

    def _write_script(self, texts: Mapping[str, str], builds: Iterable[KitBuild]) -> None:
        lines = [
            f"{build.python} {build.machine} {build.libc} {build.libc_least}"
            f" {file.name} {file.size} {file.sha256}"
            for build in builds
            for file in (self._files[name] for name in build.files)
        ]
        script = fill_script(texts, self._version, lines)
        (self._folder / SCRIPT).write_text(script)
        self._keep(self._folder / SCRIPT, "script")

    def _keep(self, path: Path, kind: str) -> str:
        """Note a file, and bring it into the folder when it lies elsewhere."""
        if path.name not in self._files:
            if path.parent != self._folder:
                shutil.copyfile(path, self._folder / path.name)
            body = path.read_bytes()
            self._files[path.name] = KitFile(
                name=path.name, kind=kind, size=len(body), sha256=hashlib.sha256(body).hexdigest()
            )
        return path.name


def _is_for(build: KitBuild, target: Target) -> bool:
    return (build.python, build.machine, build.libc) == (
        target.python,
        target.machine,
        target.libc,
    )


def fill_script(texts: Mapping[str, str], version: str, lines: Iterable[str]) -> str:
    """The script with its units and digests in it."""
    script = _INCLUDE.sub(lambda match: texts[match[1]], texts[SCRIPT])
    return script.replace("@VERSION@", version).replace("@FILES@", "\n" + "\n".join(lines) + "\n")


def read_texts() -> dict[str, str]:
    """The package's own files for installers, by their place."""
    return {
        str(path.relative_to(PACKAGING)): path.read_text()
        for path in sorted(PACKAGING.rglob("*"))
        if path.is_file()
    }


def _below(texts: Mapping[str, str], folder: str, prefix: str) -> dict[str, bytes]:
    return {
        prefix + name.removeprefix(folder): text.encode()
        for name, text in texts.items()
        if name.startswith(folder)
    }


def _scanned(path: Path) -> str:
    """What our own compiled wheel asks for: its name does not tell."""
    with zipfile.ZipFile(path) as archive:
        return glibc_need(archive.read(name) for name in archive.namelist() if name.endswith(".so"))

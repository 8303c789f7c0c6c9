"""Fetches the agent's packages for other Pythons and other machines than the hub's own.

    python tools/gather_wheels.py                          the usual ones
    python tools/gather_wheels.py --python 3.13 --kind x86_64-musl
    python tools/gather_wheels.py --out DIR                for a hub with install.wheels = DIR

Run once while there is a package index; the hub finds the files at its next start and hands
them to machines that have no way to an index. What is there already is not fetched again.
Without it the hub serves machines like itself, and others by the build with its own Python.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from muster.hub.kits.bundle import InstallSettings
from muster.hub.kits.wheels import Target, choose, needed, normalized, read_wheel

KINDS = {
    "x86_64-glibc": (
        "manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
    ),
    "aarch64-glibc": (
        "manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
    ),
    "x86_64-musl": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "aarch64-musl": ("musllinux_1_2_aarch64", "musllinux_1_1_aarch64"),
    "arm64-darwin": ("macosx_11_0_arm64", "macosx_10_12_universal2", "macosx_10_9_universal2"),
    "x86_64-darwin": ("macosx_11_0_x86_64", "macosx_10_13_x86_64", "macosx_10_9_x86_64"),
}  # fmt: skip
USUAL_KINDS = ("x86_64-glibc", "aarch64-glibc", "x86_64-musl")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LIMIT_S = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", choices=PYTHONS, default=[])
    parser.add_argument("--kind", action="append", choices=tuple(KINDS), default=[])
    parser.add_argument("--out", type=Path, default=InstallSettings().wheel_folder)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for python in options.python or PYTHONS:
        for kind in options.kind or USUAL_KINDS:
            failed += not gather(Target(python, *kind.split("-")), KINDS[kind], options.out)
    return int(failed > 0)


def gather(target: Target, platforms: tuple[str, ...], out: Path) -> bool:
    """All packages for one kind of machine; whether they are there afterwards."""
    versions = {normalized(each.name): each.version for each in needed() if each.name != "musterd"}
    if is_complete(target, versions, out):
        return True
    # Aside first: a hub that looks meanwhile sees whole files alone.
    part = out / ".part"
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary=:all:", "--implementation", "cp", "--retries", "1"),
        *("--python-version", target.python, "--dest", str(part), "--timeout", "15"),
        *("--abi", f"cp{target.python.replace('.', '')}", "--abi", "abi3", "--abi", "none"),
        *(word for platform in platforms for word in ("--platform", platform)),
        *(f"{name}=={version}" for name, version in versions.items()),
    ]
    done = subprocess.run(  # noqa: S603 - pip, with names of our own packages
        command, timeout=LIMIT_S, capture_output=True, text=True, check=False
    )
    for path in part.glob("*.whl"):
        path.replace(out / path.name)
    complete = is_complete(target, versions, out)
    shown = f"Python {target.python} on {target.machine}, {target.libc}"
    last = (done.stderr.strip().splitlines() or ["not all packages have a wheel for it"])[-1]
    print(f"{shown}: {'ready' if complete else f'not gathered ({last})'}", file=sys.stderr)  # noqa: T201
    return complete


def is_complete(target: Target, versions: dict[str, str], out: Path) -> bool:
    wheels = [wheel for path in sorted(out.glob("*.whl")) if (wheel := read_wheel(path))]
    return choose(wheels, versions, target) is not None


if __name__ == "__main__":
    raise SystemExit(main())

"""Users, namespaces and folders that stand for other machines."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65_534
LIMIT_S = 900  # the first to install waits while the hub packs what is installed
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
IS_ROOT = os.geteuid() == 0


@contextmanager
def machine_folder() -> Iterator[Path]:
    """A folder that a user without rights may enter and owns; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="muster-machine-"))
    try:
        folder.chmod(0o755)
        if IS_ROOT:
            os.chown(folder, NOBODY, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_user(*words: str, home: Path, stdin: str = "", env: dict[str, str] | None = None,
            prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run a program as a user without rights, with nothing of our environment."""
    drop = (
        shutil.which("setpriv") or "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
    )
    return subprocess.run(
        [*prefix, *(drop if IS_ROOT else ()), *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        cwd=home,
        env={"PATH": PATH, "HOME": str(home)} | (env or {}),
    )


def as_root(*words: str, stdin: str = "", env: dict[str, str] | None = None,
            prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run a program as root, with nothing of our environment."""
    return subprocess.run(
        [*prefix, *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        cwd="/",
        env={"PATH": PATH} | (env or {}),
    )

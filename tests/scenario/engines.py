"""A container engine that runs here, and the machines that can be had in it.

Nothing is fetched: images are root file systems that lie in a folder as tar files. They are named
by the variables MUSTER_TEST_ENGINE (podman or docker) and MUSTER_TEST_IMAGES (that folder):

    python-3.11-slim.tar    what the Dockerfile of the agent begins with
    netdata.tar             Netdata's own image, exported (`docker export`), or one made like it
    NAME.tar                a fresh machine, with curl or wget; NAME-systemd.tar has systemd

`debootstrap --variant=minbase --include=python3,curl bookworm ROOT` makes one. MUSTER_TEST_WHEELS
may name a folder that tools/gather_wheels.py filled, for machines with other Pythons.
"""

import os
import shutil
import subprocess
from pathlib import Path

from processes import until

ENGINE = os.environ.get("MUSTER_TEST_ENGINE", "")
IMAGES = Path(os.environ.get("MUSTER_TEST_IMAGES", "/nonexistent"))
LIMIT_S = 300
Done = subprocess.CompletedProcess[str]


def why_not() -> str:
    """Why nothing can be run in an engine here; empty when it can."""
    if ENGINE not in ("podman", "docker"):
        return (
            "NO CONTAINER ENGINE: set MUSTER_TEST_ENGINE=podman or docker, and MUSTER_TEST_IMAGES"
        )
    if not shutil.which(ENGINE):
        return f"NO CONTAINER ENGINE: {ENGINE} is not installed"
    if not any(IMAGES.glob("*.tar")):
        return f"NO IMAGES: MUSTER_TEST_IMAGES={IMAGES} holds no tar file"
    return ""


def machines() -> list[str]:
    """Names of the fresh machines there are."""
    others = ("python-", "netdata")
    return sorted(path.stem for path in IMAGES.glob("*.tar") if not path.stem.startswith(others))


class Engine:
    """Recipes say `docker`; here that name is the engine under test, whichever it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = folder / "docker"
        program.write_text(
            f'#!/bin/sh\n[ "$1" = compose ] || exec {shutil.which(ENGINE)} "$@"\n'
            f'shift\nexec {_compose()} "$@"\n'
        )
        program.chmod(0o755)

    def shell(self, recipe: str, cwd: Path, ok: bool = True) -> Done:
        """Run a recipe word for word; with `ok` it must end well."""
        done = subprocess.run(
            ["sh", "-e"], input=recipe, cwd=cwd, capture_output=True, text=True, check=False,
            timeout=LIMIT_S, env=os.environ | {"PATH": f"{self._folder}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0 or not ok, f"{recipe}\n{done.stdout}{done.stderr}"
        return done

    def __call__(self, *words: str, stdin: str = "", ok: bool = True) -> Done:
        done = subprocess.run(
            [ENGINE, *words], input=stdin, capture_output=True, text=True, check=False,
            timeout=LIMIT_S,
        )  # fmt: skip
        assert done.returncode == 0 or not ok, f"{words}: {done.stdout}{done.stderr}"
        return done

    def load(self, tar: str, image: str, *changes: str) -> None:
        """Make an image of a root file system, once; changes are lines of a Dockerfile."""
        if self("image", "inspect", image, ok=False).returncode != 0:
            words = [word for each in changes for word in ("--change", each)]
            self("import", *words, str(IMAGES / f"{tar}.tar"), image)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is such a container or volume."""
        return self(kind, "inspect", name, ok=False).returncode == 0

    def logs(self, container: str) -> str:
        done = self("logs", container)
        return done.stdout + done.stderr

    def says(self, container: str, text: str) -> None:
        until(f"{container} says {text!r}", lambda: text in self.logs(container))


def _compose() -> str:
    if ENGINE == "podman":
        return shutil.which("podman-compose") or "podman-compose"
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return f"{shutil.which('docker')} compose" if plugin.returncode == 0 else "docker-compose"


class Machine:
    """A fresh machine: a container that does nothing by itself, or one with systemd."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self.name = engine, f"fresh-{name}"
        self.has_systemd = name.endswith("-systemd")
        engine.load(name, f"muster-test/{name}:latest")
        options = ("--detach", "--name", self.name, "--hostname", self.name)
        program = ("sleep", "infinity")
        if self.has_systemd:
            options = (*options, *_systemd_options())
            program = ("/lib/systemd/systemd",)
        engine("run", *options, f"muster-test/{name}:latest", *program)
        if self.has_systemd:
            until("systemd answers", lambda: self.run("systemctl", "list-units").returncode == 0)

    def run(self, *words: str, stdin: str = "") -> Done:
        return self._engine("exec", "--interactive", self.name, *words, stdin=stdin, ok=False)

    def start(self, user: str, *words: str) -> None:
        self._engine("exec", "--detach", "--user", user, self.name, *words)

    def stop(self) -> None:
        self._engine("rm", "--force", "--volumes", self.name, ok=False)


def _systemd_options() -> tuple[str, ...]:
    """What systemd as process 1 and the sandbox of its units take; not all that is privileged."""
    base = ("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined",
            "--security-opt", "apparmor=unconfined", "--stop-signal", "SIGRTMIN+3")  # fmt: skip
    if ENGINE == "podman":
        return (*base, "--systemd=always")
    return (*base, "--tmpfs", "/run", "--tmpfs", "/run/lock", "--env", "container=docker",
            "--volume", "/sys/fs/cgroup:/sys/fs/cgroup")  # fmt: skip

"""What an agent needs of its machine, and which package brings it where it is missing.

Nothing but the standard library, and nothing of it at import that may be missing: this runs
where the agent itself cannot start. `python -m muster.agent.needs` says what is missing, a
line each; exit code 3 when no link could be held.
"""

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LEAST_PYTHON = (3, 11)
STANDALONE = "or install the build that brings its own Python: kickstart.sh --standalone"
_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))
_FAMILIES = {
    "debian": ("debian", "ubuntu"),
    "fedora": ("fedora", "rhel", "centos"),
    "suse": ("suse", "sles"),
    "alpine": ("alpine",),
    "arch": ("arch",),
}
_INSTALL = {
    "debian": "apt install",
    "fedora": "dnf install",
    "suse": "zypper install",
    "alpine": "apk add",
    "arch": "pacman -S",
}
_PYTHON = {
    "debian": "python3 (12 or newer, 24.04 or newer)",
    "fedora": "python3 (on RHEL 8 and 9: python3.12)",
    "suse": "python311",
    "alpine": "python3",
    "arch": "python",
}
_TLS = {
    "debian": "python3 libssl3",
    "fedora": "python3 openssl-libs",
    "suse": "python311 libopenssl3",
    "alpine": "python3 libssl3",
    "arch": "python openssl",
}


class Need(NamedTuple):
    """One thing. `lacks` says what is wrong with it here, empty when it is there.

    `packages` by family of distributions; `other` where no family is known.
    """

    name: str
    lacks: Callable[[], str]
    purpose: str
    packages: Mapping[str, str]
    required: bool = True


class Lack(NamedTuple):
    """What is not there, and what to do."""

    name: str
    text: str
    remedy: str
    required: bool


def _python() -> str:
    if sys.version_info[:2] >= LEAST_PYTHON:
        return ""
    return f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old: 3.11 is the least"


def _lacks_module(name: str) -> Callable[[], str]:
    def lacks() -> str:
        try:
            importlib.import_module(name)
        except ImportError as error:
            return f"the Python module {name} cannot be imported: {error}"
        return ""

    return lacks


def _tls13() -> str:
    with suppress(ImportError):
        import ssl

        if not ssl.HAS_TLSv1_3:
            return f"{ssl.OPENSSL_VERSION} knows no TLS 1.3"
    return ""


def _names() -> str:
    """The common name of old certificates proves nothing: it can be left out of the check."""
    with suppress(ImportError):
        import ssl

        if not ssl.HAS_NEVER_CHECK_COMMON_NAME:
            return f"{ssl.OPENSSL_VERSION} does not check names of hosts as it must"
    return ""


def _lacks_program(name: str) -> Callable[[], str]:
    return lambda: "" if shutil.which(name) else f"the program {name} is in no folder of PATH"


NEEDS = (
    Need("python", _python, "to run", _PYTHON),
    Need("ssl", _lacks_module("ssl"), "for every connection", _TLS),
    Need("tls-1.3", _tls13, "for every connection", _TLS),
    Need("host-names", _names, "to know the hub: it is never connected to unverified", _TLS),
    Need(
        "cryptography",
        _lacks_module("cryptography.x509"),
        "for keys and certificates",
        {
            "debian": "python3-cryptography",
            "fedora": "python3-cryptography",
            "suse": "python311-cryptography",
            "alpine": "py3-cryptography",
            "arch": "python-cryptography",
        },
    ),
    Need(
        "msgspec",
        _lacks_module("msgspec"),
        "for all that is read and sent",
        {
            "debian": "python3-msgspec",
            "fedora": "python3-msgspec",
            "suse": "python311-msgspec",
            "alpine": "py3-msgspec",
            "arch": "python-msgspec",
        },
    ),
    Need("zlib", _lacks_module("zlib"), "to pack what is sent", _PYTHON),
    Need("agent", _lacks_module("muster.agent.app"), "it is the agent", {}),
    Need(
        "ssh-keygen",
        _lacks_program("ssh-keygen"),
        "to show the machine's SSH key as evidence when it claims",
        {
            "debian": "openssh-client",
            "fedora": "openssh",
            "suse": "openssh-common",
            "alpine": "openssh-keygen",
            "arch": "openssh",
        },
        required=False,
    ),
)


def family() -> str:
    """The family of this machine's distribution; empty for one that is not known."""
    for path in _RELEASE:
        with suppress(OSError):
            return family_of(path.read_text(encoding="utf-8", errors="replace"))
    return ""


def family_of(release: str) -> str:
    """By the text of /etc/os-release. Source: os-release(5)."""
    fields = dict(line.partition("=")[::2] for line in release.splitlines())
    said = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").lower().split()
    for name, words in _FAMILIES.items():
        if any(each.startswith(words) for each in said):
            return name
    return ""


def remedy_of(need: Need, family: str) -> str:
    """What to install, by the names of that distribution; of all, where it is not known."""
    if not need.packages:
        return f"install the agent again, {STANDALONE}"
    if family in need.packages:
        ways = f"{_INSTALL[family]} {need.packages[family]}"
    else:
        ways = "; ".join(f"{name}: {packages}" for name, packages in need.packages.items())
    return f"{ways}; {STANDALONE}" if need.required else ways


def lacking(needs: tuple[Need, ...] = NEEDS, family: str = "") -> Iterator[Lack]:
    """What of it is not there."""
    for need in needs:
        if text := need.lacks():
            yield Lack(
                need.name, f"{text}; it is needed {need.purpose}", remedy_of(need, family),
                need.required,
            )  # fmt: skip


def main(needs: tuple[Need, ...] = NEEDS) -> int:
    """A line for each lack; 3 when one of them stands in the way of a link."""
    found = list(lacking(needs, family()))
    for lack in found:
        kind = "missing" if lack.required else "note"
        sys.stderr.write(f"muster: {kind}: {lack.text}. {lack.remedy}\n")
    return 3 if any(lack.required for lack in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())

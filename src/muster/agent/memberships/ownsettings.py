"""The agent's own settings file, for what a claim decides: `agent.toml` in its folder.

It is read where no `--config` names another. A proxy that a claim went through is kept in
the file that the agent reads, so that the link takes the same way.
"""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from muster.agent.joining.identity import refused
from muster.errors import SettingsError
from muster.files import make_folder, sync, write_new

FILE = "agent.toml"
_SECTION = re.compile(r"\s*\[\s*(\S+?)\s*\]\s*(#.*)?")
_MAX_BYTES = 1 << 20


def settings_file(data: Path, given: Path | None) -> Path | None:
    """The file that an agent reads: the one given, else its own, else none."""
    if given is not None:
        return given
    own = data / FILE
    return own if own.is_file() else None


def keep_proxy(file: Path, proxy: str) -> bool:
    """Write `link.proxy` into a settings file, and leave all else as it is; whether it changed.

    Errors: SettingsError for a file that is no TOML, or holds the link in a way that a line
            does not change; DiskRefused, PermissionRefused.
    """
    text = _read(file)
    wanted = _parse(text, file)
    if wanted.setdefault("link", {}).get("proxy") == proxy:
        return False
    wanted["link"]["proxy"] = proxy
    fresh = with_proxy(text, proxy)
    if _parse(fresh, file) != wanted:
        raise SettingsError("set link.proxy there by hand: its form is not known", str(file))
    try:
        make_folder(file.parent)
        beside = file.with_name(f"{file.name}.new")
        beside.unlink(missing_ok=True)
        write_new(beside, fresh.encode())
        _like(beside, file)
        beside.replace(file)
        sync(file.parent)
    except OSError as error:
        raise refused(error) from error
    return True


def with_proxy(text: str, proxy: str) -> str:
    """The text with its line `proxy` of `[link]` replaced, or put in."""
    line = f"proxy = {json.dumps(proxy)}"
    lines = text.splitlines()
    section = ""
    head = -1
    for number, each in enumerate(lines):
        if found := _SECTION.fullmatch(each):
            section = found[1]
            head = number if section == "link" else head
        elif section == "link" and re.match(r"\s*proxy\s*=", each):
            lines[number] = line
            return _joined(lines)
        elif not section and re.match(r"\s*link\s*\.\s*proxy\s*=", each):
            lines[number] = f"link.{line}"
            return _joined(lines)
    if head >= 0:
        lines.insert(head + 1, line)
    else:
        lines += ["[link]", line]
    return _joined(lines)


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            return stream.read(_MAX_BYTES)
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8", str(file)) from error
    except OSError as error:
        raise refused(error) from error


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}", str(file)) from error


def _like(beside: Path, file: Path) -> None:
    """The owner of the file it replaces: an agent of another user has to read it."""
    if file.exists() and os.geteuid() == 0:
        before = file.stat()
        os.chown(beside, before.st_uid, before.st_gid)

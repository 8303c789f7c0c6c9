"""`muster backup` and `muster restore`: a hub in one file, and back."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from muster.cli.arguments import Commands, add_command, add_data, add_json
from muster.cli.exits import Exit
from muster.cli.output import Progress, format_time, print_json, print_record, say
from muster.cli.places import hub_data


def add(commands: Commands) -> None:
    backup = add_command(
        commands,
        "backup",
        _backup,
        "Write a running hub into one file, or verify such a file",
        details="The file holds the keys of the authority: whoever has it is this hub. It is"
        " written with mode 0600.",
        examples=(
            "muster backup /srv/backup/muster.tar.zst",
            "muster backup --verify /srv/backup/muster.tar.zst",
        ),
    )
    backup.add_argument("file", type=Path, help="the backup")
    backup.add_argument(
        "--verify", action="store_true", help="check every file in it against its digest"
    )
    add_data(backup, "the hub")
    add_json(backup)
    restore = add_command(
        commands,
        "restore",
        _restore,
        "Make a data folder out of a backup, verified before it is moved in place",
        examples=("muster restore /srv/backup/muster.tar.zst --data /srv/muster",),
    )
    restore.add_argument("file", type=Path, help="the backup")
    add_data(restore, "the new hub: missing or empty")
    add_json(restore)


def _backup(options: argparse.Namespace) -> int:
    if options.verify:
        from muster.hub.backups.restore import verify

        return _print(verify(options.file), options, "whole: every file is what it was")
    done = asyncio.run(_make(hub_data(options), options.file.absolute()))
    if options.json:
        print_json({"file": done["file"], "bytes": done["done_bytes"], "sha256": done["sha256"]})
    else:
        say(f"{done['file']} is written, SHA-256 {done['sha256']}")
    return Exit.OK


async def _make(data: Path, target: Path) -> dict[str, Any]:
    """Ask the hub for a backup and follow it to its last line."""
    import msgspec

    from muster.cli.hub_client import error_of, operator
    from muster.errors import ProtocolError
    from muster.net.client import Answer
    from muster.net.lines import request_lines

    body = msgspec.json.encode({"target": str(target)})
    progress = Progress("backup")
    step: dict[str, Any] = {}
    status = 200
    async for line in request_lines(operator(data), "POST", "/api/v1/backup", body=body):
        if isinstance(line, Answer):
            status = line.status
            continue
        if status != 200:
            raise error_of(status, line)
        step = msgspec.json.decode(line)
        if step.get("error"):
            raise error_of(500, line)
        progress.show(step.get("done_bytes", 0), step.get("total_bytes", 0))
    progress.end()
    if not step.get("done"):
        raise ProtocolError("the hub ended before the backup was done; nothing was left behind")
    return {"done_bytes": 0, **step}


def _restore(options: argparse.Namespace) -> int:
    from muster.clock import SystemClock
    from muster.hub.backups.restore import restore

    data = hub_data(options)
    manifest = restore(options.file, data, SystemClock(), say)
    return _print(manifest, options, f"restored into {data}; start it: muster up --data {data}")


def _print(manifest: Any, options: argparse.Namespace, text: str) -> int:  # noqa: ANN401
    record = {
        "hub": manifest.hub,
        "made": format_time(manifest.time_ns),
        "version": manifest.version,
        "files": len(manifest.files),
        "bytes": manifest.total_bytes,
        "rows": sum(manifest.rows.values()),
    }
    if options.json:
        print_json(record)
    else:
        print_record(record)
        say(text)
    return Exit.OK

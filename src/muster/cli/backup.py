"""`muster backup` and `muster restore`: a hub in one file, and back."""

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from muster.cli.arguments import Commands, add_command, add_data, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.output import Progress, format_time, print_json, print_record, print_table, say
from muster.cli.places import hub_data

_PATH = "/api/v1/backups"
_LOOK_S = 0.5
_COLUMNS = ("NAME", "AS OF", "BYTES", "ROWS", "BY", "VERIFIED")


def add(commands: Commands) -> None:
    group = add_group(commands, "backup", "The hub in one file: made, verified, listed, deleted")
    _add_list(group)
    _add_create(group)
    _add_verify(group)
    delete = add_command(
        group,
        "delete",
        _delete,
        "Delete a backup of the hub's folder for good",
        examples=("muster backup delete muster-2027-03-01T040000Z.tar.zst",),
    )
    delete.add_argument("name", help="as in `muster backup list`")
    _add_restore(commands)


def _add_list(group: Commands) -> None:
    list_ = add_command(
        group,
        "list",
        _list,
        "List the backups in the hub's folder, and when the next is planned",
        details="AS OF is the moment that a backup shows; VERIFIED when it was last read whole."
        "\nThe folder and what is planned are settings: backup.folder, backup.every, backup.keep.",
        examples=("muster backup list", "muster backup list --json"),
    )
    add_json(list_)


def _add_create(group: Commands) -> None:
    create = add_command(
        group,
        "create",
        _create,
        "Write a running hub into one file, and verify it",
        details="Without FILE it is made in the hub's own folder, and listed there."
        "\nThe file holds the keys of the authority: whoever has it is this hub. It is written with"
        "\nmode 0600.",
        examples=("muster backup create", "muster backup create /srv/backup/muster.tar.zst"),
    )
    create.add_argument("file", type=Path, nargs="?", help="on the hub's machine, and not there")
    add_data(create, "the hub")
    add_json(create)


def _add_verify(group: Commands) -> None:
    verify = add_command(
        group,
        "verify",
        _verify,
        "Read a backup whole: every file in it against its digest",
        details="A file that is here is read here, without any hub. Of another name the hub reads"
        "\nthe backup of its folder, as in `muster backup list`, and notes there what it found.",
        examples=(
            "muster backup verify muster-2027-03-01T040000Z.tar.zst",
            "muster backup verify ./muster.tar.zst",
        ),
    )
    verify.add_argument("file", help="a name or a path")
    add_data(verify, "the hub")
    add_json(verify)


def _add_restore(commands: Commands) -> None:
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


def _list(options: argparse.Namespace) -> int:
    from muster.cli.hub_client import hub_of

    view = hub_of(options).get(_PATH)
    if options.json:
        print_json(view)
        return Exit.OK
    print_table(_COLUMNS, [_row(each) for each in view["backups"]], "There is no backup.")
    say(f"in {view['folder']} on the hub's machine; {view['free_bytes'] >> 20} MiB are free there")
    if view["run"]:
        say(f"{view['run']['deed']} under way: {view['run']['name']}")
    if view["failed"]:
        say(
            f"not done: {view['failed']['deed']} {view['failed']['name']}: {view['failed']['text']}"
        )
    if view["next_ns"]:
        say(f"the next is planned for {format_time(view['next_ns'])}")
    if view["refusal"]:
        say(view["refusal"])
    return Exit.OK


def _row(each: dict[str, Any]) -> tuple[object, ...]:
    verified = each["fault"] or format_time(each["checked_ns"]) or "not yet"
    rows = each["rows"] if each["files"] else ""
    return each["name"], format_time(each["time_ns"]), each["bytes"], rows, each["by"], verified


def _create(options: argparse.Namespace) -> int:
    if options.file is None:
        return _follow(options, _PATH, "made and verified")
    _require_here(options)
    done = asyncio.run(_make(hub_data(options), options.file.absolute()))
    if options.json:
        print_json({"file": done["file"], "bytes": done["done_bytes"], "sha256": done["sha256"]})
    else:
        say(f"{done['file']} is written, SHA-256 {done['sha256']}")
    return Exit.OK


def _verify(options: argparse.Namespace) -> int:
    if "/" not in options.file and not Path(options.file).exists():
        return _follow(options, f"{_PATH}/{quote(options.file, safe='')}/verify", "whole")
    from muster.hub.backups.restore import verify
    from muster.store.archive import BackupDamaged

    _require_here(options)
    try:
        manifest = verify(Path(options.file))
    except BackupDamaged as error:
        return _damaged(str(error))
    return _print(manifest, options, "whole: every file is what it was")


def _damaged(why: str) -> int:
    say(f"muster: {why}")
    return Exit.CHECK_FAILED


def _require_here(options: argparse.Namespace) -> None:
    from muster.errors import InputError

    if options.hub:
        raise InputError("a file is of this machine: leave --hub out, or leave the file out")


def _delete(options: argparse.Namespace) -> int:
    from muster.cli.hub_client import hub_of

    hub_of(options).delete(f"{_PATH}/{quote(options.name, safe='')}")
    say(f"{options.name} is deleted")
    return Exit.OK


def _follow(options: argparse.Namespace, path: str, well: str) -> int:
    """Have the hub begin something, and look until it is over. Errors: what went wrong."""
    import msgspec

    from muster.cli.hub_client import error_of, hub_of
    from muster.errors import NotFound

    hub = hub_of(options)
    run = hub.post(path, {})
    progress = Progress("backup")
    view = hub.get(_PATH)
    while view["run"] and view["run"]["name"] == run["name"]:
        progress.show(view["run"]["done_bytes"], view["run"]["total_bytes"])
        time.sleep(_LOOK_S)
        view = hub.get(_PATH)
    progress.end()
    failed = view["failed"]
    if failed and failed["name"] == run["name"]:
        raise error_of(500, msgspec.json.encode({"error": failed}))
    found = next((each for each in view["backups"] if each["name"] == run["name"]), None)
    if found is None:
        raise NotFound(f"{run['name']} was deleted meanwhile")
    if found["fault"]:
        return _damaged(found["fault"])
    if options.json:
        print_json(found)
    else:
        say(f"{found['name']} is {well}, SHA-256 {found['sha256']}")
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

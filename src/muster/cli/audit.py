"""`muster audit`: who did what, and whether the log of it is as it was written."""

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from muster.cli.arguments import Commands, add_command, add_group, add_json, positive
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_time, print_json, print_table, say
from muster.errors import InputError

if TYPE_CHECKING:
    from muster.model.auditchain import ChainReport

_PATH = "/api/v1/audit"
_PAGE = 1000
_MAX_LINE = 65_536
_SEARCHED = ("actor", "action", "object", "address", "outcome", "detail")
_WORDS = ("time_ns", "actor", "action", "object", "address", "outcome", "detail", "space")


def add(commands: Commands) -> None:
    group = add_group(commands, "audit", "Who did what, and whether that log is untouched")
    list_ = add_command(
        group,
        "list",
        _list,
        "List events, newest first",
        examples=(
            "muster audit list",
            "muster audit list --limit 500 --before 1200 --json",
            "muster audit list --kind token --match ada    # what ada did with tokens",
            "muster audit list --refused",
        ),
    )
    list_.add_argument("--limit", type=positive, default=50, help="how many (default 50)")
    list_.add_argument("--before", type=positive, metavar="ID", help="only from before this event")
    list_.add_argument("--kind", metavar="KIND", help="only of this kind: token, node, claim, …")
    list_.add_argument("--match", metavar="WORDS", help="only those that have all of these words")
    list_.add_argument("--refused", action="store_true", help="only what did not go well")
    add_json(list_)
    verify = add_command(
        group,
        "verify",
        _verify,
        "Say whether every event is as it was written, and name the first that is not",
        details="Each event has a hash over its words and the hash before it. The newest is"
        "\nprinted: note it where this hub cannot write, and give it with --noted later. Without"
        "\nsuch a note, who can write the hub's data folder could have made the whole log anew."
        "\nExit code 8 when something is wrong.",
        examples=(
            "muster audit verify",
            "muster audit verify --noted 1204:9f2c…",
            "muster audit verify --export audit.jsonl",
        ),
    )
    verify.add_argument("--noted", metavar="ID:HASH", help="an event and its hash, noted elsewhere")
    verify.add_argument(
        "--export", type=Path, metavar="FILE", help="verify an export instead, without a hub"
    )
    add_json(verify)
    export = add_command(
        group,
        "export",
        _export,
        "Print events as JSON lines, oldest first",
        details="A line is an event with its hash, so that an export can be verified by itself.",
        examples=(
            "muster audit export > audit.jsonl",
            "muster audit export --after 1204 >> audit.jsonl",
        ),
    )
    export.add_argument(
        "--after", type=positive, default=0, metavar="ID", help="only what came after this event"
    )


def _noted(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    id, _, hash = text.strip().partition(":")
    if not (id.isdecimal() and len(hash) == 64):
        raise InputError(f"--noted takes ID:HASH, as verify prints it, not {text!r}")
    return int(id), hash


def _list(options: argparse.Namespace) -> int:
    found = _found(hub_of(options), options)
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [
        (
            each["id"],
            format_time(each["time_ns"]),
            each["actor"],
            each["action"],
            each["object"],
            each["address"],
            each["outcome"],
            each["detail"],
        )
        for each in found
    ]
    columns = ("ID", "TIME", "WHO", "WHAT", "OF", "FROM", "OUTCOME", "DETAIL")
    print_table(columns, rows, "No events.")
    return Exit.OK


def _found(hub: Hub, options: argparse.Namespace) -> list[dict[str, Any]]:
    """As many as wanted; of those that are filtered the log is read until there are so many."""
    if not (options.kind or options.match or options.refused):
        query = {"limit": str(options.limit), "before": str(options.before or "")}
        shown: list[dict[str, Any]] = hub.get(_PATH, query)
        return shown
    fitting = (each for each in _events_before(hub, options.before) if _fits(each, options))
    return list(islice(fitting, options.limit))


def _fits(event: dict[str, Any], options: argparse.Namespace) -> bool:
    """As the filter of the audit log's page."""
    if options.kind and event["action"].partition(".")[0] != options.kind:
        return False
    if options.refused and event["outcome"] == "ok":
        return False
    whole = " ".join(event[word] for word in _SEARCHED).lower()
    return all(word in whole for word in (options.match or "").lower().split())


def _events_before(hub: Hub, before: int | None) -> Iterator[dict[str, Any]]:
    while page := hub.get(_PATH, {"before": str(before or ""), "limit": str(_PAGE)}):
        yield from page
        before = page[-1]["id"]


def _verify(options: argparse.Namespace) -> int:
    noted = _noted(options.noted)
    if options.export:
        report = msgspec.to_builtins(_walk(options.export, noted))
    else:
        query = {"event": str(noted[0]), "hash": noted[1]} if noted else {}
        report = hub_of(options).get(f"{_PATH}/verify", query)
    if options.json:
        print_json(report)
    else:
        _tell(report)
    return Exit.OK if report["ok"] else Exit.CHECK_FAILED


def _tell(report: dict[str, Any]) -> None:
    begins, newest, fault = report["begins"], report["newest"], report["fault"]
    if fault:
        say(f"event {fault['event']} is not as it was written ({fault['what']}): {fault['text']}")
    said = "are as they were written" if not fault else "before it are as they were written"
    since = f", since event {begins['id']} was forgotten" if begins["id"] else ""
    say(f"events that {said}{since}: {report['events']}; the newest of them:")
    print(f"{newest['id']}:{newest['hash']}")


def _export(options: argparse.Namespace) -> int:
    for event in _events_after(hub_of(options), options.after):
        sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    return Exit.OK


def _events_after(hub: Hub, after: int) -> Iterator[dict[str, Any]]:
    while page := hub.get(_PATH, {"after": str(after), "limit": str(_PAGE)}):
        yield from page
        after = page[-1]["id"]


def _walk(file: Path, noted: tuple[int, str] | None) -> "ChainReport":
    """The walk along an export; what came before its first event is taken as that says."""
    from muster.model.auditchain import GENESIS, ChainWalk, Checkpoint

    walk: ChainWalk | None = None
    last = Checkpoint(0, GENESIS)
    for id, words, hash in _lines_of(file):
        last = Checkpoint(id, hash)
        if walk is None:
            begins = last if id > 1 else Checkpoint(0, GENESIS)
            walk = ChainWalk(begins, dict([noted]) if noted else {}, cut=True)
            if begins is last:
                continue
        walk.take(id, words, hash)
    return (walk or ChainWalk(last, {}, cut=True)).end(last.id)


def _lines_of(file: Path) -> Iterator[tuple[int, list[bytes], str]]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(iter(lambda: lines.readline(_MAX_LINE), b""), 1):
                yield _event_of(line, f"{file}, line {number}")
    except OSError as error:
        raise InputError(f"{str(file)!r} cannot be read: {error.strerror}") from error


def _event_of(line: bytes, where: str) -> tuple[int, list[bytes], str]:
    try:
        event = msgspec.json.decode(line)
        return int(event["id"]), [str(event[word]).encode() for word in _WORDS], str(event["hash"])
    except (msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
        raise InputError(f"{where}: not an event of an export") from error

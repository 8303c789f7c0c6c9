"""`muster store`: where values rest, and moving them elsewhere."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, add_command, add_data, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.output import Progress, print_json, print_record, say

if TYPE_CHECKING:
    from muster.store.dataplane import Settings

_EMBEDDED = "embedded"
_THEN = "set store.url and start the hub"


def add(commands: Commands) -> None:
    group = add_group(commands, "store", "Where a hub's values rest")
    show = add_command(
        group,
        "show",
        _show,
        "Show which engine the settings name",
        examples=("muster store show", "muster store show --json"),
    )
    migrate = add_command(
        group,
        "migrate",
        _migrate,
        "Copy all values of a stopped hub to another engine, and compare them",
        details="The hub must have been stopped in order, so that its journal is empty. Nothing is"
        " deleted where the values are now. Days that are equal on both sides are left alone, so"
        " the same command continues a copy that was interrupted. Afterwards set store.url and"
        " start the hub. With --ahead it copies from a restored backup while the hub still runs;"
        " the last copy, of the stopped hub, then moves only what came since.",
        examples=(
            "muster store migrate --to 'clickhouse://a.example/muster?cluster=main'"
            " --credentials-file /etc/muster/clickhouse",
            "muster store migrate --to embedded",
        ),
    )
    migrate.add_argument(
        "--to", required=True, metavar="URL|embedded", help="the engine to copy to, as store.url"
    )
    migrate.add_argument(
        "--credentials-file", default="", metavar="FILE", help="of a cluster: user:password"
    )
    migrate.add_argument(
        "--ca-file", default="", metavar="FILE", help="whose certificates a cluster's nodes have"
    )
    migrate.add_argument(
        "--ahead",
        action="store_true",
        help="copy from a restored backup, without what its journal has: the hub runs meanwhile",
    )
    for parser in (show, migrate):
        add_data(parser, "the hub")
        parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
        add_json(parser)


def _show(options: argparse.Namespace) -> int:
    from muster.cli.hub import settings_of

    loaded = settings_of(options)
    store = loaded.value.store
    record = {
        "engine": "cluster" if store.url else _EMBEDDED,
        "at": store.url or str(loaded.value.data / "series"),
        "from": loaded.origin("store.url"),
    }
    if options.json:
        print_json(record)
    else:
        print_record(record)
    return Exit.OK


def _migrate(options: argparse.Namespace) -> int:
    import msgspec

    from muster.cli.hub import settings_of
    from muster.clock import SystemClock
    from muster.hub.backups.storemigration import migrate_data
    from muster.store.engine.migration import Copied

    settings = settings_of(options).value
    source: Settings = settings.store
    target = msgspec.structs.replace(
        source,
        url="" if options.to == _EMBEDDED else options.to,
        credentials_file=options.credentials_file,
        ca_file=options.ca_file,
    )
    progress = Progress("copied", "values")

    def tell(step: Copied) -> None:
        if options.json:
            print_json(step._asdict())
        else:
            progress.show(step.done, step.total)

    total = migrate_data(settings.data, source, target, SystemClock(), tell, is_ahead=options.ahead)
    progress.end()
    if options.json:
        print_json({"done": True, **total._asdict()})
    else:
        then = "stop the hub, and copy its own data" if options.ahead else _THEN
        say(f"{total.text} are in both engines, and equal; now {then}")
    return Exit.OK

"""`muster import`: points of another server brought into this hub."""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, add_command, add_group, add_json, duration
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import print_json, say
from muster.cli.places import default_data
from muster.clock import SECOND_NS, SystemClock
from muster.errors import InputError

if TYPE_CHECKING:
    from muster.cli.influximport import Policy, Report, Written
    from muster.log import Secret

_DATABASES, _WRITE = "/api/v1/influx/databases", "/api/v1/influx/write"
_GZIP_LEVEL = 1


def add(commands: Commands) -> None:
    group = add_group(commands, "import", "Bring the points of another server into this hub")
    influx = add_command(
        group,
        "influx",
        _influx,
        "Bring a database of an InfluxDB 1.x into this hub, over its query API",
        details="Goes on where it was interrupted, and run again brings what is new since. Kinds of"
        "\nfields stay; policies that are missing are made. Points beyond a policy's duration are"
        "\nrefused, and so are those of more than ingest.strange_days days far from today: both are"
        "\nin the report. Exit code 8 when some were refused.",
        examples=(
            "muster import influx http://old:8086 --db telegraf",
            "muster import influx https://old:8086 --db telegraf --user admin"
            " --password-file secret --since 90d",
            "muster import influx http://old:8086 --db telegraf --into history --json",
        ),
    )
    influx.add_argument("url", metavar="URL", help="http:// or https://, host and port")
    influx.add_argument("--db", required=True, metavar="NAME", help="the database there")
    influx.add_argument("--into", metavar="NAME", help="the database here (default: of that name)")
    influx.add_argument("--space", metavar="ID", default="", help="its space (default: the hub's)")
    influx.add_argument("--policy", metavar="NAME", default="", help="only this retention policy")
    influx.add_argument(
        "--measurement",
        metavar="NAME",
        action="append",
        default=[],
        help="only this one (repeat)",
    )
    influx.add_argument(
        "--since", metavar="WHEN", type=_when, default=None, help="a date, or how long ago (90d)"
    )
    influx.add_argument("--user", metavar="NAME", help="name for the source")
    influx.add_argument("--password-file", type=Path, metavar="FILE", help="its password (- stdin)")
    influx.add_argument(
        "--source-token-file",
        "--token-file",
        type=Path,
        metavar="FILE",
        dest="source_token_file",
        help="a token for the source instead",
    )
    influx.add_argument("--source-ca-file", type=Path, metavar="FILE", help="the CA of the source")
    influx.add_argument(
        "--state", type=Path, metavar="FILE", help="what was brought (default: beside the data)"
    )
    add_json(influx)


class _HubTarget:
    """See muster.cli.influximport.Target."""

    def __init__(self, hub: Hub, space: str, database: str) -> None:
        self._hub = hub
        self._space = space
        self._database = database

    def prepare(self, policies: "Sequence[Policy]") -> None:
        from msgspec import to_builtins

        wanted = [to_builtins(policy) for policy in policies]
        body = {"name": self._database, "space": self._space, "policies": wanted}
        self._hub.post(_DATABASES, body)

    def write(self, policy: str, body: bytes) -> "Written":
        import gzip

        from msgspec import convert

        from muster.cli.influximport import Written

        query = {"space": self._space, "db": self._database, "rp": policy}
        packed = gzip.compress(body, _GZIP_LEVEL)
        told = self._hub.send(_WRITE, query, packed, {"Content-Encoding": "gzip"})
        return convert(told, Written)


def _influx(options: argparse.Namespace) -> int:
    import os
    import time

    from muster.cli.influximport import InfluxImport, State, StateFile, Wish
    from muster.net.influxclient import InfluxClient

    clock, into = SystemClock(), options.into or options.db
    source = InfluxClient(
        options.url,
        authorization=_authorization(options),
        ca_file=options.source_ca_file,
        environment=os.environ,
    )
    hub = hub_of(options)
    fresh = State(source=source.where, database=options.db, into=into)
    file = StateFile(options.state or _state_path(options, source.where, into), fresh)
    report = InfluxImport(
        source=source,
        target=_HubTarget(hub, options.space, into),
        wish=Wish(
            database=options.db,
            policy=options.policy,
            measurements=tuple(options.measurement),
            since_ns=options.since(clock.now_ns()) if options.since else -(1 << 63),
        ),
        file=file,
        clock=clock,
        sleep=time.sleep,
        tell=say,
    ).run()
    if options.json:
        print_json(report)
    else:
        _tell(report)
    return Exit.CHECK_FAILED if report.refused else Exit.OK


def _tell(report: "Report") -> None:
    total = sum(len(each) for each in report.measurements.values())
    say(
        f"{report.points} points of {total} measurements are in {report.into},"
        f" {report.refused} were refused, in {report.seconds:g} s"
    )
    for text in report.errors:
        say(f"  refused: {text}")
    for field in report.several_kinds:
        say(f"  {field} had several kinds in the source: InfluxDB shows it as one of them")
    for what, count in report.not_brought.items():
        if count:
            say(f"  not brought along: {count} {what}")


def _authorization(options: argparse.Namespace) -> "Secret | None":
    """Errors: InputError."""
    from muster.cli.files import read_secret_file
    from muster.log import Secret
    from muster.net.influxclient import basic

    if options.source_token_file:
        if options.user or options.password_file:
            raise InputError("--source-token-file stands for itself: no --user, no --password-file")
        return Secret(f"Token {read_secret_file(options.source_token_file, 'token').reveal()}")
    if bool(options.user) != bool(options.password_file):
        raise InputError("--user NAME and --password-file FILE go together")
    if not options.user:
        return None
    return basic(options.user, read_secret_file(options.password_file, "password"))


def _state_path(options: argparse.Namespace, where: str, into: str) -> Path:
    named = hashlib.sha256(f"{where}\n{options.db}\n{into}\n{options.hub or ''}".encode())
    folder: Path = (options.data or default_data()).absolute() / "imports"
    return folder / f"{named.hexdigest()[:24]}.json"


def _when(text: str) -> Callable[[int], int]:
    """A date, a time, or a duration back from now; called with the time of now."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        back_ns = round(duration(text).total_seconds() * SECOND_NS)
        return lambda now_ns: now_ns - back_ns
    at = found if found.tzinfo else found.replace(tzinfo=UTC)
    at_ns = round(at.timestamp()) * SECOND_NS
    return lambda now_ns: at_ns

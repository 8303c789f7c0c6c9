"""`muster query`: stored values as a table, JSON or CSV."""

import argparse
import csv
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from muster.cli.arguments import Commands, Parser, add_command, duration, positive
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.node import find_node
from muster.cli.output import format_time, print_json, print_table
from muster.clock import SystemClock, span_ns
from muster.errors import InputError
from muster.model.query import Function

EXAMPLES = (
    "muster query --measurement mem --field used_percent --node web-01 --last 5m",
    "muster query --measurement cpu --field usage_idle --tag cpu=cpu-total --last 60s"
    " --every 10s --fn mean --json",
    "muster query --measurement net --field bytes_recv --tag interface=eth0 --last 1h"
    " --every 1m --fn rate --csv",
    "muster query --measurement disk --field used_percent --last 1h --fn p95",
)


def add(commands: Commands) -> None:
    parser = add_command(commands, "query", _query, "Ask for stored values", examples=EXAMPLES)
    parser.add_argument(
        "--measurement", required=True, metavar="NAME", help="such as cpu: see muster agent dump"
    )
    parser.add_argument(
        "--field", action="append", default=[], metavar="NAME", help="repeat for more; default: all"
    )
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only series with it (repeat)",
    )
    parser.add_argument(
        "--node", action="append", default=[], metavar="NODE", help="id or name; repeat for more"
    )
    _add_range(parser)
    parser.add_argument("--every", type=duration, metavar="TIME", help="length of one bucket")
    parser.add_argument(
        "--fn",
        default=None,
        metavar="FUNCTION",
        help="mean (default with --every), min, max, sum, count, last, first, rate, p50 … p99.9,"
        " raw (default without)",
    )
    parser.add_argument(
        "--limit", type=positive, default=1000, metavar="N", help="most series in the answer"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON for scripts")
    form.add_argument("--csv", action="store_true", help="print CSV")


def _add_range(parser: Parser) -> None:
    parser.add_argument(
        "--last", type=duration, metavar="TIME", help="from this long ago until now (default 5m)"
    )
    parser.add_argument("--from", dest="start", metavar="TIME", help="ISO time, UTC if no zone")
    parser.add_argument("--to", dest="end", metavar="TIME", help="ISO time (default now)")


def _query(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    frame = hub.post("/api/v1/query", _body(options, hub))
    columns, rows = _rows(frame)
    if options.json:
        print_json({"columns": columns, "rows": rows, "series": frame["series"]})
    elif options.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([_harmless(column) for column in columns])
        writer.writerows([_harmless(cell) for cell in row] for row in rows)
    else:
        empty = "No values in this range. What agents send: muster agent dump"
        print_table(columns, [(format_time(row[0]), *row[1:]) for row in rows], empty)
    return Exit.OK


def _body(options: argparse.Namespace, hub: Hub) -> dict[str, Any]:
    start_ns, end_ns = _range(options)
    function, percentile = _function(options.fn or ("mean" if options.every else "raw"))
    select: dict[str, Any] = {"measurement": options.measurement, "fields": options.field}
    select["tags"] = _tags(options.tag)
    select["nodes"] = [find_node(hub, name)["id"] for name in options.node]
    body: dict[str, Any] = {"select": select, "start_ns": start_ns, "end_ns": end_ns}
    body |= {"function": function, "limit": options.limit}
    if percentile is not None:
        body["percentile"] = percentile
    if options.every:
        body["step_ns"] = span_ns(options.every)
    return body


def _range(options: argparse.Namespace) -> tuple[int, int]:
    end_ns = _moment(options.end) if options.end else SystemClock().now_ns()
    if options.start:
        if options.last:
            raise InputError("--from and --last exclude each other")
        start_ns = _moment(options.start)
    else:
        start_ns = end_ns - span_ns(options.last or timedelta(minutes=5))
    if start_ns >= end_ns:
        raise InputError("the range is empty: it ends before it starts")
    return start_ns, end_ns


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"not an ISO time (2026-11-20T21:14:00): {text!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000) * 1_000_000


def _function(name: str) -> tuple[str, float | None]:
    if name[:1] == "p" and name[1:].replace(".", "", 1).isdecimal():
        return "percentile", float(name[1:])
    if name not in [function.value for function in Function]:
        known = ", ".join(function.value for function in Function)
        raise InputError(f"unknown function {name!r}; known are {known}, p95")
    return name, None


def _tags(pairs: list[str]) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not (key and mark and value):
            raise InputError(f"not KEY=VALUE: {pair!r}")
        tags.setdefault(key, []).append(value)
    return tags


def _rows(frame: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    columns = ["time", *_names(frame["series"])]
    rows = [
        [time_ns, *(column[index] for column in frame["values"])]
        for index, time_ns in enumerate(frame["times"])
    ]
    return columns, rows


def _names(series: list[dict[str, Any]]) -> list[str]:
    """Shortest names that tell the columns apart: tags that differ, in braces."""
    tags = [dict(entry["tags"]) for entry in series]
    differ = sorted(
        key
        for key in {key for each in tags for key in each} - {"node", "space"}
        if len({each.get(key) for each in tags}) > 1
    )
    names = []
    for entry, each in zip(series, tags, strict=True):
        shown = ",".join(f"{key}={each[key]}" for key in differ if key in each)
        names.append(entry["field"] + (f"{{{shown}}}" if shown else ""))
    return names


def _harmless(cell: Any) -> Any:  # noqa: ANN401
    """A spreadsheet must not run what a node sent as text."""
    if isinstance(cell, str) and cell[:1] in "=+-@\t\r":
        return "'" + cell
    return cell

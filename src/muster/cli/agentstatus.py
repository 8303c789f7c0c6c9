"""`muster agent status`: what a running agent says of itself."""

import argparse
from typing import Any

from muster.cli import agenthubs
from muster.cli.exits import Exit
from muster.cli.output import format_time, print_json, print_record, print_table
from muster.cli.places import agent_data


def print_status(options: argparse.Namespace) -> int:
    import asyncio

    from muster.agent.status import PATH, SOCKET
    from muster.cli.sockets import is_answered
    from muster.errors import Unavailable
    from muster.net.client import Target, request

    socket = agent_data(options) / SOCKET
    if not is_answered(socket):
        raise Unavailable(f"no agent runs on {str(socket.parent)!r}; start it: muster agent run")
    status = asyncio.run(request(Target(socket=socket), "GET", PATH, timeout_s=10)).json()
    if options.json:
        print_json(status)
    else:
        _print(status)
    return Exit.OK


def _print(status: dict[str, Any]) -> None:
    from muster.agent.diagnosis.advice import ADVICE, AWAY

    link, spool, process = status["link"], status["spool"], status["process"]
    node = status["node"] or {}
    print_record(
        {
            "node": f"{node['name']} ({node['node']})" if node else "not claimed",
            "link": f"{link['state']} since {format_time(link['since_ns'])}"
            + (f", tries again after {link['retry_s']:g} s" if link["retry_s"] else ""),
            "hub": link["hub"] + (f" by way of {link['proxy']}" if link["proxy"] else ""),
            "failed": link["cause"],
            "what now": (ADVICE | AWAY).get(link.get("code")),
            "acknowledged": f"{link['ack_ms']:.1f} ms after sending",
            "clock": f"{link['clock_skew_s']:+.3f} s against the hub",
            "certificate": f"until {format_time(node.get('not_after_ns', 0))}, renewed at"
            f" {format_time(link['renewal_due_ns'])}"
            if node
            else "",
            "renewal": link["renewal_error"],
            "unsent": f"{spool['values']} values in {spool['batches']} batches",
            "lost": f"{spool['lost_values']} values",
            "not kept": f"{spool['refused_values']} values: {spool['refusal']}"
            if spool["refused_values"]
            else "",
            "disk": spool["fault"] or f"{spool['bytes']} of at most {spool['max_bytes']} bytes",
            "process": f"{process['rss_bytes'] / 2**20:.1f} MiB, {process['cpu_percent']} % of"
            " a core",
            "version": status["version"] + ("" if status["compiled"] else ", pure Python"),
        }
    )
    if len(hubs := status.get("hubs", [])) > 1:
        agenthubs.print_hubs(hubs)
    rows = [
        (
            each["name"],
            collector_state(each),
            each["values"],
            each["runs"],
            each["failures"],
            each["last_error"],
        )
        for each in status["collectors"]
    ]
    print()
    columns = ("COLLECTOR", "STATE", "VALUES", "RUNS", "FAILED", "LAST ERROR")
    print_table(columns, rows, "No collectors.")
    if probes := status.get("probes", []):
        print()
        print_probes(probes)


def print_probes(probes: list[dict[str, Any]]) -> None:
    """Who is asked, by whose wish, and why it fails."""
    rows = [
        (
            each["kind"],
            each["target"],
            f"every {each['interval_s']} s",
            each["hub"] or "settings",
            each["runs"],
            each["fault"],
        )
        for each in probes
    ]
    print_table(("PROBE", "TARGET", "STATE", "FROM", "RUNS", "FAULT"), rows, "No probes.")


def collector_state(collector: dict[str, Any]) -> str:
    if not collector["enabled"]:
        return "disabled"
    if collector["failing"]:
        return "failing"
    return "nothing here" if not collector["values"] else f"every {collector['interval_s']} s"

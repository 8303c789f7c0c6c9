"""What the simulated machine is, in the JSON and text of the agent's API.

Source: specification 8
"""

import re
from typing import Any

from muster.testing.netdata.machine import Alert, Chart, Host, Machine
from muster.testing.netdata.quirks import Quirks

FUNCTIONS = {
    "processes": {
        "help": "Detailed information on the currently running processes.",
        "timeout": 10,
        "tags": "top",
        "access": ["signed-id", "same-space", "sensitive-data"],
        "priority": 10,
        "version": 1,
    }
}


def info(
    machine: Machine, host: Host, quirks: Quirks, claimed: bool, online: bool
) -> dict[str, Any]:
    counted = {"normal": 0, "warning": 0, "critical": 0}
    for alert in host.alerts:
        counted[{"WARNING": "warning", "CRITICAL": "critical"}.get(alert.status, "normal")] += 1
    return {
        "version": quirks.version,
        "uid": host.machine_guid,
        "hostname": host.hostname,
        "mirrored_hosts": [each.hostname for each in machine.hosts],
        "mirrored_hosts_status": [
            {
                "guid": each.machine_guid,
                "hostname": each.hostname,
                "hops": each.hops,
                "reachable": each.live,
                "node_id": each.node_id or None,
            }
            for each in machine.hosts
        ],
        "alarms": counted,
        "os_name": "Simulix",
        "os_id": "simulix",
        "cores_total": "2",
        "ram_total": "2147483648",
        "host_labels": host.labels,
        "collectors": [{"plugin": "proc.plugin", "module": "/proc/stat"}],
        "cloud-enabled": True,
        "cloud-available": True,
        "agent-claimed": claimed,
        "aclk-available": online,
        "charts-count": len(host.charts),
        "metrics-count": sum(len(chart.dimensions) for chart in host.charts),
    }


def chart(host: Host, each: Chart, now_s: int) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.id,
        "type": each.id.partition(".")[0],
        "family": each.family,
        "context": each.context,
        "title": f"{each.title} ({each.id})",
        "priority": each.priority,
        "plugin": each.plugin,
        "module": each.module,
        "units": each.units,
        "chart_type": each.chart_type,
        "duration": now_s - host.first_s,
        "first_entry": host.first_s,
        "last_entry": now_s,
        "update_every": 1,
        "dimensions": {name: {"name": name} for name in each.dimensions},
        "chart_labels": {},
    }


def charts(host: Host, now_s: int) -> dict[str, Any]:
    return {
        "hostname": host.hostname,
        "update_every": 1,
        "history": now_s - host.first_s,
        "charts": {each.id: chart(host, each, now_s) for each in host.charts},
        "charts_count": len(host.charts),
        "dimensions_count": sum(len(each.dimensions) for each in host.charts),
    }


def contexts(host: Host, now_s: int) -> dict[str, Any]:
    return {
        "hostname": host.hostname,
        "machine_guid": host.machine_guid,
        "node_id": host.node_id,
        "contexts": {
            name: {
                "version": host.first_s,
                "title": each.title,
                "units": each.units,
                "family": each.family,
                "chart_type": each.chart_type,
                "priority": each.priority,
                "first_time_t": host.first_s,
                "last_time_t": now_s,
                "collected": host.live,
            }
            for name, each in host.contexts().items()
        },
    }


def contexts_v2(machine: Machine, now_s: int) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for host in machine.hosts:
        merged |= contexts(host, now_s)["contexts"]
    return {"api": 2, "nodes": nodes(machine), "contexts": merged}


def nodes(machine: Machine) -> list[dict[str, Any]]:
    return [
        {"mg": host.machine_guid, "nd": host.node_id, "nm": host.hostname, "ni": place}
        for place, host in enumerate(machine.hosts)
    ]


def agents(machine: Machine) -> list[dict[str, Any]]:
    return [{"mg": machine.own.machine_guid, "nd": machine.own.node_id, "nm": machine.own.hostname}]


def alarm(each: Alert) -> dict[str, Any]:
    return {
        "id": 1,
        "name": each.name,
        "chart": each.chart,
        "context": each.context,
        "status": each.status,
        "value": each.value,
        "units": each.units,
        "info": each.info,
        "last_status_change": each.when,
    }


def alarms(host: Host, now_s: int, every: bool) -> dict[str, Any]:
    """All alerts, or only those raised."""
    shown = [each for each in host.alerts if every or each.status in ("WARNING", "CRITICAL")]
    return {
        "hostname": host.hostname,
        "now": now_s,
        "alarms": {f"{each.chart}.{each.name}": alarm(each) for each in shown},
    }


def alarm_log(host: Host) -> list[dict[str, Any]]:
    return [
        {
            "unique_id": each.event,
            "name": each.name,
            "chart": each.chart,
            "status": each.status,
            "old_status": each.old_status,
            "when": each.when,
            "value": each.value,
        }
        for each in host.alerts
    ]


def metrics_json(host: Host, now_s: int) -> dict[str, Any]:
    return {
        each.id: {
            "name": each.id,
            "family": each.family,
            "context": each.context,
            "units": each.units,
            "last_updated": now_s,
            "dimensions": {
                name: {"name": name, "value": each.value(name, now_s)} for name in each.dimensions
            },
        }
        for each in host.charts
    }


def metrics_prometheus(host: Host, now_s: int) -> str:
    lines = [
        f'netdata_{_plain(each.context)}_{_plain(each.units)}_average{{chart="{each.id}",'
        f'dimension="{name}",family="{each.family}"}} {each.value(name, now_s):.7f} {now_s * 1000}'
        for each in host.charts
        for name in each.dimensions
    ]
    return "\n".join((*lines, ""))


def metrics_shell(host: Host, now_s: int) -> str:
    lines: list[str] = []
    for each in host.charts:
        lines += ["", f"# chart: {each.id} (name: {each.id})"]
        for name in each.dimensions:
            key = f"NETDATA_{_plain(each.id)}_{_plain(name)}".upper()
            lines.append(f'{key}="{round(each.value(name, now_s))}"      # {each.units}')
    return "\n".join((*lines, ""))


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", text)


def processes(now_s: int) -> dict[str, Any]:
    """The table of the function `processes`."""
    names = ("PID", "Cmd", "CPU", "Memory")
    return {
        "status": 200,
        "type": "table",
        "has_history": False,
        "update_every": 1,
        "help": FUNCTIONS["processes"]["help"],
        "data": [[1, "simulated", (now_s % 100) / 10, 12.5], [42, "netdata", 0.5, 60.25]],
        "columns": {
            name: {"index": place, "name": name, "unique_key": name == "PID", "visible": True}
            for place, name in enumerate(names)
        },
        "default_sort_column": "CPU",
        "expires": now_s + 1,
    }

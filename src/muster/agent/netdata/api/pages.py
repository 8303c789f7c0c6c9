"""What each path of the local API answers: Netdata's keys, our own facts behind them.

Values that this agent has nothing for are null, or the text "unknown", as the original has them.
Source: netdata-claim-aclk specification 8 and 9; answers of 1.37
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from muster import __version__
from muster.agent.collecting.scheduler import CollectorStatus
from muster.agent.netdata.api.formats import (
    JSON,
    TEXT,
    format_data,
    metrics_as_json,
    metrics_as_prometheus,
    metrics_as_shell,
)
from muster.agent.netdata.api.ring import GONE_S, Chart, Ring
from muster.agent.netdata.api.select import pick, read_question
from muster.agent.netdata.keeper import Keeper
from muster.agent.netdata.state import CloudState, cloud_as_json, four_booleans, state_as_json
from muster.clock import SECOND_NS, Clock
from muster.errors import InputError, NotFound
from muster.model.inventory import Facts

VERSION = f"v{__version__}"
_FORMATS = "Which format? 'shell', 'prometheus', 'prometheus_all_hosts' and 'json' are currently"


class Page(NamedTuple):
    """An answer."""

    status: int
    kind: str
    body: str


Query = Mapping[str, str]


class Pages:
    """All that is read. The claim API stands in ownership.py."""

    def __init__(
        self,
        *,
        ring: Ring,
        keeper: Keeper,
        facts: Facts,
        collectors: Callable[[], Sequence[CollectorStatus]],
        clock: Clock,
    ) -> None:
        self._ring = ring
        self._keeper = keeper
        self._facts = facts
        self._collectors = collectors
        self._clock = clock
        self._known: dict[str, Callable[[Query], Page]] = {
            "v1/info": self._info,
            "v1/charts": self._charts,
            "v1/chart": self._chart,
            "v1/data": self._data,
            "v1/contexts": self._contexts,
            "v1/context": self._context,
            "v1/allmetrics": self._allmetrics,
            "v1/alarms": self._alarms,
            "v1/alarm_log": lambda _: _json([]),
            "v1/aclk": lambda _: _json(state_as_json(self._keeper.state())),
            "v2/info": self._agents,
            "v3/info": self._agents,
        }

    def answer(self, path: str, query: Query) -> Page:
        """`path` is what stands behind /api/. Never fails for what a client may ask."""
        page = self._known.get(path)
        try:
            if page is None:
                version, _, command = path.partition("/")
                raise NotFound(f"Unsupported {version[:8]} API command: {command[:80]}")
            return page(query)
        except NotFound as error:
            return Page(404, TEXT, str(error))
        except InputError as error:
            return Page(400, TEXT, str(error))

    def agent(self) -> dict[str, Any]:
        """Who answers, in the short keys of v2 and v3."""
        state = self._keeper.state()
        return {
            "mg": state.machine_guid,
            "nd": state.node or None,
            "nm": state.hostname,
            "ai": 0,
            "v": VERSION,
            "now": self._clock.now_ns() // SECOND_NS,
        }

    def _agents(self, _query: Query) -> Page:
        state = self._keeper.state()
        cloud = cloud_as_json(state, self._clock.now_ns())
        return _json({"api": 2, "agents": [self.agent() | {"cloud": cloud}]})

    def _info(self, _query: Query) -> Page:
        state, facts = self._keeper.state(), self._facts
        charts = [*self._ring.living()]
        return _json(
            {
                "version": VERSION,
                "uid": state.machine_guid,
                "mirrored_hosts": [state.hostname],
                "mirrored_hosts_status": [_host(state)],
                "alarms": {"normal": 0, "warning": 0, "critical": 0},
                **_system(facts),
                "host_labels": {
                    "_os_name": facts.os or "unknown",
                    "_kernel_version": facts.kernel or "unknown",
                    "_system_cores": str(facts.cores),
                    "_system_ram_total": str(facts.memory_bytes),
                    "_architecture": facts.architecture,
                    "_aclk_available": str(four_booleans(state)["aclk-available"]).lower(),
                    "_is_parent": "false",
                },
                "functions": {},
                "collectors": [
                    {"plugin": "muster", "module": each.name}
                    for each in self._collectors()
                    if each.enabled
                ],
                **four_booleans(state),
                "memory-mode": "ram",
                "stream-enabled": False,
                "hosts-available": 1,
                "https-enabled": False,
                "buildinfo": "muster",
                "release-channel": "stable",
                "web-enabled": True,
                "charts-count": len(charts),
                "metrics-count": sum(chart.width for chart in charts),
            }
        )

    def _charts(self, _query: Query) -> Page:
        state = self._keeper.state()
        charts = [*self._ring.living()]
        return _json(
            {
                "hostname": state.hostname,
                "version": VERSION,
                "release_channel": "stable",
                "os": "linux",
                "timezone": "Etc/UTC",
                "update_every": 1,
                "history": self._ring.history_s,
                "memory_mode": "ram",
                "custom_info": "",
                "charts": {chart.id: _described(chart) for chart in charts},
                "charts_count": len(charts),
                "dimensions_count": sum(chart.width for chart in charts),
                "alarms_count": 0,
                "rrd_memory_bytes": self._ring.memory_bytes,
                "hosts_count": 1,
                "hosts": [{"hostname": state.hostname}],
            }
        )

    def _chart(self, query: Query) -> Page:
        name = query.get("chart", "")
        if not name:
            raise InputError("No chart id is given at the request.")
        found = self._named(name)
        if not found:
            raise NotFound(f"Chart is not found: {name[:120]}")
        return _json(_described(found[0]))

    def _data(self, query: Query) -> Page:
        name, context = query.get("chart", ""), query.get("context", "")
        if not name and not context:
            raise InputError("No chart or context is given.")
        question = read_question(query)
        charts = self._named(name) if name else self._of_context(context)
        return Page(200, *format_data(pick(charts, question), question))

    def _contexts(self, _query: Query) -> Page:
        state = self._keeper.state()
        contexts: dict[str, list[Chart]] = {}
        for chart in self._ring.living():
            contexts.setdefault(chart.rule.context, []).append(chart)
        return _json(
            {
                "hostname": state.hostname,
                "machine_guid": state.machine_guid,
                "node_id": state.node,
                "claim_id": state.claim_id,
                "contexts": {name: self._told(charts) for name, charts in contexts.items()},
            }
        )

    def _context(self, query: Query) -> Page:
        name = query.get("context", "")
        if not name:
            raise InputError("No context given.")
        charts = self._of_context(name)
        if not charts:
            raise NotFound(f"Context is not found: {name[:120]}")
        return _json(self._told(charts))

    def _told(self, charts: Sequence[Chart]) -> dict[str, Any]:
        rule = charts[0].rule
        last_s = max(chart.last_s for chart in charts)
        return {
            "title": rule.title,
            "units": rule.units,
            "family": charts[0].family,
            "chart_type": rule.kind,
            "priority": rule.priority,
            "first_time_t": min(chart.first_s for chart in charts),
            "last_time_t": last_s,
            "collected": self._ring.now_s() - last_s < GONE_S,
        }

    def _allmetrics(self, query: Query) -> Page:
        form = query.get("format", "shell")
        charts = self._collected()
        if form == "json":
            return Page(200, JSON, metrics_as_json(charts))
        if form == "shell":
            return Page(200, TEXT, metrics_as_shell(charts))
        if form in ("prometheus", "prometheus_all_hosts"):
            wanted = {"help": query.get("help") == "yes", "types": query.get("types") == "yes"}
            state = self._keeper.state()
            body = metrics_as_prometheus(
                charts, state.hostname, VERSION, with_help=wanted["help"], types=wanted["types"]
            )
            return Page(200, TEXT, body)
        raise InputError(f"{_FORMATS} supported.")

    def _alarms(self, _query: Query) -> Page:
        """None here: alerts are the hub's."""
        return _json(
            {
                "hostname": self._keeper.state().hostname,
                "latest_alarm_log_unique_id": 0,
                "status": True,
                "now": self._clock.now_ns() // SECOND_NS,
                "alarms": {},
            }
        )

    def _collected(self) -> Iterable[Chart]:
        now_s = self._ring.now_s()
        return (chart for chart in self._ring.living() if now_s - chart.last_s < GONE_S)

    def _named(self, name: str) -> list[Chart]:
        return [chart for chart in self._ring.living() if name in (chart.id, chart.also)][:1]

    def _of_context(self, name: str) -> list[Chart]:
        return [chart for chart in self._ring.living() if chart.rule.context == name]


def _json(value: object) -> Page:
    return Page(200, JSON, json.dumps(value))


def _host(state: CloudState) -> dict[str, Any]:
    return {
        "guid": state.machine_guid,
        "hostname": state.hostname,
        "reachable": True,
        "hops": 0,
        "claim_id": state.claim_id or None,
        "node_id": state.node or None,
    }


def _system(facts: Facts) -> dict[str, Any]:
    return {
        "os_name": facts.os or "unknown",
        "os_id": "unknown",
        "os_version": "unknown",
        "cores_total": str(facts.cores),
        "ram_total": str(facts.memory_bytes),
        "kernel_name": "Linux",
        "kernel_version": facts.kernel or "unknown",
        "architecture": facts.architecture,
        "is_k8s_node": "false",
    }


def _described(chart: Chart) -> dict[str, Any]:
    rule = chart.rule
    return {
        "id": chart.id,
        "name": chart.id,
        "type": chart.id.partition(".")[0],
        "family": chart.family,
        "context": rule.context,
        "title": f"{rule.title} ({chart.id})",
        "priority": rule.priority,
        "plugin": rule.plugin,
        "module": rule.module,
        "units": rule.units,
        "data_url": f"/api/v1/data?chart={chart.id}",
        "chart_type": rule.kind,
        "duration": chart.last_s - chart.first_s + chart.every_s,
        "first_entry": chart.first_s,
        "last_entry": chart.last_s,
        "update_every": chart.every_s,
        "dimensions": {dim.id: {"name": dim.name} for dim in rule.dims},
        "chart_variables": {},
        "green": None,
        "red": None,
        "alarms": {},
        "chart_labels": {"_collect_plugin": rule.plugin, "_collect_module": rule.module},
        "functions": {},
    }

"""What the agent's own HTTP API answers, for its local port and for queries through the link.

Only what section 8 names as essential, from the simulated machine. Errors are text, in the
words of the real one.

Source: specification 7.1 (paths), 8 (calls)
"""

import gzip
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from muster.testing.netdata import describe, table
from muster.testing.netdata.machine import Chart, Host, Machine
from muster.testing.netdata.quirks import Quirks

UNKNOWN_NODE = "no such node in this agent"
_STALE = b'{"api":1,"id":"an.older.answer"}'


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; `stale` are bytes that lie behind its body by mistake."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    encoding: str = ""
    stale: bytes = b""

    def format(self, transaction: str = "") -> bytes:
        """As raw HTTP."""
        reason = {200: "OK", 400: "Bad Request", 404: "Not Found"}.get(self.status, "Error")
        lines = [
            f"HTTP/1.1 {self.status} {reason}",
            "Connection: close",
            "Server: Netdata Embedded HTTP Server",
            "Access-Control-Allow-Origin: *",
            f"Content-Type: {self.content_type}",
        ]
        if transaction:
            lines.append(f"X-Transaction-ID: {transaction}")
        if self.encoding:
            lines.append(f"Content-Encoding: {self.encoding}")
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join((*lines, "", "")).encode() + self.body + self.stale


class _Unanswered(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Asked(msgspec.Struct, frozen=True):
    """One call on one host."""

    host: Host
    parameters: Mapping[str, str]
    now_s: int
    body: bytes = b""

    @property
    def options(self) -> frozenset[str]:
        return frozenset(self.parameters.get("options", "").replace("|", ",").split(","))

    def charts(self) -> list[Chart]:
        name, context = self.parameters.get("chart", ""), self.parameters.get("context", "")
        if name:
            chart = self.host.chart(name)
            return [chart] if chart else []
        return self.host.of_context(context)


class WebApi:
    """All calls of one agent. `aclk_state` says whether claimed and whether online."""

    def __init__(
        self,
        machine: Machine,
        quirks: Quirks,
        now_s: Callable[[], int],
        aclk_state: Callable[[], tuple[bool, bool]] = lambda: (True, True),
    ) -> None:
        self._machine = machine
        self._quirks = quirks
        self._now_s = now_s
        self._aclk_state = aclk_state
        self.asked = 0

    def answer(self, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Answer one GET or POST; header names in lower case."""
        self.asked += 1
        stale = _STALE if self._quirks.stale_after_errors else b""
        try:
            host, path = self._route(urlsplit(target).path)
            parameters = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
            found = self._call(path, Asked(host, parameters, self._now_s(), body))
        except _Unanswered as error:
            return Response(status=error.status, body=str(error).encode(), stale=stale)
        except ValueError as error:
            return Response(status=400, body=f"invalid parameters: {error}".encode(), stale=stale)
        return self._packed(found, headers.get("accept-encoding", ""))

    def _packed(self, found: object, accepts: str) -> Response:
        kind = "application/json; charset=utf-8"
        if isinstance(found, str):
            kind, data = "text/plain; charset=utf-8", found.encode()
        else:
            data = msgspec.json.encode(found)
        if "gzip" not in accepts:
            return Response(status=200, body=data, content_type=kind)
        if self._quirks.gzip_is_text:
            kind = "text/plain; charset=utf-8"
        packed = gzip.compress(data, compresslevel=3, mtime=0)
        return Response(status=200, body=packed, content_type=kind, encoding="gzip")

    def _route(self, path: str) -> tuple[Host, str]:
        """The host that a path is about, and the path below it."""
        parts = path.split("/")
        host: Host | None = self._machine.own
        if len(parts) > 3 and parts[1] in ("node", "host"):
            name = unquote(parts[2])
            find = self._machine.by_node if parts[1] == "node" else self._machine.by_name
            host, path = find(name), "/" + "/".join(parts[3:])
        if host is None:
            raise _Unanswered(404, UNKNOWN_NODE)
        if not path.startswith("/api/"):
            raise _Unanswered(404, "Unknown API endpoint.")
        return host, path.removeprefix("/api/")

    def _call(self, path: str, asked: Asked) -> object:
        version, _, name = path.partition("/")
        if version == "v3" and self._quirks.has_v3:
            version = "v2"  # the same calls, for what is simulated here
        if version == "v1" and name == "info":
            claimed, online = self._aclk_state()
            return describe.info(self._machine, asked.host, self._quirks, claimed, online)
        call = _CALLS.get(f"{version}/{name}")
        if call is None:
            raise _Unanswered(404, f"Unsupported API command: {name}")
        return call(asked, self._machine)


def _data(asked: Asked, _: Machine) -> object:
    charts, options = asked.charts(), asked.options
    if not charts:
        raise _Unanswered(404, "No metrics where matched to query.")
    found = table.query(asked.host, charts, asked.parameters, asked.now_s)
    if asked.parameters.get("format") == "csv":
        return table.as_csv(found)
    if asked.parameters.get("format") == "csvjsonarray":
        return table.as_lists(found, options)
    if "jsonwrap" in options:
        return table.as_wrapped(found, charts[0], options, asked.host)
    return table.as_json(found, options)


def _data_v2(asked: Asked, machine: Machine) -> object:
    wanted = asked.parameters.get("scope_contexts") or asked.parameters.get("contexts", "")
    host = asked.host
    if nodes := asked.parameters.get("scope_nodes") or asked.parameters.get("nodes", ""):
        host = machine.by_node(nodes) or machine.by_guid(nodes) or host
    charts = host.of_context(wanted)
    if not charts:
        raise _Unanswered(404, "No metrics where matched to query.")
    found = table.query(host, charts, asked.parameters, asked.now_s)
    found = table.grouped(found, charts, asked.parameters)
    told = table.as_json2(found, host, charts, [wanted])
    form = asked.parameters.get("format")  # the same around it
    if form == "json":
        told["result"] = table.as_json(found, asked.options)
    elif form == "csvjsonarray":
        told["result"] = table.as_lists(found, asked.options)
    return told


def _alarms(asked: Asked, _: Machine) -> object:
    return describe.alarms(asked.host, asked.now_s, "all" in asked.parameters)


def _chart(asked: Asked, _: Machine) -> object:
    if not (chart := asked.host.chart(asked.parameters.get("chart", ""))):
        raise _Unanswered(404, "Chart is not found")
    return describe.chart(asked.host, chart, asked.now_s)


def _context(asked: Asked, _: Machine) -> object:
    found: dict[str, Any] = describe.contexts(asked.host, asked.now_s)["contexts"]
    name = asked.parameters.get("context", "")
    if name not in found:
        raise _Unanswered(404, "Context is not found")
    return found[name]


def _allmetrics(asked: Asked, _: Machine) -> object:
    kind = asked.parameters.get("format", "shell")
    if kind == "json":
        return describe.metrics_json(asked.host, asked.now_s)
    if kind.startswith("prometheus"):
        return describe.metrics_prometheus(asked.host, asked.now_s)
    if kind == "shell":
        return describe.metrics_shell(asked.host, asked.now_s)
    raise _Unanswered(400, "format is not known")


def _function(asked: Asked, _: Machine) -> object:
    name = asked.parameters.get("function", "").split(" ")[0]
    if name not in describe.FUNCTIONS:
        raise _Unanswered(404, "No collector is supplying this function on this host at this time.")
    return describe.processes(asked.now_s)


_CALLS: dict[str, Callable[[Asked, Machine], object]] = {
    "v1/charts": lambda asked, _: describe.charts(asked.host, asked.now_s),
    "v1/chart": _chart,
    "v1/contexts": lambda asked, _: describe.contexts(asked.host, asked.now_s),
    "v1/context": _context,
    "v1/data": _data,
    "v1/alarms": _alarms,
    "v1/alarm_log": lambda asked, _: describe.alarm_log(asked.host),
    "v1/allmetrics": _allmetrics,
    "v1/functions": lambda _, __: {"functions": describe.FUNCTIONS},
    "v1/function": _function,
    "v2/data": _data_v2,
    "v2/contexts": lambda asked, machine: describe.contexts_v2(machine, asked.now_s),
    "v2/nodes": lambda _, machine: {"api": 2, "nodes": describe.nodes(machine)},
    "v2/info": lambda _, machine: {"api": 2, "agents": describe.agents(machine)},
}

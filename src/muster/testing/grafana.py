"""Requests as Grafana's data sources send them, and what Grafana reads out of the answers.

Two ages of the InfluxDB source: up to 8 the browser asks through Grafana's proxy, all targets of a
panel at once; from 9 on the back end asks, one target at a time. Prometheus is asked by forms.
Source: specification, sections 9.3 and 10.2; requests of Grafana 7.0 and 7.5 as they were recorded
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

Document = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
_PLAIN = "!'()*-._~"  # what encodeURIComponent leaves
# What a browser says that shows Grafana, and Grafana's proxy passes on; it takes Origin, Referer
# and Cookie away, and the browser's name.
PROXIED = {
    "Accept": "application/json, text/plain, */*",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "de,en;q=0.7",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent": "Grafana/7.0.3",
    "X-Forwarded-For": "192.168.1.20, 172.18.0.1",
    "X-Grafana-Org-Id": "1",
}
# Where a data source is set to `Browser`, the page itself asks, of another origin than its own.
OF_A_PAGE = {
    "Accept": "application/json, text/plain, */*",
    "Accept-Encoding": "gzip, deflate, br",
    "Origin": "https://grafana.example:3000",
    "Referer": "https://grafana.example:3000/",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "cross-site",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
}
BACK_END = {
    "Accept-Encoding": "gzip",
    "User-Agent": "Grafana/11.2.0",
    "X-Dashboard-Uid": "qsRMQfkgz",
    "X-Datasource-Uid": "telegraf1",
    "X-Grafana-Org-Id": "1",
    "X-Panel-Id": "7",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `path` has its query with it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What a dashboard shows: a range, an interval, and what is chosen. Units: ms.

    `since` is set (`3h`) for a range that ends now, which the browser leaves to the server.
    """

    from_ms: int
    to_ms: int
    interval_ms: int = 30_000
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: str = ""

    def fill(self, text: str) -> str:
        """A query as Grafana sends it: several values stand as a pattern."""
        values = {
            "timeFilter": self._time_filter(),
            "__interval_ms": str(self.interval_ms),
            "__interval": duration(self.interval_ms),
            "interval": duration(self.interval_ms),
            "__rate_interval": duration(4 * self.interval_ms),
        }
        for name, chosen in self.chosen.items():
            escaped = [re.sub(r"([\\^$*+?.()|{}\[\]/])", r"\\\1", value) for value in chosen]
            values[name] = f"({'|'.join(escaped)})" if len(escaped) > 1 else "".join(escaped)
        return re.sub(
            r"\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\]",
            lambda found: values.get(next(filter(None, found.groups())), found[0]),
            text,
        )

    def _time_filter(self) -> str:
        if self.since:
            return f"time >= now() - {self.since}"
        return f"time >= {self.from_ms}ms and time <= {self.to_ms}ms"


def duration(ms: int) -> str:
    """As Grafana writes intervals. Units: ms."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if ms >= size and ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms"


def by_browser(
    database: str, texts: Sequence[str], sign_in: Mapping[str, str], *, post: bool = False
) -> Asked:
    """Grafana up to 8 through its proxy: all targets joined, credentials in a header."""
    query = {"db": database, "epoch": "ms"}
    text, headers = ";".join(texts), {**PROXIED, **sign_in}
    if not post:
        return Asked("GET", f"/query?{urlencode({**query, 'q': text})}", headers)
    headers["Content-Type"] = FORM
    return Asked("POST", f"/query?{urlencode(query)}", headers, f"q={quote(text, safe=_PLAIN)}")


def by_page(database: str, texts: Sequence[str], user: str, password: str) -> Asked:
    """Grafana up to 8 with access `Browser`: credentials in the address."""
    query = {"u": user, "p": password, "db": database, "q": ";".join(texts), "epoch": "ms"}
    asked = "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in query.items())
    return Asked("GET", f"/query?{asked}", OF_A_PAGE)


def by_back_end(
    database: str,
    text: str,
    sign_in: Mapping[str, str],
    *,
    post: bool = False,
    policy: str = "default",
) -> Asked:
    """Grafana from 9 on: a target, credentials in a header, parameters in the order of names."""
    query = {"db": database, "epoch": "ms"}
    if policy not in ("", "default"):
        query["rp"] = policy
    headers = {**BACK_END, **sign_in}
    if not post:
        asked = urlencode(sorted({**query, "q": text}.items()))
        return Asked("GET", f"/query?{asked}", headers)
    headers["Content-type"] = FORM
    asked = urlencode(sorted(query.items()))
    return Asked("POST", f"/query?{asked}", headers, urlencode({"q": text}))


def by_alert(database: str, text: str, sign_in: Mapping[str, str], *, post: bool = False) -> Asked:
    """The back end up to 8, which asks for alerts alone: times in seconds, ranges by `now()`."""
    query = {"db": database, "epoch": "s"}
    headers = {"Accept-Encoding": "gzip", "User-Agent": "Grafana", **sign_in}
    if not post:
        return Asked("GET", f"/query?{urlencode({**query, 'q': text})}", headers)
    headers["Content-Type"] = FORM
    return Asked("POST", f"/query?{urlencode(query)}", headers, urlencode({"q": text}))


def of_prometheus(
    path: str, sign_in: Mapping[str, str], *, post: bool = True, **values: str | Sequence[str]
) -> Asked:
    """What the Prometheus source asks; `custom` stands for its custom query parameters."""
    named = {key.replace("match", "match[]"): value for key, value in values.items()}
    custom = str(named.pop("custom", ""))
    text = urlencode(named, doseq=True)
    headers = {**BACK_END, **sign_in}
    if post:
        headers["Content-Type"] = FORM
        address = f"/api/v1/{path}?{custom}" if custom else f"/api/v1/{path}"
        return Asked("POST", address, headers, text)
    asked = "&".join(filter(None, (text, custom)))
    return Asked("GET", f"/api/v1/{path}?{asked}" if asked else f"/api/v1/{path}", headers)


def targets(dashboard: Document) -> list[list[Document]]:
    """The targets of each panel that has some, also those of rows that are shut."""
    found = []
    for panel in dashboard["panels"]:
        found += [panel, *panel.get("panels", [])]
    return [panel["targets"] for panel in found if panel.get("targets")]


def frames(status: int, text: str) -> list[Document]:
    """The series of one statement, as the back end reads them.

    Errors: AssertionError where a panel would show one.
    """
    document = json.loads(text)
    error = document.get("error") or document["results"][0].get("error", "")
    if status != 200 or error:
        raise AssertionError(f"InfluxDB returned error: {status} {error}")
    found: list[Document] = document["results"][0].get("series", [])
    for series in found:
        columns = series["columns"]
        for row in series.get("values", []):
            if len(row) != len(columns) or (columns[0] == "time" and type(row[0]) is not int):
                raise AssertionError(f"not what Grafana reads: {columns} {row}")
    return found


def offered(series: Sequence[Document]) -> list[str]:
    """What a variable offers: the column `value` of tags' values, else the first one."""
    found: dict[str, None] = {}
    for each in series:
        place = 1 if each["columns"] == ["key", "value"] else 0
        found |= {str(row[place]): None for row in each["values"]}
    return list(found)

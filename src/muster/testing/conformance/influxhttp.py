"""A server of InfluxDB's wire over plain HTTP, asked by recorded requests.

Databases of the recordings are dropped before each case, and no others: on this machine without
asking, elsewhere only where there are none when it begins.
"""

import http.client
import json
from collections.abc import Collection
from urllib.parse import urlencode, urlsplit

from muster.clock import SystemClock
from muster.errors import InputError, Unavailable
from muster.model.address import is_own_machine
from muster.testing.conformance.serving import Answer, Exchange

_TIMEOUT_S = 60.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SHOWN = 300  # characters of an answer


class HttpServer:
    """Implements conformance.serving.Server; a connection for each request.

    `names` are the databases that recorded requests make.
    """

    def __init__(self, url: str, names: Collection[str] = ()) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.username is not None:
            raise InputError(f"not a plain http URL without credentials: {parts.hostname}")
        self._host, self._port = parts.hostname, parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._names = frozenset(names)
        self._may_drop = self._host == "localhost" or is_own_machine(self._host)

    def fresh(self) -> None:
        """Errors: InputError when there are databases of others that it would drop."""
        found = self._names & set(self._databases())
        if found and not self._may_drop:
            told = ", ".join(sorted(found))
            raise InputError(f"the server has databases that would be dropped: {told}")
        self._may_drop = True
        for name in sorted(found):
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            self._query(f'DROP DATABASE "{quoted}"')

    def ask(self, exchange: Exchange) -> Answer:
        path = self._prefix + exchange.path
        if exchange.params:
            path += "?" + urlencode(exchange.params)
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            body = exchange.body or (b"" if exchange.method == "POST" else None)
            connection.request(exchange.method, path, body, dict(exchange.headers))
            answer = connection.getresponse()
            headers = {name.lower(): text for name, text in answer.getheaders()}
            return Answer(answer.status, headers, answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self._host}:{self._port}: {error}") from error
        finally:
            connection.close()

    def set_time(self, now_ns: int) -> int:
        """It has its own clock."""
        return SystemClock().now_ns()

    def _databases(self) -> list[str]:
        (result,) = json.loads(self._query("SHOW DATABASES"))["results"]
        return [row[0] for series in result.get("series", ()) for row in series.get("values", ())]

    def _query(self, text: str) -> bytes:
        form = urlencode({"q": text}).encode()
        answer = self.ask(Exchange("POST", "/query", headers=_FORM, body=form))
        if answer.status != http.client.OK:
            told = answer.body[:_SHOWN].decode(errors="replace")
            raise InputError(f"the server answers {answer.status}: {told}")
        return answer.body

"""A server of InfluxDB's wire over plain HTTP, asked by recorded queries."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from muster.errors import InputError, Unavailable

_TIMEOUT_S = 60.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LINES = {"Content-Type": "text/plain; charset=utf-8"}
_SHOWN = 300  # characters of an answer


class HttpServer:
    """Implements conformance.influx.Server; a connection for each request."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.username is not None:
            raise InputError(f"not a plain http URL without credentials: {parts.hostname}")
        self._host, self._port = parts.hostname, parts.port or 80
        self._prefix = parts.path.rstrip("/")

    def write(self, database: str, points: bytes) -> None:
        self._require(self._send("/query", urlencode({"q": f'CREATE DATABASE "{database}"'})))
        query = urlencode({"db": database, "precision": "ns"})
        self._require(self._send(f"/write?{query}", points))

    def ask(self, query: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        return self._send("/query", urlencode({**params, "q": query}))

    def _require(self, answer: tuple[int, bytes]) -> None:
        status, body = answer
        if status not in (200, 204):
            raise InputError(
                f"the server answers {status}: {body[:_SHOWN].decode(errors='replace')}"
            )

    def _send(self, path: str, body: str | bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            headers = _FORM if isinstance(body, str) else _LINES
            connection.request("POST", self._prefix + path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self._host}:{self._port}: {error}") from error
        finally:
            connection.close()

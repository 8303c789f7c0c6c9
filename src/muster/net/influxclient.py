"""Questions to an InfluxDB 1.x, or to whatever speaks its query API."""

import asyncio
import base64
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from muster.errors import Denied, InputError, NotFound, Unauthenticated, Unavailable
from muster.log import Secret
from muster.net.client import Target, request
from muster.net.proxy import ProxySetting
from muster.trust import public_context
from muster.wire.influxrows import RowSeries, read_answer

TIMEOUT_S = 120.0
MAX_ANSWER = 32 << 20
_CHUNK_ROWS = 10_000
_FORM = "application/x-www-form-urlencoded"


class InfluxClient:
    """`authorization` is the value of that header; empty: none is sent."""

    def __init__(
        self,
        url: str,
        *,
        authorization: Secret | None = None,
        ca_file: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InputError(f"not an address: {url[:100]!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise InputError(
                f"an address is http://host:port or https://host:port, not {url[:100]!r};"
                " credentials come from files"
            )
        secure = parts.scheme == "https"
        port = port or (443 if secure else 8086)
        proxy = None
        if secure:
            proxy = ProxySetting("environment").choose(parts.hostname, port, environment or {})
        context = public_context(ca_file) if secure else None
        self._target = Target(host=parts.hostname, port=port, context=context, proxy=proxy)
        self._path = f"{parts.path.rstrip('/')}/query"
        self._authorization = authorization

    @property
    def where(self) -> str:
        return self._target.where

    def ask(self, query: str, database: str = "") -> list[RowSeries]:
        """The series that answer one statement.

        Errors: InputError for what the server refuses; Unauthenticated, Denied, NotFound;
                Unavailable; ProtocolError for another answer, or one that is too long.
        """
        words = {"q": query, "epoch": "ns", "chunked": "true", "chunk_size": str(_CHUNK_ROWS)}
        if database:
            words["db"] = database
        headers = {"Content-Type": _FORM, "Accept": "application/json"}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization.reveal()
        answer = asyncio.run(
            request(
                self._target,
                "POST",
                self._path,
                body=urlencode(words).encode(),
                headers=headers,
                timeout_s=TIMEOUT_S,
                max_body_bytes=MAX_ANSWER,
            )
        )
        if answer.status != HTTPStatus.OK:
            raise self._refusal(answer.status, answer.body)
        return read_answer(answer.body)

    def _refusal(self, status: int, body: bytes) -> Exception:
        text = f"{self.where} answers {status}: {body[:300].decode(errors='replace').strip()}"
        match status:
            case 401:
                return Unauthenticated(text)
            case 403:
                return Denied(text)
            case 404:
                return NotFound(text)
            case 400:
                return InputError(text)
            case _:
                return Unavailable(text)


def basic(name: str, password: Secret) -> Secret:
    """The header of a name and its password."""
    pair = f"{name}:{password.reveal()}".encode()
    return Secret(f"Basic {base64.b64encode(pair).decode()}")

"""Questions to other servers over HTTPS: one address, one answer, within limits.

Redirects are not followed: what a provider is told goes nowhere else. The machine's proxy
settings hold (https_proxy, no_proxy).
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from muster.errors import InputError, ProtocolError, Unavailable
from muster.net.client import Answer, Target, request
from muster.net.proxy import ProxySetting
from muster.net.tls import TlsRefused
from muster.ports.signin import Fetched
from muster.trust import public_context

TIMEOUT_S = 10.0
MAX_BODY = 512 << 10
_FORM = "application/x-www-form-urlencoded"


class Fetcher:
    """See muster.ports.signin.Fetch. `ca_file`: whom to trust; None: whom the system does."""

    def __init__(
        self, *, ca_file: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._ca_file = ca_file
        self._environment = environment or {}
        self._proxies = ProxySetting("environment")

    async def __call__(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Errors: Unavailable; SettingsError for a CA file that cannot be used."""
        sent = {"Accept": "application/json", **(headers or {})}
        body = b"" if form is None else urlencode(form).encode()
        if form is not None:
            sent["Content-Type"] = _FORM
        answer = await self.ask("GET" if form is None else "POST", url, body=body, headers=sent)
        return Fetched(status=answer.status, body=answer.body)

    async def ask(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str]
    ) -> Answer:
        """One request and its whole answer. Errors: as above."""
        target, path = self._target(url)
        try:
            return await request(
                target,
                method,
                path,
                body=body,
                headers=headers,
                timeout_s=TIMEOUT_S,
                max_body_bytes=MAX_BODY,
            )
        except (ProtocolError, TlsRefused) as error:
            raise Unavailable(f"{target.where}: {error}") from error

    def _target(self, url: str) -> tuple[Target, str]:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise InputError(f"not an address: {url[:100]!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"not an address: {url[:100]!r}")
        secure = parts.scheme == "https"
        proxy = self._proxies.choose(parts.hostname, port, self._environment) if secure else None
        target = Target(
            host=parts.hostname,
            port=port,
            context=public_context(self._ca_file) if secure else None,
            proxy=proxy,
        )
        query = f"?{parts.query}" if parts.query else ""
        return target, (parts.path or "/") + query

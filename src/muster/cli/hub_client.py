"""The hub as commands see it: JSON over its own socket, or over HTTPS with an API token.

On the hub's machine the socket in its data folder needs no password: who may open it is
the operator. From elsewhere `--hub URL --token-file FILE`; the CA is `--ca-file`, or what
the system trusts.
"""

import argparse
import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from muster.cli.files import read_secret_file
from muster.cli.places import hub_data
from muster.cli.sockets import is_answered
from muster.errors import (
    Conflict,
    Denied,
    InputError,
    LimitExceeded,
    MusterError,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from muster.log import Secret
from muster.net.client import Target, request
from muster.net.tls import TlsRefused
from muster.trust import public_context
from muster.wire.apitoken import read_api_token

_BY_STATUS: tuple[tuple[int, type[MusterError]], ...] = (
    (400, InputError),
    (401, Unauthenticated),
    (403, Denied),
    (404, NotFound),
    (409, Conflict),
    (412, Conflict),
    (413, LimitExceeded),
    (429, LimitExceeded),
    (503, Unavailable),
)


class Hub:
    """Calls to one hub. Errors: what the hub answered, Unavailable when it does not."""

    def __init__(self, target: Target, token: Secret | None = None, prefix: str = "") -> None:
        self._target = target
        self._token = token
        self._prefix = prefix

    def get(self, path: str, query: Mapping[str, str | None] | None = None) -> Any:  # noqa: ANN401
        given = {key: text for key, text in (query or {}).items() if text}
        return self._call("GET", path + (f"?{urlencode(given)}" if given else ""))

    def post(self, path: str, body: Any) -> Any:  # noqa: ANN401
        return self._call("POST", path, body)

    def send(
        self, path: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]
    ) -> Any:  # noqa: ANN401
        """Post a body that is no JSON."""
        return self._ask("POST", f"{path}?{urlencode(query)}", body, headers)

    def put(self, path: str, body: Any, *, seen: str = "") -> Any:  # noqa: ANN401
        """`seen` is the etag of what is replaced."""
        more = {"If-Match": f'"{seen}"'} if seen else {}
        return self._ask("PUT", path, msgspec.json.encode(body), more)

    def patch(self, path: str, body: Any) -> Any:  # noqa: ANN401
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> Any:  # noqa: ANN401
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
        data = b"" if body is None else msgspec.json.encode(body)
        return self._ask(method, path, data, {})

    def _ask(self, method: str, path: str, data: bytes, more: Mapping[str, str]) -> Any:  # noqa: ANN401
        headers = {"Authorization": f"Bearer {self._token.reveal()}"} if self._token else {}
        headers |= more
        where = quote(self._prefix + path, safe="/?&=%-._~:+")
        try:
            answer = asyncio.run(
                request(self._target, method, where, body=data, headers=headers, timeout_s=120)
            )
        except TlsRefused as error:
            raise _untrusted(self._target) if error.cause == "untrusted" else error from None
        if answer.status >= 300:
            raise error_of(answer.status, answer.body)
        return answer.json() if answer.body else None


def hub_of(options: argparse.Namespace) -> Hub:
    """The hub that `--data` or `--hub` names. Errors: InputError, Unavailable."""
    if options.hub:
        return _remote(options)
    if options.token_file or options.ca_file:
        raise InputError("--token-file and --ca-file go with --hub URL")
    return Hub(operator(hub_data(options)))


def _untrusted(target: Target) -> Unavailable:
    return Unavailable(
        f"the certificate of {target.where} is of no CA that is trusted here; take the hub's along"
        " (there: muster ca show --pem > root.pem) and give it with --ca-file root.pem"
    )


def operator(data: Path) -> Target:
    """The socket of the hub that runs on a folder. Errors: Unavailable when none does."""
    socket = data / "hub.sock"
    if not is_answered(socket):
        raise Unavailable(
            f"no hub runs on {str(data)!r} (nobody answers at its hub.sock); start it with"
            " `muster up`, or name its folder with --data DIR"
        )
    return Target(socket=socket)


def _remote(options: argparse.Namespace) -> Hub:
    host, port, prefix = _address(options.hub)
    if not options.token_file:
        raise InputError("--hub needs --token-file FILE with an API token of that hub")
    target = Target(host=host, port=port, context=public_context(options.ca_file))
    token = read_api_token(read_secret_file(options.token_file, "API token"))
    return Hub(target, token, prefix)


def _address(url: str) -> tuple[str, int, str]:
    """Host, port, and the path that a reverse proxy has the hub under."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:  # of a port or bracket that is none
        raise InputError(f"not an https:// address: {url!r}") from error
    if parts.scheme != "https" or not parts.hostname:
        raise InputError(f"not an https:// address: {url!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise InputError("--hub is https://host:port or with a path, and nothing before or after")
    return parts.hostname, port, parts.path.rstrip("/")


def error_of(status: int, body: bytes) -> MusterError:
    """The error the hub told, as one of our own."""
    try:
        told = msgspec.json.decode(body)["error"]
        code, text = str(told["code"]), str(told["text"])
    except (msgspec.DecodeError, LookupError, TypeError):
        code, text = "error", f"the hub answered with status {status}"
    kind = next((kind for known, kind in _BY_STATUS if known == status), MusterError)
    if kind is MusterError:  # told in the middle of an answer, behind a status that was good
        kind = next((kind for _, kind in _BY_STATUS if kind.code == code), MusterError)
    error = kind(text)
    error.code = code
    return error

"""What a listener answers when a request fails: our errors by their table, bugs by a reference.

Elsewhere: bytes that are no HTTP (net/connection.py), WebSockets (net/serversocket.py).
"""

import logging
import secrets

from muster.errors import MusterError
from muster.net.aiohttpweb import web
from muster.net.hosts import UnknownHost
from muster.net.http import Request, Response, error_response

log = logging.getLogger(__name__)


class InternalError(MusterError):
    """A bug of ours; what happened stands in the log alone."""

    code = "internal"


def refusal(http: web.BaseRequest, error: MusterError) -> Response:
    """The answer of net/http.py's table; a sentence for who has mistyped the hub's address."""
    if isinstance(error, UnknownHost) and "text/html" in http.headers.get("Accept", ""):
        text = f"{error}\n".encode()
        return Response(status=error.status, body=text, content_type="text/plain; charset=utf-8")
    return error_response(error)


def bug(http: web.BaseRequest | Request) -> InternalError:
    """What is said of what should not have been; to be called where it is handled."""
    reference = secrets.token_hex(4)
    log.exception(
        "request failed",
        extra={"reference": reference, "method": http.method, "path": http.path},
    )
    return InternalError(f"internal error; the hub's log has it as {reference}")

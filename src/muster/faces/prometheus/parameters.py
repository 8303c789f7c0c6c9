"""What a request says: in its URL and, for POST, in a form; names may come more than once.

Errors: PromqlError for a form that is none.
"""

from urllib.parse import parse_qsl

from muster.net.http import Request
from muster.promql.api import Parameters
from muster.promql.errors import PromqlError

MAX_FIELDS = 1_000
_FORM = "application/x-www-form-urlencoded"


def parameters_of(request: Request) -> Parameters:
    """All parameters; those of the form first, as Go's FormValue has them."""
    found: dict[str, list[str]] = {}
    if request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _FORM:
            _add(found, request.body.decode(errors="replace"))
    _add(found, request.query_text)
    return found


def _add(found: dict[str, list[str]], text: str) -> None:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise PromqlError(f"error parsing form values: {error}") from error
    for name, value in pairs:
        found.setdefault(name, []).append(value)

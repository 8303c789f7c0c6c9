"""What a request says: in its URL and, for POST, in a form; names may come more than once.

Errors: PromqlError for a form that is none.
"""

from functools import lru_cache
from urllib.parse import unquote

from muster.net.http import Request
from muster.promql.api import Parameters
from muster.promql.errors import PromqlError

MAX_FIELDS = 1_000
_FORM = "application/x-www-form-urlencoded"
_QUERY = "query="  # no field with a password is remembered
_REMEMBERED = 256  # queries
_REMEMBERED_CHARS = 4_000  # of one


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
    if not text:
        return
    fields = text.split("&")
    if len(fields) > MAX_FIELDS:
        raise PromqlError("error parsing form values: Max number of fields exceeded")
    for field in fields:
        if field:
            is_known = field.startswith(_QUERY) and len(field) <= _REMEMBERED_CHARS
            name, value = _known_field(field) if is_known else _field(field)
            found.setdefault(name, []).append(value)


def _field(text: str) -> tuple[str, str]:
    """A name and its value, as urllib.parse has them."""
    name, _, value = text.replace("+", " ").partition("=")
    return unquote(name), unquote(value)


_known_field = lru_cache(_REMEMBERED)(_field)

"""What a request to `/query` says: in its URL and, for POST, in a form; the form wins.

Errors: InputError for a form that is none.
"""

from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from muster.errors import InputError
from muster.net.http import Request

MAX_FIELDS = 100
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def parameters_of(request: Request) -> dict[str, str]:
    """All parameters of a request."""
    if request.method != "POST":
        return dict(request.query)
    kind = request.headers.get("content-type", "")
    form: dict[str, str] = {}
    name = kind.partition(";")[0].strip().lower()
    if name == _FORM:
        form = _fields(request.body)
    elif name == _MULTIPART:
        form = dict(_parts(kind, request.body))
    return {**request.query, **form}


def is_set(parameters: Mapping[str, str], name: str) -> bool:
    """Whether a switch is on."""
    return parameters.get(name, "") == "true"


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise InputError(f"form: {error}") from error
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    return first


def _parts(kind: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Fields and uploaded files alike: a query may be a file."""
    if not kind.isascii():
        raise InputError("form: its type is no ASCII")
    head = f"Content-Type: {kind}\r\n\r\n".encode("ascii")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise InputError("form: no boundary, or nothing within it")
    for number, part in enumerate(message.iter_parts()):
        if number == MAX_FIELDS:
            raise InputError(f"form: more than {MAX_FIELDS} fields")
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield name, content.decode(errors="replace")

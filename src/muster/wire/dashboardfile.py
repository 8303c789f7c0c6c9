"""A dashboard as a TOML file: text to values and back.

Format: docs/formats/dashboard.md
"""

import re
import tomllib
from typing import Any

import msgspec

from muster.model.dashboard import Dashboard
from muster.model.dashboardrules import DashboardError, check_dashboard
from muster.wire.tomlplaces import line_of
from muster.wire.tomltext import format_toml

MAX_FILE = 1 << 20  # characters
_TABLES = ("variables", "sections", "panels", "panels.queries", "panels.overrides")
_AT = " - at `"  # before the place, in what msgspec says
_MOST_SAID = 400  # characters of a message: names in it may be of any length
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class DashboardFileError(DashboardError):
    """A file that cannot be used: its name, line and key stand before the reason."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        super().__init__(key, reason)
        where = f"{file}:{line}" if line else file
        self.args = (": ".join(part for part in (where, key, reason) if part),)
        self.file = file
        self.line = line


def parse_dashboard(text: str, file: str = "dashboard") -> Dashboard:
    """Read and check a file. Errors: DashboardFileError."""
    if len(text) > MAX_FILE:
        raise DashboardFileError(file, 0, "", f"more than {MAX_FILE} characters")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        said = str(error)
        found = _LINE.search(said)
        line = int(found[1]) if found else text.count("\n") + 1
        reason = f"not TOML: {_LINE.sub('', said) or type(error).__name__}"
        raise DashboardFileError(file, line, "", reason) from error
    try:
        return dashboard_of(document)
    except DashboardError as error:
        line = line_of(text, error.key)
        raise DashboardFileError(file, line, error.key, error.reason) from error


def dashboard_of(document: Any) -> Dashboard:  # noqa: ANN401 - what was decoded
    """The dashboard that a decoded document is. Errors: DashboardError."""
    try:
        dashboard = msgspec.convert(document, Dashboard, strict=True)
    except msgspec.ValidationError as error:
        raise _fault(str(error)) from error
    check_dashboard(dashboard)
    return dashboard


def _fault(said: str) -> DashboardError:
    reason, mark, place = said.rpartition(_AT)
    key = place.removesuffix("`").removeprefix("key in ").removeprefix("$").lstrip(".")
    if not mark:
        reason, key = said, ""
    key, reason = key[:_MOST_SAID], reason[:_MOST_SAID]
    unknown = _UNKNOWN.fullmatch(reason)
    if unknown:
        return DashboardError(f"{key}.{unknown[1]}".lstrip("."), "no such key is known")
    return DashboardError(key, reason[:1].lower() + reason[1:])


def format_dashboard(dashboard: Dashboard) -> str:
    """The file of a dashboard: what has its default is left out."""
    return format_toml(_written(dashboard), _TABLES)


def _written(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, msgspec.Struct):
        return {
            field.encode_name: _written(own)
            for field in msgspec.structs.fields(value)
            if (own := getattr(value, field.name)) != field.default and own is not None
        }
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    return str(value) if isinstance(value, str) else value

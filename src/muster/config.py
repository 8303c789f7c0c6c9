"""Settings: defaults, TOML file, environment and flags -> any typed struct, with origins.

A component declares a `msgspec.Struct` with `forbid_unknown_fields=True`; a program
assembles them into a tree. Environment names are `MUSTER_<SECTION>_<KEY>` in capitals.
Durations are text ("10s", "1h30m") and become `timedelta`. A type of its own is read by its
class method `parse_setting` and shown by its `str`, which hides what is secret. Every value
knows where it came from, and every error names its file and key.
"""

import re
import tomllib
from collections.abc import Container, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from muster.errors import SettingsError

T = TypeVar("T", bound=msgspec.Struct)

_DEFAULT = "default"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Loaded(Generic[T]):
    """A settings tree and, per dotted key, where its value came from."""

    def __init__(self, value: T, origins: Mapping[str, str]) -> None:
        self.value = value
        self._origins = origins
        self._keys = _keys(type(value))

    def origin(self, key: str) -> str:
        """`default`, a file, an environment variable or a flag."""
        return self._origins.get(key, _DEFAULT)

    def rows(self) -> list[tuple[str, Any, str]]:
        """(key, value, origin) of every setting, sorted by key."""
        tree = msgspec.to_builtins(self.value, enc_hook=str, builtin_types=(timedelta,))
        flat = {key: _shown(value) for key, value in flatten(tree, stop=self._keys).items()}
        return [(key, flat[key], self.origin(key)) for key in sorted(flat)]


def parse_duration(text: str) -> timedelta:
    """Read "1h30m". Errors: InputError kin (SettingsError) when it has another shape."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise SettingsError(f"not a duration (like 10s, 5m, 1h30m): {text!r}")
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def format_duration(value: timedelta) -> str:
    """Write a duration the way it is read."""
    rest, parts = round(value.total_seconds() * 1000), []
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_SECONDS[unit] * 1000)
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def load(
    kind: type[T],
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Loaded[T]:
    """Build a settings tree; later sources win.

    Shapes: `flags` maps dotted keys to values, None meaning "not given"; `defaults` likewise,
            in place of the struct's own.
    Errors: SettingsError naming the source and key; nothing is changed.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    known = _keys(kind)
    sources = [(_DEFAULT, dict(defaults or {}))]
    for source, found in [*sources, *_sources(known, file, environment or {}, flags or {})]:
        for key, value in found.items():
            if key not in known:
                raise SettingsError(_unknown(key, known), source, key)
            values[key] = _leaf(kind, key, value, known[key], source)
            origins[key] = source
    return Loaded(_convert(kind, _nest(values), ""), origins)


def _sources(
    known: Mapping[str, Any],
    file: Path | None,
    environment: Mapping[str, str],
    flags: Mapping[str, Any],
) -> list[tuple[str, dict[str, Any]]]:
    sources: list[tuple[str, dict[str, Any]]] = []
    if file is not None:
        sources.append((str(file), flatten(_read(file), stop=known)))
    for key in known:
        name = "MUSTER_" + key.upper().replace(".", "_").replace("-", "_")
        if name in environment:
            sources.append((name, {key: _from_text(environment[name], known[key])}))
    given = {key: value for key, value in flags.items() if value is not None}
    return [*sources, ("command line", given)]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError("no such file", str(file)) from error
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"not TOML: {error}", str(file)) from error


def _keys(kind: type[msgspec.Struct], prefix: str = "") -> dict[str, Any]:
    """Dotted key -> type of every leaf of a settings tree."""
    keys: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        name = prefix + field.encode_name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            keys |= _keys(field.type, name + ".")
        else:
            keys[name] = field.type
    return keys


def _unknown(key: str, known: Mapping[str, Any]) -> str:
    last = key.rsplit(".", 1)[-1]
    near = [name for name in known if name.rsplit(".", 1)[-1] == last or name.startswith(key)]
    return "unknown setting" + (f"; did you mean {near[0]}?" if near else "")


def _leaf(kind: type[T], key: str, value: Any, leaf: Any, source: str) -> Any:  # noqa: ANN401
    """Read one value alone, so that an error can name its source."""
    try:
        if leaf is timedelta:
            value = _duration(value)
        elif leaf == dict[str, timedelta] and isinstance(value, Mapping):
            value = {name: _duration(text) for name, text in value.items()}
        _convert(kind, _nest({key: value}), key)
    except SettingsError as error:
        raise SettingsError(str(error).removeprefix(f"{key}: "), source, key) from error
    return value


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise SettingsError(f'expected a duration in quotes (like "10s"), got {value!r}')
    return parse_duration(value)


def _convert(kind: type[T], tree: dict[str, Any], key: str) -> T:
    try:
        return msgspec.convert(
            tree, kind, strict=True, dec_hook=_decode, builtin_types=(timedelta,)
        )
    except msgspec.ValidationError as error:
        raise SettingsError(str(error).split(" - at ")[0], key=key) from error


def _decode(kind: type, value: Any) -> Any:  # noqa: ANN401
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    if isinstance(value, str) and hasattr(kind, "parse_setting"):
        return kind.parse_setting(value)
    raise SettingsError(f"not a {kind.__name__}: {value!r}")


def _shown(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {name: _shown(each) for name, each in value.items()}
    return format_duration(value) if isinstance(value, timedelta) else value


def _from_text(text: str, kind: Any) -> Any:  # noqa: ANN401
    """What a TOML file would have said: numbers, booleans and comma-separated lists."""
    if kind is bool and text.lower() in ("true", "yes", "1", "false", "no", "0"):
        return text.lower() in ("true", "yes", "1")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text  # the conversion names the fault
    if getattr(kind, "__origin__", None) in (tuple, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def flatten(
    tree: Mapping[str, Any], prefix: str = "", stop: Container[str] | None = None
) -> dict[str, Any]:
    """Dotted key -> value; what lies under a key of `stop` stays whole."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = prefix + key
        if isinstance(value, Mapping) and not (stop and name in stop):
            flat |= flatten(value, name + ".", stop)
        else:
            flat[name] = value
    return flat


def _nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *path, last = key.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[last] = value
    return tree

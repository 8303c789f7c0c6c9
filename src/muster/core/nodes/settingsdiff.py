"""What differs between the settings of machines: of two that run, or of one and a file.

Agents tell their own, with defaults (agent/memberships/settingstold.py); a file says what it says
and is silent about the rest, which is then as it is by default.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from muster.config import flatten, parse_duration
from muster.errors import InputError, MusterError, ProtocolError

MAX_SETTINGS = 1_000
_PASSWORD = re.compile(r"(://[^:@/]*):[^@/]*@")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One of an agent's settings, in force and by default."""

    key: str
    value: Any
    default: Any


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that is not the same. null: one of them does not know the setting."""

    key: str
    here: Any
    there: Any
    here_default: bool
    there_default: bool


def read_told(told: Any) -> list[Setting]:  # noqa: ANN401 - what an agent said
    """Errors: ProtocolError for an agent that says nonsense."""
    try:
        return msgspec.convert(told, list[Setting])[:MAX_SETTINGS]
    except msgspec.ValidationError as error:
        raise ProtocolError(f"the node's answer is not of the form expected: {error}") from error


def settings_in(config: str, known: Sequence[Setting]) -> list[Setting]:
    """Those of an agent whose file is `config`, when its other settings are as by default.

    Errors: InputError when it is not TOML.
    """
    defaults = {each.key: each.default for each in known}
    try:
        given = flatten(tomllib.loads(config), stop=defaults)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"settings: not TOML: {error}") from error
    own = {key: _shown(value) for key, value in given.items()}
    return [
        Setting(key=key, value=own.get(key, defaults.get(key)), default=defaults.get(key))
        for key in defaults | own
    ]


def differences(here: Sequence[Setting], there: Sequence[Setting]) -> list[Difference]:
    """By key. A setting that one of them does not know counts where it is not the default."""
    ours, theirs = _by_key(here), _by_key(there)
    found = []
    for key in sorted(ours | theirs):
        one, other = ours.get(key), theirs.get(key)
        if one and other:
            differ = not _is_same(one.value, other.value)
        else:
            differ = not _is_default(one or other)
        if differ:
            found.append(
                Difference(
                    key=key,
                    here=one.value if one else None,
                    there=other.value if other else None,
                    here_default=_is_default(one),
                    there_default=_is_default(other),
                )
            )
    return found


def _by_key(settings: Sequence[Setting]) -> dict[str, Setting]:
    return {each.key: each for each in settings}


def _is_default(setting: Setting | None) -> bool:
    return setting is not None and _is_same(setting.value, setting.default)


def _is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 - whatever settings are
    return bool(one == other or _canonical(one) == _canonical(other))


def _canonical(value: Any) -> Any:  # noqa: ANN401
    """A duration may be written in several ways, whole numbers as fractions."""
    if isinstance(value, Mapping):
        return {key: _canonical(each) for key, each in value.items()}
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except MusterError:
            return value
    return value


def _shown(value: Any) -> Any:  # noqa: ANN401
    """As agents tell it: the password of a proxy is nobody's to see."""
    return _PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else value

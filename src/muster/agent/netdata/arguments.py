"""The arguments of netdata-claim.sh: one dash with `=`, and the three with two dashes.

Source: netdata-claim.sh of 1.37 and 1.45
"""

import shlex
from collections.abc import Sequence

import msgspec

from muster.agent.netdata.outcome import ClaimExit, ClaimFailed
from muster.log import Secret

MAX_COMMAND = 16 << 10
MAX_PROXY = MAX_COMMAND // 4
_TWO_WORDS = {"--claim-token": "token", "--claim-rooms": "rooms", "--claim-url": "url"}
_SWITCHES = {
    "-verbose": "verbose",
    "-insecure": "insecure",
    "-noproxy": "no_proxy",
    "-noreload": "no_reload",
    "-daemon-not-running": "not_running",
}
_VALUES = ("token", "url", "id", "rooms", "hostname", "proxy", "user")


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says. None: not given, so a file or the machine says it."""

    token: Secret | None = None
    rooms: str | None = None
    url: str | None = None
    id: str | None = None  # lower case
    hostname: str | None = None
    proxy: str | None = None
    user: str | None = None
    no_proxy: bool = False
    insecure: bool = False
    no_reload: bool = False
    not_running: bool = False
    verbose: bool = False


def parse(words: Sequence[str]) -> Given:
    """Read the words in order; a later one wins.

    Errors: ClaimFailed (1); its text shows the name of an argument, never a value.
    """
    if sum(len(word) + 1 for word in words) > MAX_COMMAND:
        raise _wrong(f"the command is longer than {MAX_COMMAND} characters")
    found: dict[str, str | bool] = {}
    waiting = ""
    for word in words:
        if waiting:
            found[waiting], waiting = word, ""
        elif word in _TWO_WORDS:
            waiting = _TWO_WORDS[word]
        elif word in _SWITCHES:
            found[_SWITCHES[word]] = True
        else:
            found |= _value_in(word)
    if waiting:
        raise _wrong(f"--claim-{waiting} needs a value")
    return _given(found)


def parse_line(text: str) -> Given:
    """The same from one text, as `-W "claim …"` has it. Errors: ClaimFailed (1)."""
    if len(text) > MAX_COMMAND:
        raise _wrong(f"the command is longer than {MAX_COMMAND} characters")
    try:
        return parse(shlex.split(text))
    except ValueError as error:
        raise _wrong(f"the arguments cannot be read: {error}") from error


def _value_in(word: str) -> dict[str, str | bool]:
    name, equals, value = word.removeprefix("-").partition("=")
    if not word.startswith("-") or not equals or name not in _VALUES:
        raise _wrong(f"Unknown argument {word.partition('=')[0][:80]}")
    if name == "url" and not value:
        return {}  # as if it were not there: the kickstart passes it empty
    return {name: value.lower() if name == "id" else value}


def _given(found: dict[str, str | bool]) -> Given:
    if len(str(found.get("proxy", ""))) > MAX_PROXY:
        raise _wrong(f"the proxy is longer than {MAX_PROXY} characters")
    token = found.pop("token", None)
    given = msgspec.convert(found, type=Given)
    secret = Secret(str(token)) if token is not None else None
    return msgspec.structs.replace(given, token=secret)


def _wrong(text: str) -> ClaimFailed:
    return ClaimFailed(ClaimExit.UNKNOWN_ARGUMENT, text)

"""The `.env` file of a client in the home stack of Telegraf and stunnel: read, never run.

It has `keydir` and `cacert`, whose content that stack packs into an installer, and the
server's name. Of these only the server is of use here: a machine makes its own key, and its
token knows the hub by pins.
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from muster.errors import InputError
from muster.model.address import join_address, split_address

_MAX_BYTES = 65_536
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_SERVER = ("server", "MASYSMA_INFLUXDB")  # the first that is set


class ClientEnv(NamedTuple):
    """What such a file says of one client; empty where it says nothing."""

    server: str = ""  # host name or address, without a port
    keydir: str = ""
    cacert: str = ""

    @property
    def notes(self) -> list[str]:
        """What becomes of the rest, for people."""
        found = []
        if self.keydir:
            found.append(
                f"keydir {self.keydir} is not read: no private key goes into an installer,"
                " the machine makes its own"
            )
        if self.cacert:
            found.append(f"cacert {self.cacert} is not needed: the token knows the hub by its pins")
        return found


def read_client_env(path: Path, client: str) -> ClientEnv:
    """Read one for a client; `$1` in it is the client's name. Errors: InputError."""
    try:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(_MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if len(text) > _MAX_BYTES:
        raise InputError(f"{path} is too long for a client's .env")
    return parse_client_env(text, client)


def parse_client_env(text: str, client: str) -> ClientEnv:
    """Errors: InputError, with the line."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            if line.strip() and not line.lstrip().startswith("#"):
                raise InputError(f".env, line {number}: not NAME=VALUE")
            continue
        try:
            words = shlex.split(found[2], comments=True)
        except ValueError as error:
            raise InputError(f".env, line {number}: a quote is not closed") from error
        if len(words) > 1:
            raise InputError(f".env, line {number}: more than one word; put it in quotes")
        value = words[0] if words else ""
        values[found[1]] = value.replace("${1}", client).replace("$1", client)
    server = next((values[name] for name in _SERVER if values.get(name)), "")
    return ClientEnv(_host(server), values.get("keydir", ""), values.get("cacert", ""))


def url_of(server: str, known: list[str]) -> str:
    """The hub's address for claims by that name: with the port of those the hub says."""
    if not server or not known:
        return ""
    return f"https://{join_address(server, urlsplit(known[0]).port or 443)}"


def _host(server: str) -> str:
    """A host of `host`, `host:port` or a URL; the port was another server's."""
    text = server.partition("://")[2] or server
    text = text.partition("/")[0]
    if not text:
        return ""
    try:
        return split_address(text)[0] if ":" in text.rpartition("]")[2] else text.strip("[]")
    except InputError as error:
        raise InputError(f".env: not a server: {server[:80]!r}") from error

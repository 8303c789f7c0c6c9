"""netdatacli's commands, answered by the running agent: code and text, as netdata gives them.

Settings are named `file|section|name`: `cloud` is cloud.conf, `netdata` what of netdata.conf has
a meaning here. Others are errors: no file of another program is read or written.

Source: netdatacli help; netdata-claim-aclk specification 9
"""

import json
import pwd
from collections.abc import Callable
from pathlib import Path

from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.keeper import Keeper
from muster.agent.netdata.outcome import ClaimFailed
from muster.agent.netdata.put import parse_base
from muster.agent.netdata.running import Said
from muster.agent.netdata.sources import base_url_of
from muster.agent.netdata.state import (
    CloudState,
    CloudStatus,
    format_state,
    reason_of,
    state_as_json,
)

HELP = """\
The commands are:
help
    Show this help menu.
ping
    Return with 'pong' if the agent is alive.
aclk-state [json]
    Return the current state of the link to the hub.
reload-claiming-state
    Read the claim anew from disk and wait up to 10 s for the link.
read-config FILE|SECTION|NAME
    Return a setting of `cloud` (cloud.conf) or `netdata`.
write-config FILE|SECTION|NAME|VALUE
    Change a setting of cloud.conf.
version
    Return the version.
"""
_WRITABLE = ("enabled", "cloud base url", "url")
_FAILED = 1


class Commands:
    """Commands of one agent."""

    def __init__(self, keeper: Keeper, data: Path, version: str, proxy: str) -> None:
        self._keeper = keeper
        self._cloud: CloudFolder = keeper.cloud
        self._data = data
        self._version = version
        self._proxy = proxy

    async def obey(self, command: str) -> Said:
        """One command; never fails."""
        word, _, rest = command.strip().partition(" ")
        try:
            match word:
                case "reload-claiming-state":
                    return reloaded(await self._keeper.reload())
                case "aclk-state":
                    return self._state(rest.strip())
                case "read-config":
                    return self._read(rest)
                case "write-config":
                    return self._write(rest)
                case "ping":
                    return Said(0, "pong\n")
                case "version":
                    return Said(0, f"{self._version}\n")
                case "help":
                    return Said(0, HELP)
                case _:
                    return Said(_FAILED, f"unknown command {word[:40]!r}; try: help\n")
        except ClaimFailed as error:
            return Said(_FAILED, f"{error}\n")

    def _state(self, form: str) -> Said:
        if form not in ("", "json"):
            return Said(_FAILED, "usage: aclk-state [json]\n")
        state = self._keeper.state()
        if form == "json":
            return Said(0, f"{json.dumps(state_as_json(state))}\n")
        return Said(0, format_state(state))

    def _read(self, name: str) -> Said:
        parts = name.split("|")
        if len(parts) != 3:
            return Said(_FAILED, "usage: read-config FILE|SECTION|NAME\n")
        file, section, key = parts
        if (file, section) == ("cloud", "global"):
            return self._read_cloud(key)
        own: dict[tuple[str, str, str], Callable[[], str]] = {
            ("netdata", "global", "run as user"): self._user,
            ("netdata", "global", "hostname"): lambda: self._keeper.state().hostname,
            ("netdata", "cloud", "proxy"): lambda: self._proxy,
            ("netdata", "directories", "lib"): lambda: str(self._cloud.lib),
        }
        found = own.get((file, section, key))
        return Said(0, found()) if found else Said(_FAILED, f"no setting {name[:120]!r}\n")

    def _read_cloud(self, key: str) -> Said:
        conf = self._cloud.read_conf()
        if key == "enabled":
            return Said(0, "yes" if self._keeper.is_enabled() else "no")
        if key in ("url", "cloud base url"):
            return Said(0, base_url_of(conf))
        if key in conf:
            return Said(0, conf[key])
        return Said(_FAILED, f"no setting {key[:80]!r} in cloud.conf\n")

    def _write(self, text: str) -> Said:
        parts = text.split("|", 3)
        if len(parts) != 4:
            return Said(_FAILED, "usage: write-config FILE|SECTION|NAME|VALUE\n")
        file, section, key, value = parts
        if (file, section) != ("cloud", "global") or key not in _WRITABLE:
            known = ", ".join(f"cloud|global|{name}" for name in _WRITABLE)
            return Said(_FAILED, f"these can be written: {known}\n")
        conf = self._cloud.read_conf()
        before = dict(conf)
        if key == "enabled":
            conf[key] = value.strip()
        else:
            address = parse_base(value, insecure=True).text
            conf |= dict.fromkeys(_names_of_url(conf, key), address)
        if conf != before:
            self._cloud.make()
            self._cloud.write_conf(conf)
            self._keeper.hurry()
        return Said(0, "")

    def _user(self) -> str:
        uid = self._data.stat().st_uid
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)


def _names_of_url(conf: dict[str, str], key: str) -> list[str]:
    """The address stands under either name: both are kept the same."""
    return [key, *(name for name in ("url", "cloud base url") if name in conf and name != key)]


def reloaded(state: CloudState) -> Said:
    """The one line of reload-claiming-state. Claimed and not online is no error: it may come."""
    match state.status:
        case CloudStatus.ONLINE:
            return Said(0, "Agent is claimed and online.\n")
        case CloudStatus.AVAILABLE:
            reason = reason_of(state)
            return Said(0, f"Agent is not claimed{f': {reason}' if reason else ''}.\n")
        case CloudStatus.DISABLED:
            return Said(0, "Agent: cloud functionality is disabled.\n")
        case CloudStatus.BANNED:
            return Said(0, f"Agent is claimed, and its hub has done with it: {reason_of(state)}\n")
        case CloudStatus.OFFLINE:
            return Said(0, f"Agent is claimed and not online yet: {reason_of(state)}\n")

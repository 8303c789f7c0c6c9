"""The settings file of a running agent, looked at for what may change while it runs: probes."""

from collections.abc import Callable
from pathlib import Path

from muster.agent.memberships.ownsettings import settings_file
from muster.agent.probes import ProbeSettings
from muster.agent.settings import AgentSettings

Read = Callable[[Path | None], AgentSettings]


class SettingsFile:
    """What an agent was started with. `read` makes settings of a file, or of none."""

    def __init__(self, read: Read, data: Path, given: Path | None) -> None:
        """Errors: SettingsError."""
        self._read = read
        self._data = data
        self._given = given
        file = settings_file(data, given)
        self._mark = _mark_of(file)
        self.settings = read(file)

    def reload(self) -> ProbeSettings | None:
        """Those of now when the file has changed since the last look, else None.

        Errors: SettingsError for a file that is no good, told once.
        """
        file = settings_file(self._data, self._given)
        mark = _mark_of(file)
        if mark == self._mark:
            return None
        self._mark = mark
        return self._read(file).probes


def _mark_of(file: Path | None) -> tuple[str, int, int, int]:
    """Changes when the file is written or replaced."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        found = None
    if found is None:
        return (str(file), 0, 0, 0)
    return (str(file), found.st_mtime_ns, found.st_ino, found.st_size)

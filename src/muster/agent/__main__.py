"""The agent in the smallest process that can hold it: `python -m muster.agent`.

`muster agent run` becomes this process, so that argument parsing and its imports are gone
from memory before the agent starts. Settings come as always: file, environment, `--data`.
"""

# ruff: noqa: E402 - imports follow what keeps weight out of them

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

# msgspec takes typing_extensions when it is installed (on a hub it is) and needs none of it:
# 4 MB of an agent's 32.
sys.modules.setdefault("typing_extensions", None)  # type: ignore[arg-type]  # "not there"

from muster import log
from muster.agent.app import run
from muster.agent.reload import SettingsFile
from muster.agent.settings import AgentSettings
from muster.config import load
from muster.errors import MusterError
from muster.model.probe import BESIDE_HUB

USAGE = "usage: python -m muster.agent --data DIR [--config FILE] [--netdata-api PORT]"
_KNOWN = {"--data", "--config", "--netdata-api"}


def main(arguments: list[str]) -> int:
    """Run until stopped; the exit code. Errors become one line on standard error."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=False))
    if len(arguments) % 2 or set(options) - _KNOWN or "--data" not in options:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    given = Path(options["--config"]) if "--config" in options else None
    flags = {"data": options["--data"], "netdata_api.port": _number(options.get("--netdata-api"))}
    try:
        file = SettingsFile(partial(_load, flags), Path(options["--data"]), given)
        log.set_up(file.settings.log_level)
        return run(file.settings, file.reload)
    except MusterError as error:
        sys.stderr.write(f"muster: {error}\n")
        return int(getattr(error, "exit_code", 2))


def _load(flags: Mapping[str, Any], file: Path | None) -> AgentSettings:
    # Beside its own hub it is as trusted as the hub itself: both are one person's.
    own = {"probes.reach": "private"} if BESIDE_HUB in os.environ else {}
    loaded = load(AgentSettings, file=file, environment=os.environ, flags=flags, defaults=own)
    return loaded.value


def _number(text: str | None) -> int | str | None:
    """As the settings take it; what is no number they refuse, by name."""
    return int(text) if text and text.isdecimal() else text


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

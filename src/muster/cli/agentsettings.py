"""The agent's settings as a command sees them: defaults, file, environment, flags."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.places import agent_data

if TYPE_CHECKING:
    from muster.agent.settings import AgentSettings
    from muster.config import Loaded


def settings_of(options: argparse.Namespace) -> "Loaded[AgentSettings]":
    """Defaults, file, environment, flags."""
    from muster.agent.memberships.ownsettings import settings_file
    from muster.agent.settings import AgentSettings
    from muster.config import load

    return load(
        AgentSettings,
        file=settings_file(agent_data(options), options.config),
        environment=_agent_variables(),
        flags={"data": options.data, "link.proxy": getattr(options, "proxy", None)},
        defaults={"data": agent_data(options)},
    )


def _agent_variables() -> dict[str, str]:
    """MUSTER_DATA names the folder of the hub; the agent's lies in it."""
    variables = dict(os.environ)
    if data := variables.pop("MUSTER_DATA", ""):
        variables["MUSTER_DATA"] = str(Path(data) / "agent")
    return variables

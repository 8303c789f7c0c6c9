"""Where things are when nobody says so."""

import argparse
import os
from pathlib import Path


def default_data() -> Path:
    """`$MUSTER_DATA`, /var/lib/muster for root, else the user's state folder."""
    if named := os.environ.get("MUSTER_DATA"):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/muster")
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local/state") / "muster"


def hub_data(options: argparse.Namespace) -> Path:
    """The hub's data folder: `--data` or the default."""
    return (options.data or default_data()).absolute()


def hub_folder_of(options: argparse.Namespace) -> Path:
    """The agent's folder for one hub: its data folder, or that of `--hub-name` in it."""
    from muster.agent.memberships.hubs import hub_folder

    return hub_folder(agent_data(options), options.hub_name)


def agent_data(options: argparse.Namespace) -> Path:
    """The agent's data folder: `--data`, or `agent` in the default folder."""
    return (options.data or default_data() / "agent").absolute()

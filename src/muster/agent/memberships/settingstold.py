"""The settings in force, as the machine's first hub is told them: to compare machines by.

Secrets are hidden, as in `muster config show`.
"""

from typing import Any

from muster.agent.memberships.hubs import MAIN
from muster.agent.settings import AgentSettings
from muster.config import Loaded
from muster.errors import Denied


def told_settings(settings: AgentSettings, hub: str) -> list[dict[str, Any]]:
    """Every setting with its value and its default. Errors: Denied for a hub beside the first."""
    if hub != MAIN:
        raise Denied("settings are of the machine: they are told to its first hub alone")
    defaults = AgentSettings(data=settings.data)
    rows = zip(Loaded(settings, {}).rows(), Loaded(defaults, {}).rows(), strict=True)
    return [
        {"key": key, "value": value, "default": default}
        for (key, value, _), (_, default, _) in rows
    ]

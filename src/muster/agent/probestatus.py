"""How probes fare, and where their rows and trials go: what both of their sides know."""

from collections.abc import Callable
from typing import Any

import msgspec

from muster.model.metric import Block

Emit = Callable[[str, list[Block]], None]  # owner, rows
Reply = Callable[[Any, str], None]  # result, error


class ProbeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a probe fares. `hub` empty: it is the agent's own. Times in ns UTC."""

    kind: str
    target: str
    hub: str
    interval_s: int
    runs: int = 0
    skipped: int = 0  # turns missed because it was still at work
    last_run_ns: int = 0
    fault: str = ""  # of its newest run

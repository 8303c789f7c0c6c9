"""The environment that keeps the agent's process small: glibc reads it when a process starts.

Each collector that may block has a thread, and glibc gives each thread an arena of its own, from
which little comes back: one arena for all of them holds what they need in turns. What is freed
at the end of the heap, and every large buffer, goes back to the kernel at once; by default
glibc keeps the more, the larger a buffer it has seen.

Source: mallopt(3)
"""

from collections.abc import Mapping

MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}


def lean(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for the agent's process; what somebody has set himself stays."""
    return {**MALLOC, **environment}

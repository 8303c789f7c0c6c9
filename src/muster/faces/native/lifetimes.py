"""How long something is to be good for, as requests say it. How long it may be, core says."""

from datetime import timedelta

_MAX_TTL_S = 10 * 365 * 86_400  # keeps timedelta in range; the hub's own limits are lower


def lifetime_of(ttl_s: float | None) -> timedelta | None:
    """What is asked for, within what a timedelta holds; None when nothing is."""
    return None if ttl_s is None else timedelta(seconds=max(0.0, min(ttl_s, _MAX_TTL_S)))

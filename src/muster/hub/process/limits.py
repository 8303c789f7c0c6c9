"""How many files this process may have open: one per link, and some."""

import logging
import resource

log = logging.getLogger(__name__)

WANTED = 65_536


def raise_open_files() -> None:
    """Take what the system allows; a soft limit of 1,024 would be 1,000 agents."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        log.debug("open files raised", extra={"limit": most})

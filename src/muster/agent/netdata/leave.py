"""Leaving for good: Muster's own claim and one in Netdata's words, whichever there is."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from muster.agent.joining.identity import is_claimed
from muster.agent.netdata.adopted import FILE, forget_adopted
from muster.agent.netdata.cloudfolder import CloudFolder, lib_folder


def leave_all(data: Path, environment: Mapping[str, str], unclaim: Callable[[Path], None]) -> None:
    """`unclaim` forgets identity and spool, and says what is wrong when there is none.

    The claim goes too, with the token that would claim again by itself; the key pair stays, as
    it is the machine's. Errors: those of `unclaim`.
    """
    cloud = CloudFolder(lib_folder(data, environment))
    was_claimed = bool(cloud.read_claim_id()) or (data / FILE).exists()
    if is_claimed(data) or not was_claimed:
        unclaim(data)
    with contextlib.suppress(OSError):
        cloud.drop_claim()
    forget_adopted(data)

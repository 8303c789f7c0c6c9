"""What the agent hands to the program that claims and adopts for it (program.py)."""

from pathlib import Path

import msgspec

from muster.agent.netdata.sources import Wanted
from muster.log import Secret
from muster.net.proxy import ProxySetting

MODULE = "muster.agent.netdata.program"
LIMIT_S = 90.0  # five tries of ten seconds, and their pauses


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and where."""

    data: str
    lib: str
    proxy: str
    hostname: str
    url: str = ""
    token: str = ""
    rooms: tuple[str, ...] = ()
    claim_proxy: str = ""
    insecure: bool = False
    source: str = ""
    once: bool = False


def task_of(
    data: Path, lib: Path, proxy: ProxySetting, hostname: str, wanted: Wanted | None = None
) -> bytes:
    """For the program's standard input."""
    task = Task(data=str(data), lib=str(lib), proxy=proxy.reveal(), hostname=hostname)
    if wanted is not None:
        task = msgspec.structs.replace(
            task,
            url=wanted.url,
            token=wanted.token.reveal(),
            rooms=wanted.rooms,
            claim_proxy=wanted.proxy,
            insecure=wanted.insecure,
            source=wanted.source,
            once=wanted.once,
        )
    return msgspec.json.encode(task)


def wanted_of(task: Task) -> Wanted:
    return Wanted(
        url=task.url,
        token=Secret(task.token),
        rooms=task.rooms,
        proxy=task.claim_proxy,
        insecure=task.insecure,
        source=task.source,
        once=task.once,
    )

"""Which run of an agent speaks: by this a hub tells a copied folder from one that reconnects.

`DIR/starts` counts the agents that were started on this folder. The count, an id that is new
with each start and marks of the machine go with every Hello; docs/guide/recovery-and-clones.md
says what the hub makes of them.
"""

import contextlib
import logging
import os
import secrets
from pathlib import Path

from muster.agent.machine.container import MOUNTS, container_of
from muster.agent.machine.evidence import hashed, machine_evidence
from muster.clock import Clock
from muster.files import sync
from muster.model.clone import Holder
from muster.net.addresses import machine_addresses

log = logging.getLogger(__name__)

STARTS = "starts"
_MAX_ADDRESSES = 16
_MOST = 1 << 62


class Run:
    """One run of an agent on a folder. `begin` once, with the folder's lock held.

    `machine` is put before the paths that the machine's marks are read from; `mounts` are those
    of the agent's own container.
    """

    def __init__(
        self, *, data: Path, clock: Clock, machine: Path = Path("/"), mounts: Path = MOUNTS
    ) -> None:
        self._data = data
        self._clock = clock
        self._machine = machine
        self._mounts = mounts
        self._started_ns = 0
        self._counter = 0
        self._instance = secrets.token_hex(16)

    def begin(self) -> None:
        """Count this start. A disk that refuses is logged: then the count stands still."""
        self._started_ns = self._clock.now_ns()
        self._counter = read_starts(self._data) + 1
        try:
            _write(self._data / STARTS, f"{self._counter}\n")
        except OSError as error:
            log.warning("start not counted", extra={"cause": str(error)})

    def holder(self, hub: str) -> Holder:
        """What the hub with this id is told; marks are hashed for it alone."""
        return Holder(
            instance=self._instance,
            counter=self._counter,
            started_ns=self._started_ns,
            addresses=tuple(
                each for each in machine_addresses() if each not in ("127.0.0.1", "::1")
            )[:_MAX_ADDRESSES],
            evidence=machine_evidence(hub, self._machine),
            container=hashed(hub, "container", container_of(self._mounts)),
        )


def read_starts(data: Path) -> int:
    """How often an agent was started on a folder; 0 when that is not written there."""
    with contextlib.suppress(OSError, ValueError):
        text = (data / STARTS).read_text(encoding="ascii")[:32]
        return min(_MOST, max(0, int(text)))
    return 0


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(file)
    fresh.replace(path)
    sync(path.parent)

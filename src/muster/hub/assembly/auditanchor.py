"""The newest hash of the audit log, kept in a small file beside the records.

A tail that is cut off leaves a chain that is whole, so something must remember how long it
was. The file is that for accidents and for hands that do not know of it; who can write here
can write both. So the hash goes to the hub's log once an hour too, which may be kept elsewhere.
A file that does not fit what is there is never replaced: `muster audit verify` tells of it
until somebody has looked and removed it.
"""

import asyncio
import logging
import threading
from pathlib import Path
from typing import Protocol

import msgspec

from muster.errors import MusterError
from muster.model.auditchain import Checkpoint
from muster.store.files import write_private

log = logging.getLogger(__name__)

EVERY_S = 60.0
_LOGGED_EVERY = 60  # rounds


class Chain(Protocol):
    """The part of the audit's records that is asked."""

    def newest(self) -> Checkpoint: ...
    def hash_at(self, id: int) -> str | None: ...


class AuditAnchor:
    """Keeps the file up to date while the hub runs."""

    def __init__(self, *, file: Path, chain: Chain) -> None:
        self._file = file
        self._chain = chain
        self._doubted = False
        # One at a time: the last round may still be under way when the hub ends, and would
        # write what it read before.
        self._keeping = threading.Lock()

    def kept(self) -> Checkpoint | None:
        """What was noted last; None when nothing was, or it cannot be read."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Checkpoint)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self) -> Checkpoint | None:
        """Note the newest hash, unless the one of before is not in the chain any more.

        Returns it when it is news. Errors: Unavailable.
        """
        with self._keeping:
            kept, newest = self.kept(), self._chain.newest()
            if kept == newest:
                return None
            if kept is not None and self._chain.hash_at(kept.id) not in (kept.hash, None):
                self._doubt(kept)
                return None
            write_private(self._file, msgspec.json.encode(newest))
            return newest

    async def run(self) -> None:
        """Once a minute, and at the end, until cancelled."""
        silent = _LOGGED_EVERY
        try:
            while True:
                newest = await asyncio.to_thread(self._try)
                silent += 1
                if newest is not None and silent > _LOGGED_EVERY:
                    log.info("audit log", extra={"event": newest.id, "hash": newest.hash})
                    silent = 0
                await asyncio.sleep(EVERY_S)
        finally:
            self._try()

    def _try(self) -> Checkpoint | None:
        try:
            return self.keep()
        except MusterError as error:
            log.warning(
                "the newest hash of the audit log is not noted", extra={"error": str(error)}
            )
            return None

    def _doubt(self, kept: Checkpoint) -> None:
        if not self._doubted:
            self._doubted = True
            log.error(
                "an event of the audit log is gone or has been changed; see `muster audit verify`,"
                " and remove the file when the reason is known",
                extra={"event": kept.id, "file": str(self._file)},
            )

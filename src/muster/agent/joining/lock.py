"""One agent per data folder: `agent.lock`, held for as long as the process lives."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.agent.joining.identity import refused
from muster.errors import Conflict
from muster.files import Held, hold, make_folder


class AlreadyRunning(Conflict):
    """Another agent, or a claim, works in this folder."""

    code = "already_running"


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold the folder, made when it is not there. Errors: AlreadyRunning; of the disk."""
    try:
        make_folder(data)
        lock = hold(data / "agent.lock")
    except Held as error:
        raise AlreadyRunning(
            f"an agent (process {error.holder}) works in {data}; stop it or choose another folder"
        ) from error
    except OSError as error:
        raise refused(error) from error
    try:
        yield
    finally:
        os.close(lock)

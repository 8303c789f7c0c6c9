"""New trust anchors from the hub: stored whole, then confirmed; no cryptography here.

They come over a link that both ends have proved, and take the place of those in force with
one rename, so that whoever is killed in between has the old ones or the new.
"""

import asyncio
import hashlib
import logging
from pathlib import Path

from muster.agent.joining.identity import ANCHORS, Identity, load_identity, refused
from muster.agent.joining.renewal import Renewal
from muster.agent.linking.session import Session
from muster.errors import InputError, MusterError
from muster.files import sync, write_new
from muster.net.tls import client_context
from muster.wire.messages import Anchors, AnchorsKept

log = logging.getLogger(__name__)


def anchors_sha256(identity: Identity) -> str:
    """Of the text of the anchors in force: by this the hub knows whether they are its own."""
    return hashlib.sha256(identity.anchors().encode()).hexdigest()


def keep_anchors(data: Path, anchors: str) -> str:
    """Put anchors in force and on the disk; their SHA-256. Blocks.

    Errors: SettingsError when they cannot be used; DiskRefused, PermissionRefused. The old
            ones are then still in force.
    """
    if "BEGIN CERTIFICATE" not in anchors:
        raise InputError("the hub sent no trust anchors")
    client_context(anchors)
    identity = load_identity(data)
    place = identity.folder / ANCHORS
    beside = identity.folder / f".{ANCHORS}.new"
    try:
        beside.unlink(missing_ok=True)  # of a run that was killed
        write_new(beside, anchors.encode())
        beside.replace(place)
        sync(identity.folder)
    except OSError as error:
        raise refused(error) from error
    return hashlib.sha256(anchors.encode()).hexdigest()


class Trust:
    """Takes what the hub pushes over a link."""

    def __init__(self, data: Path, renewal: Renewal) -> None:
        self._data = data
        self._renewal = renewal

    async def take(self, session: Session, pushed: Anchors) -> None:
        """Store anchors, confirm them, and renew soon when that is asked for.

        What cannot be stored is not confirmed: the hub sends it again to the next link.
        """
        try:
            sha256 = await asyncio.to_thread(keep_anchors, self._data, pushed.anchors)
            if pushed.renew_within_s:
                self._renewal.hasten(load_identity(self._data).node, pushed.renew_within_s)
        except MusterError as error:
            log.warning("trust anchors not stored", extra={"cause": str(error)})
        else:
            session.say(AnchorsKept(sha256=sha256))
            log.info("trust anchors stored", extra={"sha256": sha256[:16]})

"""What must stand before the hub is built: records, CA, server certificate, administrator."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from muster.clock import Clock
from muster.core.enrolment.evidence import Evidences
from muster.core.nodes.inventory import Inventory
from muster.core.people.accounts import Accounts
from muster.errors import SettingsError
from muster.hub.assembly.policyfile import PolicyFile, read_evidences
from muster.hub.keys.signerclient import SignerClient
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.hub.tls import acme
from muster.hub.tls.certificates import ServerCertificate, known_hosts, wanted_names
from muster.hub.tls.webcertificate import WebCertificate
from muster.ports.signer import Signer
from muster.store.files import make_private_folder
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore, PasswordFile
from muster.store.records.database import holds_anything
from muster.store.records.records import SqliteRecords

OpenSigner = Callable[[Path, Clock], Signer]


def in_process(folder: Path, clock: Clock) -> Signer:
    """A signer that holds its keys here: for tests, and where nothing is served."""
    return KeyRing(store=KeyStore(folder=folder), clock=clock)


def in_own_process(folder: Path, clock: Clock) -> Signer:
    """A hub's signer: its keys are never in this process."""
    client = SignerClient(folder=folder, clock=clock)
    client.open()
    return client


class Foundation:
    """Opened in a thread; closed when everything built on it has stopped."""

    def __init__(
        self,
        *,
        settings: Settings,
        places: Places,
        clock: Clock,
        signer: OpenSigner = in_process,
    ) -> None:
        self._settings = settings
        self._places = places
        self._clock = clock
        self._open_signer = signer
        self.records = SqliteRecords(path=places.records)
        self.policy = PolicyFile(settings.enrol.policy)
        self.evidences = Evidences()
        self.authority: Signer
        self.certificate: ServerCertificate
        self.web_certificate = WebCertificate(
            settings=acme.web_files(places.acme) if settings.acme.directory else settings.web,
            own=places.certificate,
            hosts=lambda: known_hosts(settings.listen.names),
            clock=clock,
            may_lack=bool(settings.acme.directory),
        )

    def open(self) -> None:
        """Read or make all of it. Blocks. Errors: SettingsError, Unavailable."""
        self.policy.load()
        self.evidences = read_evidences(self._settings.evidence)
        make_private_folder(self._places.certificate.parent)
        _require_records(self._places)
        self.records.open()
        self.records.begin(self._clock.now_ns())
        self.authority = self._open_signer(self._places.ca, self._clock)
        self.certificate = ServerCertificate(
            file=self._places.certificate,
            authority=self.authority,
            clock=self._clock,
            names=lambda: wanted_names(self._settings.listen.names),
        )
        self.certificate.prepare()
        self.web_certificate.look()

    def show_certificates(self) -> None:
        """Let the listeners use what the CA is now. Blocks. Errors: MusterError kin."""
        self.certificate.look()
        self.web_certificate.look()

    async def first_start(self, accounts: Accounts, inventory: Inventory) -> str:
        """Make the first space and the administrator; where its password lies, or ""."""
        space = await asyncio.to_thread(inventory.ensure_space, self._settings.space)
        path = await accounts.first_start(space.id, PasswordFile(path=self._places.password))
        return str(path or "")

    def close(self) -> None:
        if hasattr(self, "authority"):
            self.authority.close()
        self.records.close()


def _require_records(places: Places) -> None:
    """Records are made before the CA: a CA without them is a hub that lost its memory.

    Begun anew, it would call every node of its own removed. Errors: SettingsError.
    """
    if places.ca.exists() and not holds_anything(places.records):
        raise SettingsError(
            "is missing or empty, and this hub's nodes and users with it: restore it from a"
            f" backup, or move {places.ca} away too to begin anew",
            str(places.records),
        )

"""The web listener's certificate from a CA that speaks ACME: when it is due, and where it lies.

It is renewed at two thirds of its life, spread so that hubs of one birthday do not come at
once. What fails is tried again later and later, also after a restart, for CAs count failures;
meanwhile the certificate of before, or the hub's own, is shown.

Files, in DIR/acme (0700): account.key, web.key, web.pem, state.json.
"""

import asyncio
import hashlib
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.audit import make_event
from muster.errors import InputError, MusterError, SettingsError, Unavailable
from muster.hub.tls.webcertificate import Pair, WebSettings, read_pair
from muster.log import Secret
from muster.model.access import Actor
from muster.net.acme import AcmeClient, External, Solver, Transport
from muster.net.challenges import DnsAnswers, FolderAnswers, HttpAnswers
from muster.pki import keys
from muster.pki.names import MAX_NAMES, general_names
from muster.pki.requests import make_named_request
from muster.ports.records import AuditRecords
from muster.store.files import make_private_folder, write_private

log = logging.getLogger(__name__)

LOOK_S = 3600.0
_FIRST_RETRY_S, _MOST_RETRY_S = 60.0, 6 * 3600.0
_SELF = Actor(name="hub", operator=True)
_MAX_FILE_BYTES = 64 << 10
_MAX_PORT = 65_535


class AcmeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[acme] of the hub's configuration: off without a directory."""

    directory: str = ""  # https:// address of the CA's directory
    agree: bool = False  # agreement to the CA's terms; without it no certificate is asked for
    names: tuple[str, ...] = ()  # names in the certificate; none: the host names of listen.names
    contact: tuple[str, ...] = ()  # mail addresses that the CA may write to
    http_port: int = 0  # port to answer HTTP-01 on; the CA comes to port 80; 0: not answered here
    webroot: Path | None = None  # folder of another server that has port 80, for HTTP-01
    dns_hook: Path | None = None  # a program that sets DNS records, for the challenge DNS-01
    # how long to wait after the DNS hook, for the zone's other servers
    dns_wait: timedelta = timedelta(seconds=30)
    # PEM that the directory's certificate is verified by; none: the system's trust
    ca_file: Path | None = None
    # id of an account elsewhere that vouches for this one (external account binding)
    external_kid: str = ""
    external_key_file: Path | None = None  # the secret to external_kid, base64url


class WebState(msgspec.Struct, frozen=True, kw_only=True):
    """How renewals go; kept over restarts."""

    failures: int = 0  # in a row
    next_ns: int = 0  # not before; 0: when the certificate says
    fault: str = ""


def check(settings: AcmeSettings, web: WebSettings, known: tuple[str, ...]) -> None:
    """What no single value shows; `known`: names that others know the hub by.

    Errors: SettingsError naming the key.
    """
    if not settings.directory:
        return
    if not settings.directory.startswith("https://") or not urlsplit(settings.directory).hostname:
        raise SettingsError("must be an https:// address", key="acme.directory")
    if not settings.agree:
        raise SettingsError("read the CA's terms, then set this to true", key="acme.agree")
    if web.certificate is not None:
        raise SettingsError(
            "acme.directory is set, so the hub gets a certificate itself: choose one",
            key="web.certificate",
        )
    names_for(settings, known)
    _check_ways(settings)
    for key in ("webroot", "dns_hook", "ca_file", "external_key_file"):
        path = getattr(settings, key)
        if path is not None and not path.is_absolute():
            raise SettingsError(f"must be an absolute path: {str(path)!r}", key=f"acme.{key}")


def _check_ways(settings: AcmeSettings) -> None:
    ways = [settings.http_port != 0, settings.webroot is not None, settings.dns_hook is not None]
    if sum(ways) != 1:
        text = "one of acme.http_port, acme.webroot, acme.dns_hook says how names are proved"
        raise SettingsError(text, key="acme.http_port")
    if not 0 <= settings.http_port <= _MAX_PORT:
        raise SettingsError(f"no port: {settings.http_port}", key="acme.http_port")
    if bool(settings.external_kid) != (settings.external_key_file is not None):
        raise SettingsError("goes with acme.external_key_file", key="acme.external_kid")


def names_for(settings: AcmeSettings, known: tuple[str, ...]) -> tuple[str, ...]:
    """What to ask for. Errors: SettingsError when there is nothing, or no name."""
    found = settings.names or tuple(each for each in known if not _is_address(each))
    try:
        general_names(found)
    except InputError as error:
        text = f"{error}: name what the world calls this hub, 1 to {MAX_NAMES}"
        raise SettingsError(text, key="acme.names") from error
    return tuple(dict.fromkeys(each.lower() for each in found))


def web_files(folder: Path) -> WebSettings:
    """Where its certificate lies, for webcertificate.WebCertificate."""
    return WebSettings(certificate=folder / "web.pem", key=folder / "web.key")


class Acme:
    """Gets and renews the certificate. `renewed` is told when there is a new one."""

    def __init__(
        self,
        *,
        settings: AcmeSettings,
        names: tuple[str, ...],
        folder: Path,
        clock: Clock,
        transport: Transport,
        audit: AuditRecords,
        renewed: Callable[[], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._names = names
        self._folder = folder
        self._clock = clock
        self._transport = transport
        self._audit = audit
        self._renewed = renewed
        self._pause = pause
        self._turn = asyncio.Lock()
        self.http = HttpAnswers()
        self._state = WebState()
        self._loaded = False

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def state(self) -> WebState:
        """How renewals go, and when the next is due. Blocks."""
        now_ns = self._clock.now_ns()
        known = self._load()
        return msgspec.structs.replace(known, next_ns=self._due_ns(self._pair(now_ns)))

    async def run(self) -> None:
        """Renew when it is due, until cancelled."""
        while True:
            state = await asyncio.to_thread(self.state)
            left_s = (state.next_ns - self._clock.now_ns()) / SECOND_NS
            if left_s <= 0:
                with suppress(MusterError):  # said and remembered
                    await self.renew(_SELF)
                continue
            await self._pause(min(left_s, LOOK_S))

    async def renew(self, actor: Actor) -> None:
        """Get a certificate now. Errors: Unavailable, with the CA's reason; SettingsError."""
        async with self._turn:
            try:
                await self._get()
            except MusterError as error:
                await asyncio.to_thread(self._failed, actor, error)
                raise
            await asyncio.to_thread(self._done, actor)
        self._renewed()

    async def _get(self) -> None:
        """Steps: 1 the account  2 a new key  3 the order  4 judge it  5 the files, key first."""
        settings = self._settings
        # 1
        account = await asyncio.to_thread(self._account_key)
        client = AcmeClient(
            directory=settings.directory,
            key=account,
            transport=self._transport,
            pause=self._pause,
            clock=self._clock,
        )
        await client.register(settings.contact, await asyncio.to_thread(self._external))
        # 2
        key = keys.make_key()
        request = make_named_request(key, self._names)
        # 3
        chain = await client.order(self._names, request, self._solver())
        # 4, 5
        await asyncio.to_thread(self._keep, key, chain)

    def _solver(self) -> Solver:
        settings = self._settings
        if settings.dns_hook is not None:
            wait_s = settings.dns_wait.total_seconds()
            return DnsAnswers(settings.dns_hook, wait_s=wait_s, pause=self._pause)
        if settings.webroot is not None:
            return FolderAnswers(settings.webroot)
        return self.http

    def _account_key(self) -> Secret:
        path = self._folder / "account.key"
        make_private_folder(self._folder)
        if not path.exists():
            write_private(path, keys.make_key().reveal().encode())
        return Secret(_read(path))

    def _external(self) -> External | None:
        path = self._settings.external_key_file
        if path is None:
            return None
        return External(kid=self._settings.external_kid, secret=Secret(_read(path).strip()))

    def _keep(self, key: Secret, chain: str) -> None:
        """Judge what came as the listener will, then put it in place.

        A hub killed between the two has a pair that does not fit: it goes on with what it
        showed, and its state says that one is due.
        """
        fresh = web_files(self._folder / "new")
        make_private_folder(self._folder / "new")
        if fresh.certificate is None or fresh.key is None:
            raise TypeError("both files have a place")
        write_private(fresh.certificate, chain.encode("ascii"))
        write_private(fresh.key, key.reveal().encode())
        pair = read_pair(fresh.certificate, fresh.key, self._clock.now_ns())
        missing = [each for each in self._names if each not in pair.names]
        if missing:
            raise Unavailable(f"what the CA gave is not for {', '.join(missing)}")
        for path in (fresh.key, fresh.certificate):
            path.rename(self._folder / path.name)

    def _failed(self, actor: Actor, error: MusterError) -> None:
        failures = self._load().failures + 1
        wait_s = min(_FIRST_RETRY_S * 2 ** min(failures - 1, 12), _MOST_RETRY_S)
        wait_s *= 1 + 0.2 * self._spread(f"{failures}")
        wait_s = max(wait_s, getattr(error, "retry_after_s", 0.0))
        next_ns = self._clock.now_ns() + round(wait_s * SECOND_NS)
        self._save(WebState(failures=failures, next_ns=next_ns, fault=str(error)[:500]))
        self._note(actor, error.code, str(error))
        log.warning("web certificate not renewed", extra={"error": str(error), "next_s": wait_s})

    def _done(self, actor: Actor) -> None:
        self._save(WebState())
        self._note(actor, "ok", ", ".join(self._names))
        log.info("web certificate renewed", extra={"names": ",".join(self._names)})

    def _note(self, actor: Actor, outcome: str, detail: str) -> None:
        host = urlsplit(self._settings.directory).hostname or ""
        event = make_event(
            self._clock, actor, "web.certificate", host, outcome=outcome, detail=detail
        )
        self._audit.add(event)

    def _due_ns(self, pair: Pair | None) -> int:
        """When to renew: at two thirds of its life, give or take a twentieth of it."""
        if pair is None or any(each not in pair.names for each in self._names):
            due_ns = 0
        else:
            life_ns = pair.not_after_ns - pair.not_before_ns
            due_ns = pair.not_before_ns + 2 * life_ns // 3
            due_ns += round(self._spread(pair.sha256) * life_ns / 20)
        return max(due_ns, self._load().next_ns)

    def _spread(self, text: str) -> float:
        """-1 to 1, the same after a restart, another for another hub."""
        digest = hashlib.sha256(f"{self._folder}|{self._names}|{text}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 0x7FFFFFFF - 1

    def _pair(self, now_ns: int) -> Pair | None:
        files = web_files(self._folder)
        if files.certificate is None or files.key is None:
            return None
        try:
            return read_pair(files.certificate, files.key, now_ns)
        except SettingsError:
            return None

    def _load(self) -> WebState:
        if not self._loaded:
            with suppress(OSError, msgspec.MsgspecError):
                found = (self._folder / "state.json").read_bytes()
                self._state = msgspec.json.decode(found, type=WebState)
            self._loaded = True
        return self._state

    def _save(self, state: WebState) -> None:
        self._state, self._loaded = state, True
        make_private_folder(self._folder)
        write_private(self._folder / "state.json", msgspec.json.encode(state))


def _read(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            return file.read(_MAX_FILE_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not ASCII"
        raise SettingsError(f"cannot be read: {reason}", str(path)) from error


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

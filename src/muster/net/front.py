"""What stands between browsers and a listener: reverse proxies, a path prefix, names.

Steps for each request:
 1. the peer is a trusted proxy or not; only a trusted one is believed about the client
 2. behind a listener without TLS stands a trusted proxy, to which the browser spoke HTTPS
 3. the host is one that the hub goes by, or one that a trusted proxy names
The faces know nothing of it: they see the client's address and host, paths and cookies without
the prefix. What they answer is put under the prefix again.
"""

import re
from collections.abc import Callable, Collection, Mapping

import msgspec

from muster.errors import Denied, InputError, MusterError, SettingsError
from muster.model.address import Networks, is_own_machine, literal_of, split_address
from muster.net.forwarded import Lines, Told, tell
from muster.net.hosts import name_of, require_known

_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}){1,8}")
_HOST, _SECURE = "__Host-", "__Secure-"


class ProxySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reverse proxies in front of the web listener."""

    trusted: tuple[str, ...] = ()  # networks or addresses of proxies; "unix": at a unix socket
    prefix: str = ""  # path under which browsers see the hub, like /muster
    # where a proxy on this machine is served without TLS: 127.0.0.1:7480, or a socket's path
    plain_listen: tuple[str, ...] = ()


def check(settings: ProxySettings) -> None:
    """Errors: SettingsError naming the key."""
    try:
        trusted = Networks(settings.trusted)
    except InputError as error:
        raise SettingsError(str(error), key="proxy.trusted") from error
    if settings.prefix and not _PREFIX.fullmatch(settings.prefix):
        text = f"not a path like /muster, without a slash at its end: {settings.prefix[:100]!r}"
        raise SettingsError(text, key="proxy.prefix")
    for place in settings.plain_listen:
        _check_plain(place, trusted)


def _check_plain(place: str, trusted: Networks) -> None:
    key = "proxy.plain_listen"
    if place.startswith("/"):
        peer = "unix"
    else:
        try:
            peer, _ = split_address(place)
        except InputError as error:
            raise SettingsError(f"{error}, nor an absolute path", key=key) from error
        if not (literal_of(peer) and is_own_machine(peer)):
            text = f"plain HTTP is spoken on loopback (127.0.0.1, ::1) alone, not on {place!r}"
            raise SettingsError(text, key=key)
    if peer not in trusted:
        text = f"the proxy at {place!r} must be in proxy.trusted too; add {peer!r} there"
        raise SettingsError(text, key=key)


class HttpsOnly(MusterError):
    """The browser came to the proxy without TLS; `location` is where it should go."""

    code = "https_only"
    status = 308

    def __init__(self, location: str) -> None:
        super().__init__(f"this hub is reached over HTTPS alone: {location}")
        self.headers = {"Location": location}


class Front:
    """One listener's view of what comes in. `hosts` None: any name will do."""

    def __init__(
        self,
        settings: ProxySettings | None = None,
        *,
        hosts: Callable[[], Collection[str]] | None = None,
        plain: bool = False,
    ) -> None:
        settings = settings or ProxySettings()
        self.prefix = settings.prefix
        self._trusted = Networks(settings.trusted)
        self._hosts = hosts
        self._plain = plain

    @property
    def is_steady(self) -> bool:
        """Whether of the same headers of the same peer it always sees the same."""
        return self._hosts is None and not self._plain

    def is_unlimited(self, address: str) -> bool:
        """Whether many clients may stand behind one address."""
        return is_own_machine(address) or address in self._trusted

    def see(
        self, method: str, path: str, peer: str, lines: Lines, *, any_host: bool = False
    ) -> Told:
        """Who asks, and as whom: address and host are set, the host as browsers spell it.

        `any_host`: who asks is no browser, and is not to be held to names.
        Errors: InputError, UnknownHost; Denied or HttpsOnly for a request without TLS.
        """
        hosts = lines("host")
        if len(hosts) > 1:
            raise InputError("more than one Host header")
        own = hosts[0] if hosts else ""  # HTTP/1.0 may leave it out; browsers never do
        # 1
        believed = peer in self._trusted
        told = tell(peer, lines, self._trusted) if believed else Told(address=peer)
        # 2
        self._require_https(method, path, told, own, believed)
        # 3
        if told.host:
            name_of(told.host)
        elif own and not any_host:
            self.require_known(own)
        return msgspec.structs.replace(told, host=told.host or own)

    def require_known(self, host: str) -> None:
        """Errors: UnknownHost, InputError."""
        if self._hosts is not None:
            require_known(host, self._hosts())

    def _require_https(self, method: str, path: str, told: Told, own: str, believed: bool) -> None:
        if self._plain and not believed:
            raise Denied("plain HTTP is for trusted proxies alone; see proxy.trusted")
        if told.scheme == "https" or not (told.scheme or self._plain):
            return
        if not told.scheme:
            raise Denied(
                "the proxy does not say that the browser came by HTTPS; let it send"
                " X-Forwarded-Proto"
            )
        if method not in ("GET", "HEAD"):
            raise Denied("this hub is reached over HTTPS alone")
        host = told.host or own
        name_of(host)
        raise HttpsOnly(f"https://{host}{self.prefix}{self.inside(path)}")

    def inside(self, path: str) -> str:
        """A path without the prefix. Proxies that strip it and those that do not both serve."""
        rest = path.removeprefix(self.prefix) if self.prefix else path
        if rest == path or rest.startswith("/"):
            return rest
        return path if rest else "/"

    def cookies(self, sent: Mapping[str, str]) -> dict[str, str]:
        """Cookies as faces name them.

        `__Host-` demands the path "/", by which other programs under the same host would get
        ours; under a prefix they are `__Secure-`.
        """
        if not self.prefix:
            return dict(sent)
        return {
            name.replace(_SECURE, _HOST, 1) if name.startswith(_SECURE) else name: text
            for name, text in sent.items()
            if not name.startswith(_HOST)
        }

    def outward(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Headers of an answer, put under the prefix."""
        if not self.prefix:
            return headers
        return {name: self._outward(name.lower(), text) for name, text in headers.items()}

    def _outward(self, name: str, text: str) -> str:
        if name == "location" and text.startswith("/") and text[1:2] != "/":
            return self.prefix + text
        if name == "set-cookie" and text.startswith(_HOST):
            return _SECURE + text.removeprefix(_HOST).replace("Path=/;", f"Path={self.prefix};")
        return text

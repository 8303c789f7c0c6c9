"""The way to a cloud: its address, what is trusted for it, the proxy, and one request over that.

Steps of a request, each of which can fail in a way of its own:
 1. the address is https, or `-insecure` was said
 2. trust: trusted.pem, else cloud_fullchain.pem, else SSL_CERT_FILE, else the system's
 3. the proxy: none, http (CONNECT), socks5 and socks5h; TLS runs end to end through each
 4. one request on a connection of its own; redirects are not followed

Source: netdata-claim-aclk specification 1.1, 2.2 and 2.8
"""

import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.outcome import MAX_ANSWER_BYTES, ClaimExit, ClaimFailed
from muster.errors import MusterError, SettingsError
from muster.model.address import join_address
from muster.net.client import Answer, Target, request
from muster.net.proxy import ProxySetting, parse_proxy
from muster.trust import public_context
from muster.wire.netdata.claim import UNCHECKED

_PROXY_PORT = 8080  # where one of theirs names none


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A cloud's address, taken apart."""

    text: str  # without a slash at its end
    host: str
    port: int
    path: str  # "" or with a slash in front and none at the end
    secure: bool


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How requests get there."""

    base: Base
    proxy: ProxySetting
    context: ssl.SSLContext | None
    environment: Mapping[str, str]

    @property
    def is_unchecked(self) -> bool:
        """Whether nothing tells who answers: -insecure was said."""
        return self.context is None or self.context.verify_mode is ssl.CERT_NONE

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        limit_s: float,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """One request below the base. Errors: ClaimFailed (4) naming what failed where."""
        base = self.base
        own = {"Host": _authority(base)} | ({UNCHECKED: "1"} if self.is_unchecked else {})
        try:
            proxy = self.proxy.choose(base.host, base.port, self.environment)
            target = Target(host=base.host, port=base.port, context=self.context, proxy=proxy)
            return await request(
                target,
                method,
                f"{base.path}{path}",
                body=body,
                headers=own | dict(headers),
                timeout_s=limit_s,
                max_body_bytes=max_bytes,
            )
        except MusterError as error:
            raise ClaimFailed(ClaimExit.NO_CONNECTION, str(error)) from error


def parse_base(url: str, *, insecure: bool = False) -> Base:
    """Errors: ClaimFailed (4); the text shows no credentials."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise _bad_base("is no URL like https://HUB:PORT") from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise _bad_base("is no URL like https://HUB:PORT")
    if parts.username is not None or parts.query or parts.fragment:
        raise _bad_base("has more in it than host, port and path")
    secure = parts.scheme == "https"
    if not secure and not insecure:
        raise _bad_base("is not https: the token would be readable on the way")
    host = parts.hostname
    port = port or (443 if secure else 80)
    path = parts.path.rstrip("/")
    shown = f"{parts.scheme}://{parts.netloc}{path}"
    return Base(text=shown, host=host, port=port, path=path, secure=secure)


def _bad_base(text: str) -> ClaimFailed:
    return ClaimFailed(ClaimExit.NO_CONNECTION, f"the address {text}")


def _authority(base: Base) -> str:
    """As curl writes `Host`: without the port that everybody knows."""
    plain = join_address(base.host, base.port)
    usual = 443 if base.secure else 80
    return plain.removesuffix(f":{usual}") if base.port == usual else plain


def make_context(
    cloud: CloudFolder, base: Base, *, insecure: bool = False
) -> ssl.SSLContext | None:
    """2. Errors: ClaimFailed (4) for a trust file that cannot be used."""
    if not base.secure:
        return None
    file = next((path for path in (cloud.trusted, cloud.chain) if path.is_file()), None)
    try:
        context = public_context(file)
    except SettingsError as error:
        raise ClaimFailed(
            ClaimExit.NO_CONNECTION, f"the cloud's certificate cannot be checked: {error}"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as curl: a chain need not end in a root
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def proxy_setting(text: str, otherwise: ProxySetting, *, none: bool = False) -> ProxySetting:
    """3: what was said, in Netdata's words; "" takes what the agent's settings say.

    Errors: ClaimFailed (1); it never quotes credentials.
    """
    text = text.strip()
    if none or text == "none":
        return ProxySetting("none")
    if text in ("env", "environment"):
        return ProxySetting("environment")
    if not text:
        return otherwise
    try:
        setting = ProxySetting(text)
        if _names_port(text) or setting.choose("h", 1, {}) is None:
            return setting
        return ProxySetting(_with_port(text))
    except SettingsError as error:
        raise ClaimFailed(ClaimExit.UNKNOWN_ARGUMENT, str(error)) from error


def _names_port(text: str) -> bool:
    return urlsplit(text if "://" in text else f"http://{text}").port is not None


def _with_port(text: str) -> str:
    url = text if "://" in text else f"http://{text}"
    if parse_proxy(url).kind != "http":
        return url
    return f"{url.rstrip('/')}:{_PROXY_PORT}"


def proxy_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`env` as Netdata reads it: http_proxy first, then https_proxy; no_proxy is honoured too."""
    found = dict(environment)
    if first := environment.get("http_proxy"):
        found["https_proxy"] = first
    return found


def settled_proxy(way: Way, environment: Mapping[str, str]) -> str:
    """The text of a proxy that the link needs to be told of, to go where the claim went.

    The link looks at https_proxy; what only http_proxy says is kept as it is now.
    """
    text = way.proxy.reveal()
    now = way.environment.get("https_proxy", "")
    if text != "environment" or now == environment.get("https_proxy", ""):
        return text
    spared = way.proxy.choose(way.base.host, way.base.port, way.environment) is None
    return text if spared else now

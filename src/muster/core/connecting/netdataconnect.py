"""Values of the recipes by which Netdata agents are connected: how they trust, claim, go out.

Agents of 2.x and 1.x look in different places for what they trust; the recipes fill all of them.
Source: docs/faces/netdata.md ("Trust")
"""

from collections.abc import Sequence

import msgspec

from muster.model.address import join_address, split_address

_BUNDLE = "/var/lib/netdata/cloud.d/muster-bundle.pem"
_TRUST_VALUES = """\
  env:
    SSL_CERT_FILE: /etc/ssl/certs/ca-certificates.crt
  extraVolumes:
    - name: muster-trust
      configMap:
        name: muster-trust
  extraVolumeMounts:
    - name: muster-trust
      mountPath: /etc/ssl/certs/ca-certificates.crt
      subPath: ca-certificates.crt
      readOnly: true"""


class HubRoot(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine has to trust first, where the hub's certificate is of its own CA.

    Shapes: `file_sha256` of what GET /root.pem answers at `port`, the web listener's;
            `sha256` of its first certificate.
    """

    port: int
    file_sha256: str
    sha256: str


class NetdataSite(msgspec.Struct, frozen=True, kw_only=True):
    """Where Netdata agents claim: addresses like https://hub:7443, the best first."""

    urls: tuple[str, ...]
    root: HubRoot | None  # None: the certificate there is one that machines trust already


def values(*, url: str, root: HubRoot | None, proxy: str, rooms: Sequence[str]) -> dict[str, str]:
    """What stands in their templates. `url` is where they claim, and they reach the root by it."""
    named = ",".join(rooms)
    given = {"NETDATA_CLAIM_ROOMS": named, "NETDATA_CLAIM_PROXY": proxy}
    if root is not None:
        given["SSL_CERT_FILE"] = _BUNDLE
    lines = [f"{name}={value}" for name, value in given.items() if value]
    claims = {name: value for name, value in given.items() if value and name != "SSL_CERT_FILE"}
    return {
        "ROOT_URL": _root_url(url, root.port) if root else "",
        "ROOT_SHA256": root.file_sha256 if root else "",
        "ROOT_FINGERPRINT": fingerprint(root.sha256) if root else "",
        "ROOMS": named,
        "CONF_PROXY": f"\n   proxy = {proxy}" if proxy else "",
        "SCRIPT_OPTIONS": _script_options(proxy, named),
        "NETDATA_LINES": "\n".join(lines),
        "NETDATA_WORDS": "".join(f" '{line}'" for line in lines),
        "NETDATA_SECRET_LINES": "\n".join(f'  {key}: "{value}"' for key, value in claims.items()),
        "TRUST_VALUES": _TRUST_VALUES if root else "",
    }


def fingerprint(sha256: str) -> str:
    """As OpenSSL writes one: pairs of capitals with colons between them."""
    return ":".join(sha256[at : at + 2] for at in range(0, len(sha256), 2)).upper()


def _root_url(url: str, port: int) -> str:
    host, _ = split_address(url.removeprefix("https://"))
    return f"https://{join_address(host, port)}/root.pem"


def _script_options(proxy: str, rooms: str) -> str:
    """Of the script of 1.x. A proxy with a password goes by the environment: see SUDO_ENV."""
    options = f" -rooms={rooms}" if rooms else ""
    if proxy == "none":
        return options + " -noproxy"
    if proxy and proxy != "env" and "@" not in proxy:
        return options + f" -proxy={proxy}"
    return options

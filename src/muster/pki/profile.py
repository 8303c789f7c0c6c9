"""The one table of what the CA makes: lifetimes, usages, names.

A certificate begins a little before it is made, so that a peer whose clock is late takes
it at once; never by more than a tenth of its life, so that half life stays in the future.

Source: RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12.
"""

import msgspec

from muster.clock import SECOND_NS

_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S
_YEAR_S = 365 * _DAY_S


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of certificate."""

    name: str  # common name, or what it begins with
    lifetime_s: int  # usual
    backdate_s: int
    most_s: int = 0  # the most that may be asked for; 0: the usual
    authority: bool
    path_length: int | None = None  # issuers that may stand below it
    client: bool = False  # extended usage clientAuth
    server: bool = False  # extended usage serverAuth

    def span(self, now_ns: int, lifetime_s: int = 0) -> tuple[int, int]:
        """(not_before_ns, not_after_ns) of one made now; lifetime 0 is the usual one."""
        lifetime_s = min(lifetime_s or self.lifetime_s, self.most_s or self.lifetime_s)
        backdate_s = min(self.backdate_s, lifetime_s // 10)
        now_s = now_ns // SECOND_NS
        return (now_s - backdate_s) * SECOND_NS, (now_s + lifetime_s) * SECOND_NS


ROOT = Profile(
    name="Muster root",
    lifetime_s=20 * _YEAR_S,
    backdate_s=_DAY_S,
    authority=True,
    path_length=1,
)
# An issuer's usage binds all below it: what issues agents can't issue a server.
AGENTS = Profile(
    name="Muster agents",
    lifetime_s=5 * _YEAR_S,
    backdate_s=_DAY_S,
    authority=True,
    path_length=0,
    client=True,
)
SERVERS = Profile(
    name="Muster servers",
    lifetime_s=5 * _YEAR_S,
    backdate_s=_DAY_S,
    authority=True,
    path_length=0,
    server=True,
)
AGENT = Profile(
    name="",  # the node's id
    lifetime_s=_DAY_S,
    most_s=90 * _DAY_S,
    backdate_s=_HOUR_S,
    authority=False,
    client=True,
)
SERVER = Profile(
    name="Muster hub",
    lifetime_s=30 * _DAY_S,
    backdate_s=_DAY_S,
    authority=False,
    server=True,
)
# What a new root is for those who hold only the old one, while a fleet moves to it.
CROSS = Profile(
    name="",  # that of the new root
    lifetime_s=5 * _YEAR_S,
    backdate_s=_DAY_S,
    authority=True,
    path_length=1,
)
# Signs for things that are no part of Muster, and stands under no root that an agent trusts.
SERVICES = Profile(
    name="Muster services",
    lifetime_s=10 * _YEAR_S,
    backdate_s=_DAY_S,
    authority=True,
    path_length=0,
)
SERVICE = Profile(
    name="",  # the first of its names
    lifetime_s=90 * _DAY_S,
    most_s=2 * _YEAR_S,
    backdate_s=_HOUR_S,
    authority=False,
)

CRL_LIFETIME_S = 7 * _DAY_S
CRL_REFRESH_S = _DAY_S
MIN_LIFETIME_S = 10
RENEW_ISSUER_S = _YEAR_S  # an issuer with less than this ahead is replaced
WARN_ISSUER_S = (_YEAR_S, 90 * _DAY_S, 30 * _DAY_S)  # ahead of its end, when the root is away
RENEW_JITTER = 0.05  # of the life, either way


def renew_at(not_before_ns: int, not_after_ns: int, jitter: float) -> int:
    """When to replace a certificate: at half its life, spread by up to a twentieth of it.

    Shapes: `jitter` is uniform in [-1, 1], drawn by the caller.
    """
    life_ns = not_after_ns - not_before_ns
    spread_ns = round(life_ns * RENEW_JITTER * max(-1.0, min(1.0, jitter)))
    return not_before_ns + life_ns // 2 + spread_ns

"""Sign-in beside the password, put together from the settings."""

import os

from muster.clock import Clock
from muster.core.people.invitations import Invitations
from muster.core.people.oidc import OidcSignIn
from muster.core.people.oidcprovider import OidcSettings, Provider
from muster.core.people.passkeys import Passkeys
from muster.core.people.sessions import Sessions
from muster.hub.settings import Settings
from muster.net.fetch import Fetcher
from muster.ports.records import Records


class SignInParts:
    """Passkeys, providers and invitations of one hub, which bears the name `hub`."""

    def __init__(
        self, *, settings: Settings, records: Records, clock: Clock, sessions: Sessions, hub: str
    ) -> None:
        self.passkeys = Passkeys(records=records, clock=clock, sessions=sessions, hub=hub)
        self.oidc = OidcSignIn(
            records=records,
            clock=clock,
            sessions=sessions,
            providers=[_provider(*each, clock) for each in settings.oidc.items()],
        )
        self.invitations = Invitations(
            records=records,
            clock=clock,
            settings=settings.invitations,
            sessions=sessions,
            passkeys=self.passkeys,
        )
        self._prefix = settings.proxy.prefix

    async def leave(self, method: str, host: str) -> str:
        """Where a browser ends the provider's session that began ours; empty for nowhere."""
        return await self.oidc.leave(method, f"https://{host}{self._prefix}/")


def trusted_methods(settings: Settings) -> list[str]:
    """Ways to sign in that bring two factors by themselves."""
    return [f"oidc:{name}" for name, each in settings.oidc.items() if each.second_factor]


def _provider(name: str, settings: OidcSettings, clock: Clock) -> Provider:
    fetch = Fetcher(ca_file=settings.ca_file, environment=os.environ)
    return Provider(name=name, settings=settings, fetch=fetch, clock=clock)

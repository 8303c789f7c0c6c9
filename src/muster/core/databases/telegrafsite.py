"""Where Telegraf's metrics go, for who connects one: an address, and a database that is there.

Telegraf writes by the certificate of a node, and a node makes no databases. So the admin who
connects a Telegraf makes the one its settings name.
"""

from collections.abc import Callable

from muster.core.access import require
from muster.core.databases.databases import Databases
from muster.model.access import Action, Actor
from muster.model.ids import SpaceId
from muster.model.influx import Login

DATABASE = "telegraf"  # as in packaging/telegraf/muster.conf


class TelegrafSite:
    """`url` tells where nodes write by certificate, as https://host:port; empty: nowhere."""

    def __init__(self, *, url: Callable[[], str], databases: Databases) -> None:
        self.url = url
        self._databases = databases

    async def prepare(self, actor: Actor | None, space: SpaceId) -> None:
        """Make the database, unless it is there. Errors: Denied, LimitExceeded."""
        actor = require(actor, Action.TOKEN_MANAGE, space)
        login = Login(space=space, actor=actor, name=actor.name, admin=True)
        await self._databases.create(login, DATABASE)

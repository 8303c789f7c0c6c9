"""Who reads the data of a space: all of it, or what the nodes of their rooms have sent.

A role in single rooms opens the databases of their space for reading, narrowed to the points
that the rooms' nodes sent, or wrote by their own certificates. What has no node, as points that
came with a password, is seen by a role in the whole space alone.
"""

from muster.core.access import may, own_rooms, require_object
from muster.core.nodes.roster import Roster
from muster.model.access import Action, Actor
from muster.model.ids import RoomId, SpaceId
from muster.model.influx import Login, Privilege


class Readers:
    """Lets people read, and says what of."""

    def __init__(self, *, roster: Roster) -> None:
        self._roster = roster

    def require(self, actor: Actor | None, space: SpaceId) -> Actor:
        """Who may read something of a space. Errors: NotFound, Denied, Unauthenticated."""
        rooms = self._rooms(actor, space) if actor is not None else frozenset()
        return require_object(actor, Action.DATA_READ, space, "space", rooms=rooms)

    def login(self, actor: Actor | None, space: SpaceId) -> Login:
        """As whom they ask. Errors: as `require`."""
        return self.login_of(self.require(actor, space), space)

    def login_of(self, actor: Actor, space: SpaceId) -> Login:
        """What somebody may do there, be it nothing. Errors: NotFound without a role there."""
        if actor.operator or space in actor.roles:
            return login_of_actor(actor, space)
        nodes = self._roster.scope_of(actor, Action.DATA_READ, space).nodes
        return Login(
            space=space, actor=actor, name=actor.name, everywhere=Privilege.READ, nodes=nodes
        )

    def spaces(self, actor: Actor) -> frozenset[SpaceId]:
        """Those of which somebody reads the data of single rooms alone."""
        known = self._roster.rooms()
        rooms = own_rooms(actor, Action.DATA_READ)
        return frozenset(known[room].space for room in rooms if room in known) - set(actor.roles)

    def _rooms(self, actor: Actor, space: SpaceId) -> frozenset[RoomId]:
        known = self._roster.rooms()
        rooms = own_rooms(actor, Action.DATA_READ)
        return frozenset(id for id in rooms if id in known and known[id].space == space)


def login_of_actor(actor: Actor, space: SpaceId) -> Login:
    """What a role, or an API token with its bounds, may with the databases of a space."""
    held = Privilege.NONE
    if may(actor, Action.DATA_READ, space):
        held |= Privilege.READ
    if may(actor, Action.DATA_WRITE, space):
        held |= Privilege.WRITE
    admin = held is Privilege.ALL and may(actor, Action.SPACE_MANAGE, space)
    return Login(space=space, actor=actor, name=actor.name, admin=admin, everywhere=held)

"""Claim tokens: made, listed, ended. Using one up is the business of core/enrolment/enrol.py."""

import asyncio
import os
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec

from muster.clock import Clock, span_ns
from muster.core.access import require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.names import check_name, check_text, is_id
from muster.core.nodes.roster import is_all_nodes
from muster.core.nodes.rules import check_rule
from muster.errors import InputError, LimitExceeded, NotFound
from muster.log import Secret
from muster.model.access import Action, Actor
from muster.model.address import join_address
from muster.model.identity import ClaimToken
from muster.model.ids import RoomId, SpaceId, TokenId, is_uuid
from muster.model.inventory import Room, RoomRule
from muster.pki.proof import proof_key
from muster.ports.records import Records, TokenClaim
from muster.wire import claimtoken
from muster.wire.netdata import token as netdatatoken

MUSTER, NETDATA = "muster", "netdata"
DIALECTS = (MUSTER, NETDATA)  # a token is one right to enrol, written in one of them
MAX_TOKENS = 10_000  # kept at once, per hub
MAX_ROOMS = 100  # per token
MAX_DESCRIPTION = 200
MAX_PER_HOUR = 100_000
MIN_EPHEMERAL_S = 60
MAX_EPHEMERAL_S = 366 * 86_400


class TokenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[tokens] of the hub's configuration."""

    lifetime: timedelta = timedelta(hours=1)  # how long a claim token may be used when nobody says
    lifetime_max: timedelta = timedelta(days=30)  # the longest that may be asked for
    uses_max: int = 1_000  # nodes that one token may let in
    keep: timedelta = timedelta(days=90)  # how long claim tokens that ended stay listed


class TokenLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom a token is, and what its nodes are. Empty and 0: no limit.

    Shapes: `networks` CIDR, `hosts` globs of host names: one of each must fit.
    """

    labels: dict[str, str] = {}  # given to its nodes
    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    per_hour: int = 0  # nodes in any hour
    ephemeral_s: int = 0  # its nodes go so long after they were last seen


NO_LIMITS = TokenLimits()


def check_limits(limits: TokenLimits) -> TokenLimits:
    """Limits in their one form. Errors: InputError."""
    if not 0 <= limits.per_hour <= MAX_PER_HOUR:
        raise InputError(f"nodes per hour are 0 (no limit) to {MAX_PER_HOUR}: {limits.per_hour}")
    if limits.ephemeral_s and not MIN_EPHEMERAL_S <= limits.ephemeral_s <= MAX_EPHEMERAL_S:
        raise InputError(
            f"ephemeral nodes go after {MIN_EPHEMERAL_S} s to {MAX_EPHEMERAL_S // 86_400} d,"
            f" not {limits.ephemeral_s} s"
        )
    rule = check_rule(RoomRule(labels=limits.labels, hosts=limits.hosts, networks=limits.networks))
    return msgspec.structs.replace(
        limits, labels=rule.labels, hosts=rule.hosts, networks=rule.networks
    )


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where nodes reach the hub: names and addresses, the best first, and the ports."""

    hosts: tuple[str, ...]
    enrol_port: int
    agents_port: int

    def enrol(self) -> tuple[str, ...]:
        """For tokens: "host:port", as many as a token takes."""
        hosts = self.hosts[: claimtoken.MAX_ADDRESSES]
        return tuple(join_address(host, self.enrol_port) for host in hosts)

    def agents(self, host: str = "") -> str:
        """For claims: the agents' listener under the name the node has come by, when known."""
        return join_address(host if host in self.hosts else self.hosts[0], self.agents_port)


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token just made: the only moment its text exists on the hub."""

    record: ClaimToken
    text: Secret
    new_rooms: tuple[str, ...] = ()  # that were not there before


class ClaimTokens:
    """What admins do with claim tokens.

    `may_forget` tells whether the wall clock can be believed: by it ended tokens go for good.
    """

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        settings: TokenSettings,
        pins: Callable[[], tuple[str, ...]],
        addresses: Callable[[], Addresses],
        may_forget: Callable[[], bool] = lambda: True,
    ) -> None:
        self._records = records
        self._clock = clock
        self._settings = settings
        self._pins = pins
        self._addresses = addresses
        self._may_forget = may_forget

    async def create(
        self,
        actor: Actor | None,
        space: SpaceId,
        *,
        rooms: Sequence[str] = (),
        lifetime: timedelta | None = None,
        uses: int = 1,
        description: str = "",
        limits: TokenLimits = NO_LIMITS,
        dialect: str = MUSTER,
    ) -> NewToken:
        """Make a token for a Space. Rooms go by id or by name; one that is not there is made.

        `dialect` is that of the agents it is written for: muster or netdata.
        Errors: Denied; NotFound for another's space or a room id; InputError for limits.
        """
        actor = require_object(actor, Action.TOKEN_MANAGE, space, "space")
        lifetime = lifetime if lifetime is not None else self._settings.lifetime
        self._check(rooms, lifetime, uses, description)
        limits = check_limits(limits)
        if dialect not in DIALECTS:
            raise InputError(f"dialect is one of {', '.join(DIALECTS)}, not {dialect[:40]!r}")
        return await asyncio.to_thread(
            self._create, actor, space, rooms, lifetime, uses, description, limits, dialect
        )

    async def revoke(self, actor: Actor | None, id: TokenId) -> None:
        """End a token now. Nodes that came in by it stay. Errors: NotFound, Denied."""
        token = self._find(actor, id)
        actor = require(actor, Action.TOKEN_MANAGE, token.space)
        event = make_event(self._clock, actor, "token.revoke", id, space=token.space)
        revoke = self._records.tokens.revoke
        await asyncio.to_thread(revoke, id, self._clock.now_ns(), event)

    def tokens(self, actor: Actor | None) -> list[ClaimToken]:
        """Those of the actor's spaces, newest first."""
        actor = require(actor, Action.TOKEN_MANAGE)
        spaces = spaces_of(actor, Action.TOKEN_MANAGE)
        known = self._records.tokens.tokens()
        return [token for token in known if spaces is None or token.space in spaces]

    def token(self, actor: Actor | None, id: TokenId) -> tuple[ClaimToken, list[TokenClaim]]:
        """A token and who came in by it. Errors: NotFound, Denied."""
        return self._find(actor, id), self._records.tokens.claims(id)

    def _find(self, actor: Actor | None, id: TokenId) -> ClaimToken:
        require(actor, Action.TOKEN_MANAGE)
        token = self._records.tokens.token(id) if is_id(id) else None
        if token is None:
            raise NotFound("no such token")
        require_object(actor, Action.TOKEN_MANAGE, token.space, "token")
        return token

    def _check(
        self, rooms: Sequence[str], lifetime: timedelta, uses: int, description: str
    ) -> None:
        longest = self._settings.lifetime_max
        if not timedelta(seconds=1) <= lifetime <= longest:
            raise InputError(f"a token lives 1 s to {longest}, not {lifetime}")
        if not 1 <= uses <= self._settings.uses_max:
            raise InputError(f"a token has 1 to {self._settings.uses_max} uses, not {uses}")
        if len(rooms) > MAX_ROOMS:
            raise InputError(f"a token takes up to {MAX_ROOMS} rooms, not {len(rooms)}")
        for room in rooms:
            check_name(room, "room")  # before any is made
        check_text(description, MAX_DESCRIPTION, "description")

    def _create(
        self,
        actor: Actor,
        space: SpaceId,
        rooms: Sequence[str],
        lifetime: timedelta,
        uses: int,
        description: str,
        limits: TokenLimits,
        dialect: str,
    ) -> NewToken:
        now_ns = self._clock.now_ns()
        known = {room.id for room in self._records.nodes.rooms(space)}
        if self._may_forget():
            self._records.tokens.prune(now_ns - span_ns(self._settings.keep))
        if len(self._records.tokens.tokens()) >= MAX_TOKENS:
            raise LimitExceeded(f"this hub keeps {MAX_TOKENS} tokens; wait for some to end")
        text = claimtoken.Token(
            id=claimtoken.new_id(os.urandom(10)),
            secret=claimtoken.new_secret(os.urandom(claimtoken.SECRET_BYTES)),
            pins=self._pins()[: claimtoken.MAX_PINS],
            addresses=self._addresses().enrol(),
        )
        if dialect == NETDATA:
            encoded = netdatatoken.encode(text.id, text.secret)
        else:
            encoded = claimtoken.encode_token(text)
        named = [room for room in rooms if not is_all_nodes(room, space)]
        ids = tuple(self._room(actor, space, room) for room in named)
        record = ClaimToken(
            id=text.id,
            space=space,
            rooms=ids,
            proof_key=proof_key(text.secret),
            created_ns=now_ns,
            expires_ns=now_ns + span_ns(lifetime),
            uses=uses,
            created_by=actor.name,
            description=description,
            labels=limits.labels,
            networks=limits.networks,
            hosts=limits.hosts,
            per_hour=limits.per_hour,
            ephemeral_s=limits.ephemeral_s,
        )
        event = make_event(self._clock, actor, "token.create", record.id, space=space)
        self._records.tokens.create(record, event)
        new = tuple(name for name, id in zip(named, ids, strict=True) if id not in known)
        return NewToken(record=record, text=encoded, new_rooms=new)

    def _room(self, actor: Actor, space: SpaceId, wanted: str) -> RoomId:
        for room in self._records.nodes.rooms(space):
            if wanted in (room.id, room.name):
                return room.id
        if is_uuid(wanted):
            raise NotFound(f"no such room: {wanted}")
        name = check_name(wanted, "room")
        require(actor, Action.ROOM_EDIT, space)
        room = Room(RoomId(str(uuid.uuid4())), space, name)
        event = make_event(self._clock, actor, "room.create", room.id, detail=name, space=space)
        self._records.nodes.create_room(room, event)
        return room.id

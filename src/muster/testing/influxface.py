"""The InfluxDB face on a hub in memory, asked as its listener would ask it."""

import uuid
from collections.abc import Mapping

import msgspec

from muster.core.audit import make_event
from muster.core.influxql.queryregistry import QueryRegistry
from muster.errors import LimitExceeded, MusterError, Unauthenticated
from muster.faces.influx.buckets import BucketFace
from muster.faces.influx.callers import Callers, Way
from muster.faces.influx.evaluator import Evaluator, NoEvaluator
from muster.faces.influx.face import face
from muster.faces.influx.health import HealthFace
from muster.faces.influx.query import QueryFace
from muster.faces.influx.responses import refuse
from muster.faces.influx.statements import Statements
from muster.faces.influx.write import WriteFace
from muster.model.access import Actor, Role, User
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId, UserId
from muster.net.http import Request, Response, Route
from muster.net.routing import Router
from muster.testing.house import OPERATOR
from muster.testing.influxhouse import InfluxHouse
from muster.wire.lineparsed import LineLimits


class InfluxServer(InfluxHouse):
    """`way` is how it knows who asks; `revoked` are nodes that it lets in no more."""

    def __init__(
        self,
        way: Way = Way.OFF,
        *,
        limits: LineLimits | None = None,
        evaluator: Evaluator | None = None,
        takes_changes_by_get: bool = True,
    ) -> None:
        super().__init__(limits=limits)
        self.revoked: set[str] = set()
        self.writers: list[tuple[NodeId, str]] = []  # by certificate, and from where
        self.registry = QueryRegistry(clock=self.clock)
        callers = Callers(
            way=way,
            logins=self.influx_logins,
            users=self.influx_users,
            check=self._check,
            saw_writer=self._saw_writer,
            name_of=lambda node: f"host of {node}",
        )
        self.callers = callers
        self.evaluator = evaluator or NoEvaluator()
        statements = Statements(
            known=self.statements,
            evaluator=self.evaluator,
            takes_changes_by_get=takes_changes_by_get,
        )
        self.router = Router(
            face(
                [
                    *WriteFace(
                        callers=callers, databases=self.databases, writes=self.writes
                    ).routes(),
                    *QueryFace(
                        callers=callers, statements=statements, registry=self.registry
                    ).routes(),
                    *BucketFace(callers=callers, databases=self.databases).routes(),
                    *HealthFace(clock=self.clock).routes(),
                    *self.more_routes(),
                ]
            )
        )

    def more_routes(self) -> list[Route]:
        """What a test's own server has beside InfluxDB's."""
        return []

    async def _check(self, identity: Identity, certificate: bytes) -> None:
        if identity.node in self.revoked:
            raise Unauthenticated("this node's certificate is revoked")

    async def _saw_writer(self, node: NodeId, address: str) -> None:
        self.writers.append((node, address))

    async def hub_token(self, role: Role, space: SpaceId | None = None) -> str:
        """A token of the hub, of somebody who has a role in a space, else in the first."""
        user = User(
            id=UserId(str(uuid.uuid4())),
            name=f"somebody-{uuid.uuid4()}",
            password_hash="",
            roles={space or self.space.id: role},
            created_ns=1,
        )
        event = make_event(self.clock, OPERATOR, "test", "x")
        self.records.people.create_user(user, event)
        actor = Actor(name=user.name, roles=user.roles, session="s")
        return (await self.api_tokens.create(actor)).text.reveal()

    def node(self, name: str = "0de00000-0000-4000-8000-000000000001") -> Identity:
        """The identity of a node of the first space."""
        return Identity(self.authority.hub, self.space.id, NodeId(name))

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        peer: Identity | None = None,
        address: str = "127.0.0.1",
    ) -> Response:
        """One request, and its answer."""
        given = {name.lower(): text for name, text in (headers or {}).items()}
        try:
            route, match = self.router.find(method, path)
            request = Request(
                method=method,
                path=path,
                match=match,
                query=query or {},
                headers=given,
                peer=peer,
                address=address,
            )
            if route.before is not None:
                request = msgspec.structs.replace(request, admitted=await route.before(request))
            if len(body) > route.max_body_bytes:
                raise LimitExceeded("the body is too large", too_large=True)
            if route.handler is None:
                raise TypeError("a socket was asked")
            return await _whole(await route.handler(msgspec.structs.replace(request, body=body)))
        except MusterError as error:
            return refuse(given, error)


async def _whole(response: Response) -> Response:
    """An answer with all of its body."""
    if response.stream is None:
        return response
    body = b"".join([part async for part in response.stream])
    return msgspec.structs.replace(response, body=body, stream=None)

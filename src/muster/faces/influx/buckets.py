"""What clients of 2.x ask about buckets and organizations, and Flux, which is not spoken.

A bucket is a policy of a database. The organization is the space of who asks.
"""

import hashlib
from typing import Any, cast

from muster.clock import SECOND_NS
from muster.core.databases.databaseprivileges import sees
from muster.core.databases.databases import Databases
from muster.faces.influx.callers import Caller, Callers
from muster.faces.influx.responses import json_line
from muster.model.influx import Database, RetentionPolicy
from muster.net.http import Public, Request, Response, Route
from muster.wire.influxwrite import PLAIN

ORG = "muster"
_FLUX = (
    "Flux query service disabled."
    " Verify flux-enabled=true in the [http] section of the InfluxDB config."
)


class BucketFace:
    """Three routes."""

    def __init__(self, *, callers: Callers, databases: Databases) -> None:
        self._callers = callers
        self._databases = databases

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v2/buckets",
                allow=Public.CREDENTIALS,
                handler=self._buckets,
                before=self._callers.asking,
                summary="Databases and their policies, as for 2.x",
                query={"name": "the bucket of this name alone", "org": "those of this one alone"},
            ),
            Route(
                method="GET",
                path="/api/v2/orgs",
                allow=Public.CREDENTIALS,
                handler=self._orgs,
                before=self._callers.asking,
                summary="The one organization there is, as for 2.x",
            ),
            Route(
                method="POST",
                path="/api/v2/query",
                allow=Public.CREDENTIALS,
                handler=self._flux,
                before=self._callers.asking,
                summary="Flux, which is not spoken: 403",
            ),
        ]

    async def _buckets(self, request: Request) -> Response:
        login = cast(Caller, request.admitted).login
        wanted, org = request.query.get("name", ""), request.query.get("org", "")
        org_id = _id("org", login.space)
        if org and org not in (ORG, org_id, login.space):
            return json_line({"links": {"self": "/api/v2/buckets"}, "buckets": []})
        shown = [
            _bucket(database, policy, org_id)
            for database in self._databases.listed(login.space)
            if not caller_sees_none(cast(Caller, request.admitted), database)
            for policy in database.policies
            if wanted in _names(database, policy)
        ]
        return json_line({"links": {"self": "/api/v2/buckets"}, "buckets": shown})

    async def _orgs(self, request: Request) -> Response:
        space = cast(Caller, request.admitted).login.space
        return json_line({"orgs": [{"id": _id("org", space), "name": ORG}]})

    async def _flux(self, request: Request) -> Response:
        return Response(status=403, body=f"{_FLUX}\n".encode(), content_type=PLAIN)


def caller_sees_none(caller: Caller, database: Database) -> bool:
    """Whether a database is hidden from who asks."""
    return caller.is_first or not sees(caller.login, database.name)


def _names(database: Database, policy: RetentionPolicy) -> tuple[str, ...]:
    """By which names a bucket is found; the empty one stands for any."""
    full = f"{database.name}/{policy.name}"
    is_default = policy.name == database.default_policy
    return ("", full, database.name) if is_default else ("", full)


def _bucket(database: Database, policy: RetentionPolicy, org: str) -> dict[str, Any]:
    name = f"{database.name}/{policy.name}"
    rule = {"type": "expire", "everySeconds": policy.duration_ns // SECOND_NS}
    return {
        "id": _id("bucket", database.space, name),
        "orgID": org,
        "type": "user",
        "name": name,
        "retentionRules": [rule],
    }


def _id(*parts: str) -> str:
    """Sixteen digits that stay the same."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()

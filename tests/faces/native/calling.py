"""A house whose routes are called as the listener would call them, without one."""

import json

import msgspec

from muster.net.http import Request
from muster.testing.house import OPERATOR, House


class CallingHouse(House):
    def serve(self, routes):
        self.routes = {(route.method, route.path): route.handler for route in routes}

    async def call(self, method, path, body=None, *, actor=OPERATOR, query=None, **match):
        """What the answer's JSON says; its status where it has none."""
        request = Request(
            method=method,
            path=path,
            match=match,
            query=query or {},
            actor=actor,
            body=msgspec.json.encode(body or {}),
        )
        answer = await self.routes[method, path](request)
        return json.loads(answer.body) if answer.body else answer.status

"""Routes of the hub's policy: what is in force, and what a policy says of cases.

None writes one: it is a file of the operator's, so that who steals an admin's session cannot
let machines in for good, past the queue and its entries in the audit log.
"""

import asyncio
from collections.abc import Callable

import msgspec

from muster.core.enrolment.policy import PolicyInForce, parse_policy
from muster.core.enrolment.policycases import TriedCase, parse_cases, try_cases
from muster.errors import Conflict
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response, small_route

_BODY_BYTES = 1 << 19


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force. `file` is empty where settings name none.

    `fault` says what is wrong with the file of now; then the one of before is in force.
    """

    file: str
    text: str
    rules: int
    fault: str


class PolicyTrial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy and cases, both as the files of `muster policy test`; null: the one in force."""

    policy: str | None = None
    cases: str


class PolicyFace:
    """For admins of the hub: its rules may name machines and rooms of all spaces."""

    def __init__(self, in_force: Callable[[], PolicyInForce]) -> None:
        self._in_force = in_force

    def routes(self) -> list[Route]:
        path, manage = "/api/v1/policy", Action.HUB_MANAGE
        return [
            small_route(
                "GET", path, manage, self._show, "the policy for claims in force", gives=PolicyView
            ),
            small_route(
                "POST",
                f"{path}/test",
                manage,
                self._try,
                "what a policy says of cases; nothing is changed",
                max_body_bytes=_BODY_BYTES,
                takes=PolicyTrial,
                gives=list[TriedCase],
            ),
        ]

    async def _show(self, request: Request) -> Response:
        found = await asyncio.to_thread(self._in_force)
        return json_response(
            PolicyView(
                file=found.file,
                text=found.text,
                rules=len(found.policy or ()),
                fault=found.fault,
            )
        )

    async def _try(self, request: Request) -> Response:
        given = request.json(PolicyTrial)
        return json_response(await asyncio.to_thread(self._tried, given))

    def _tried(self, given: PolicyTrial) -> list[TriedCase]:
        """Errors: SettingsError naming policy or cases; Conflict where no policy is in force."""
        cases = parse_cases(given.cases)
        if given.policy is not None:
            return try_cases(parse_policy(given.policy), cases)
        policy = self._in_force().policy
        if policy is None:
            raise Conflict("this hub has no policy; give one to try")
        return try_cases(policy, cases)

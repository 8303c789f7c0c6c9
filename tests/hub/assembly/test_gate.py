"""The gate of a hub: its policy decides, and who waits stands in the queue beside it."""

from types import SimpleNamespace

import pytest

from muster.core.enrolment.evidence import Evidences
from muster.core.enrolment.gate import Asking, ClaimWaits
from muster.core.enrolment.policy import parse_policy
from muster.hub.assembly.gate import GateParts
from muster.hub.settings import Settings
from muster.model.evidence import Evidence
from muster.model.inventory import Facts
from muster.testing.house import OPERATOR, House

POLICY = '[[rule]]\nhost = "lab-*"\naction = "approve"\n[[rule]]\naction = "ask"'


class Nobody:
    def session_of(self, node):
        return None


def machine(name):
    return Asking(
        key_sha256="a" * 64,
        request="",
        name=name,
        facts=Facts(hostname=name),
        evidence=Evidence(),
        proposed_id="",
        rooms=(),
        address="192.0.2.1",
    )


async def test_the_hubs_policy_decides_and_who_waits_stands_in_its_queue():
    with House() as house:
        parts = GateParts(
            settings=Settings(),
            foundation=SimpleNamespace(
                records=house.records, evidences=Evidences(), policy=lambda: parse_policy(POLICY)
            ),
            clock=house.clock,
            changes=house.changes,
            links=Nobody,
            may_forget=lambda: True,
        )
        made = await house.tokens.create(OPERATOR, house.space.id)
        parts.gate.pass_by(made.record, machine("lab-1"))
        with pytest.raises(ClaimWaits):
            parts.gate.pass_by(made.record, machine("web-1"))

        assert [claim.name for claim in parts.approvals.claims(OPERATOR)] == ["web-1"]

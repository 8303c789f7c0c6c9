"""Which machines with a good token come in, and which wait for an admin: built by hand."""

from collections.abc import Callable

from muster.clock import Clock
from muster.core.changes import Changes
from muster.core.enrolment.approvals import Approvals
from muster.core.enrolment.gate import Gate
from muster.core.nodes.links import Links
from muster.hub.assembly.foundation import Foundation
from muster.hub.settings import Settings
from muster.model.inventory import Node


class GateParts:
    """The queue of those who wait, and what lets others by. `links` are there later."""

    def __init__(
        self,
        *,
        settings: Settings,
        foundation: Foundation,
        clock: Clock,
        changes: Changes,
        links: Callable[[], Links],
        may_forget: Callable[[], bool],
    ) -> None:
        def is_live(node: Node) -> bool:
            return links().session_of(node.id) is not None

        self.approvals = Approvals(
            records=foundation.records,
            clock=clock,
            settings=settings.approvals,
            changes=changes,
            is_live=is_live,
            nodes_max=settings.enrol.nodes_max,
            evidences=foundation.evidences,
            policy=foundation.policy,
            may_forget=may_forget,
        )
        self.gate = Gate(
            records=foundation.records,
            approvals=self.approvals,
            clock=clock,
            evidences=foundation.evidences,
            policy=foundation.policy,
            is_live=is_live,
            asks_for_reimaged=settings.enrol.reimaged == "ask",
        )

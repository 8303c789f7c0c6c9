"""What drops values that are over, and what tells how much there is of them, built by hand."""

import asyncio
from collections.abc import Callable

from muster.clock import Clock
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.databases.retentionsweep import RetentionSweep
from muster.core.nodes.spaceretention import SpaceRetention
from muster.core.nodes.volumes import Volumes
from muster.ports.head import Head
from muster.ports.records import NodeRecords
from muster.store.dataplane import DataPlane


class RetentionParts:
    """Beside the hub's own retention, which is the writer's (store/writer.py)."""

    def __init__(
        self,
        *,
        databases: Databases,
        kinds: FieldKinds,
        nodes: NodeRecords,
        plane: DataPlane,
        head: Head,
        clock: Clock,
    ) -> None:
        may_forget: Callable[[], bool] = plane.may_forget
        self.of_policies = RetentionSweep(
            databases=databases, kinds=kinds, nodes=nodes, clock=clock, may_forget=may_forget
        )
        self.of_spaces = SpaceRetention(
            spaces=nodes.spaces,
            hub=plane.retention,
            catalogue=plane.catalogue,
            store=plane.store,
            head=head,
            erase=plane.erase,
            clock=clock,
            may_forget=may_forget,
        )
        self.volumes = Volumes(store=plane.store, owners=plane.catalogue.owners, clock=clock)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as jobs:
            for job in (self.of_policies.run, self.of_spaces.run, self.volumes.run):
                jobs.create_task(job())

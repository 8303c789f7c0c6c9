from linkdesk import CLAIM, NODE, LinkDesk

from muster.faces.netdata.around import Said
from muster.wire.netdata.messages import Collector, ContextsSnapshot, UpdateNodeInfo


async def test_what_was_said_of_a_node_outlives_the_hub():
    desk = LinkDesk()
    said = Said(info=UpdateNodeInfo(node_id=NODE, claim_id=CLAIM), capabilities={"funcs": 1})
    said.collectors = (Collector("cpu", "proc"),)
    desk.around.said.put(NODE, said)
    await desk.around.write()

    assert LinkDesk(desk.core).around.said.get(NODE) == said


async def test_what_is_forgotten_is_not_written():
    desk = LinkDesk()
    desk.around.said.put(NODE, Said(capabilities={"funcs": 1}))
    desk.around.contexts.take_snapshot(NODE, ContextsSnapshot(version=3))
    desk.around.forget(NODE)
    await desk.around.write()

    assert desk.core.notes == {}

from muster.core.changes import NodeChange
from muster.faces.native.linkcontext import LinkContext, LinkFaceSettings
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Node


class Nodes:
    def __init__(self):
        self.name = "pilot"
        self.asked = 0

    def find(self, id):
        self.asked += 1
        return Node(id=id, space=SpaceId("s"), name=self.name) if self.name else None


def context(nodes):
    return LinkContext(
        links=None,
        enrolment=None,
        inventory=nodes,
        ingest=None,
        copies=None,
        clock=None,
        settings=LinkFaceSettings(),
    )


def test_a_name_is_looked_up_once_until_it_changes():
    nodes = Nodes()
    hub = context(nodes)
    names = [hub.name_of(NodeId("n")), hub.name_of(NodeId("n"))]
    nodes.name = "lighthouse"
    hub.node_changed(NodeId("n"), NodeChange.CREDENTIAL)
    names.append(hub.name_of(NodeId("n")))
    hub.node_changed(NodeId("n"), NodeChange.EDITED)
    names.append(hub.name_of(NodeId("n")))

    assert names == ["pilot", "pilot", "pilot", "lighthouse"]
    assert nodes.asked == 2

import msgspec
from msgspec.structs import replace

from muster.faces.native.nodelist import Moving, NodeList
from muster.faces.native.nodeview import NodeView
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Facts, Link, Node, NodeState


class View(msgspec.Struct):
    name: str
    state: str = "of before"
    note: dict[str, str] = {}


def moving(state=NodeState.LIVE):
    return Moving(
        state=state, cause="", last_seen_ns=7, link=Link(address="x"), clone=None, bytes_day=None
    )


NODE = Node(
    id=NodeId("n"),
    space=SpaceId("s"),
    name="web",
    created_ns=1,
    last_seen_ns=5,
    facts=Facts(hostname="web"),
)


class Known:
    """A NodeList, and how often a view was made for it."""

    def __init__(self):
        self.list, self.made = NodeList(), 0

    def view(self):
        self.made += 1
        return View(name='n"1', note={"a": "b"})

    def put(self, node=NODE, beside=("Home",), state=NodeState.LIVE):
        words = bytearray(b"[")
        self.list.put(words, node, beside, self.view, moving(state))
        return msgspec.json.decode(words + b"]")[0]


def test_what_lasts_is_put_into_words_once_and_what_moves_each_time():
    known = Known()
    found = [known.put(), known.put(state=NodeState.STALE)]

    assert known.made == 1
    assert [each["state"] for each in found] == ["live", "stale"]
    assert found[0]["name"] == 'n"1'
    assert found[0]["note"] == {"a": "b"}
    assert found[0]["link"]["address"] == "x"


def test_a_node_is_put_into_words_again_when_it_or_what_is_beside_it_changes():
    known = Known()
    known.put()
    known.put(replace(NODE, name="db"))
    known.put(replace(NODE, name="db"), beside=("House",))
    changed = known.made
    known.list.forget(NODE.id)
    known.put(replace(NODE, name="db"), beside=("House",))

    assert changed == 3
    assert known.made == 4


def test_that_a_node_was_seen_is_no_change():
    known = Known()
    known.put()
    known.put(replace(NODE, last_seen_ns=9))
    known.put(replace(NODE, last_seen_ns=11))

    assert known.made == 1


def test_what_moves_is_part_of_a_view():
    assert set(Moving.__struct_fields__) < set(NodeView.__struct_fields__)

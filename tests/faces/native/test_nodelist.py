import msgspec

from muster.faces.native.nodelist import Moving, NodeList
from muster.faces.native.nodeview import NodeView
from muster.model.ids import NodeId
from muster.model.inventory import Link, NodeState


class View(msgspec.Struct):
    name: str
    state: str = "of before"
    note: dict[str, str] = {}


def moving(state=NodeState.LIVE):
    return Moving(
        state=state, cause="", last_seen_ns=7, link=Link(address="x"), clone=None, bytes_day=None
    )


def test_what_lasts_is_put_into_words_once_and_what_moves_each_time():
    known, made = NodeList(), []

    def view():
        made.append(1)
        return View(name='n"1', note={"a": "b"})

    first = known.words_of(NodeId("n"), ("n", 1), view, moving())
    second = known.words_of(NodeId("n"), ("n", 1), view, moving(NodeState.STALE))
    third = known.words_of(NodeId("n"), ("n", 2), view, moving())
    known.forget(NodeId("n"))
    known.words_of(NodeId("n"), ("n", 2), view, moving())

    found = [msgspec.json.decode(each) for each in (first, second, third)]
    assert len(made) == 3
    assert [each["state"] for each in found] == ["live", "stale", "live"]
    assert found[0]["name"] == 'n"1'
    assert found[0]["note"] == {"a": "b"}
    assert found[0]["link"]["address"] == "x"


def test_what_moves_is_part_of_a_view():
    assert set(Moving.__struct_fields__) < set(NodeView.__struct_fields__)

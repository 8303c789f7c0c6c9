"""Holders and copies on disk."""

import msgspec
import pytest

from muster.errors import NotFound
from muster.model.access import AuditEvent
from muster.model.clone import Clone, CloneHolder, CloneKind, CloneState, Holder
from muster.model.evidence import Evidence
from muster.testing.house import House

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
async def known(tmp_path):
    """Records with one node: (records, its id)."""
    with House(path=tmp_path / "records.sqlite") as house:
        node = (await house.claim(await house.token())).node
        yield house.records, node


def holder(instance):
    marks = Evidence(machine_id="m", macs=("a", "b"))
    return CloneHolder(
        holder=Holder(instance=instance, counter=3, addresses=("10.0.0.1",), evidence=marks),
        hostname="web",
        address="10.1.2.3",
        first_ns=5,
    )


def case(node, id="c", state=CloneState.OPEN, created_ns=1):
    return Clone(
        id=id,
        node=node.id,
        space=node.space,
        kind=CloneKind.LIVING,
        state=state,
        created_ns=created_ns,
        changed_ns=created_ns,
        holders=(holder("a"), holder("b")),
    )


def events(records):
    return len(records.audit.events(spaces=None, limit=100))


def test_the_last_holder_is_remembered_replaced_and_forgotten(known):
    records, node = known
    before = events(records)
    records.clones.keep_holder(node.id, holder("a"), None)
    records.clones.keep_holder(node.id, holder("b"), EVENT)

    assert records.clones.holder(node.id) == holder("b")
    assert records.clones.instances() == {node.id: "b"}
    assert events(records) == before + 1
    records.clones.forget_holder(node.id)
    assert records.clones.holder(node.id) is None
    assert records.clones.instances() == {}


def test_a_holder_of_a_node_that_is_gone_is_no_error(known):
    records, _ = known
    records.clones.keep_holder("gone", holder("a"), None)

    assert records.clones.holder("gone") is None


def test_a_case_is_kept_whole_and_replaced_with_its_event(known):
    records, node = known
    before = events(records)
    records.clones.save(case(node), EVENT)
    done = msgspec.structs.replace(case(node), state=CloneState.FORKED, decided_by="ada")
    assert records.clones.open_clones() == [case(node)]
    records.clones.save(done, EVENT)

    assert records.clones.clone("c") == done
    assert records.clones.open_clones() == []
    assert records.clones.clones() == records.clones.clones_of(node.id) == [done]
    assert events(records) == before + 2


def test_a_case_of_a_node_that_is_gone_leaves_nothing(known):
    records, node = known
    before = events(records)
    with pytest.raises(NotFound):
        records.clones.save(msgspec.structs.replace(case(node), node="gone"), EVENT)

    assert records.clones.clones() == []
    assert events(records) == before


def test_old_cases_of_a_node_are_forgotten_and_open_ones_are_not(known):
    records, node = known
    records.clones.save(case(node, "open", created_ns=0), EVENT)
    for number in range(1, 30):
        records.clones.save(case(node, f"c{number}", CloneState.DISMISSED, number), EVENT)
    kept = [each.id for each in records.clones.clones_of(node.id)]

    assert kept[0] == "c29"
    assert len(kept) == 21
    assert kept[-1] == "open"


def test_all_goes_with_the_node(known):
    records, node = known
    records.clones.keep_holder(node.id, holder("a"), None)
    records.clones.save(case(node), EVENT)
    records.nodes.remove_node(node.id, 9, EVENT)

    assert records.clones.holder(node.id) is None
    assert records.clones.clones() == []

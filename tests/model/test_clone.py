from muster.model.clone import (
    Clone,
    CloneHolder,
    CloneKind,
    CloneState,
    Decision,
    Holder,
    differences,
    holder_at,
)
from muster.model.evidence import Evidence
from muster.model.ids import NodeId, SpaceId


def holder(instance="a", **evidence):
    return Holder(instance=instance, evidence=Evidence(**evidence))


def test_machines_differ_by_marks_that_both_give():
    one = holder(machine_id="1", dmi="x", macs=("m1",))
    other = holder(machine_id="2", macs=("m2",))

    assert differences(one, other) == ("machine id", "network cards")


def test_a_mark_that_only_one_gives_tells_nothing():
    assert differences(holder(machine_id="1"), holder(dmi="x")) == ()


def test_a_network_card_more_is_the_same_machine():
    assert differences(holder(macs=("m1",)), holder(macs=("m1", "m2"))) == ()


def test_the_holders_nobody_decided_on_are_told_apart():
    first = CloneHolder(holder=holder("a"))
    second = CloneHolder(holder=holder("b"), decision=Decision.FORK)
    clone = Clone(
        id="c",
        node=NodeId("n"),
        space=SpaceId("s"),
        kind=CloneKind.LIVING,
        state=CloneState.OPEN,
        created_ns=1,
        changed_ns=1,
        holders=(first, second),
    )

    assert clone.undecided == (first,)
    assert clone.find("b") is second
    assert clone.find("c") is None


def test_who_comes_again_from_its_address_is_the_same():
    one, again = holder_at("c", "10.0.0.1", 5), holder_at("c", "10.0.0.1", 9)

    assert one.holder.instance == again.holder.instance
    assert again.holder.counter > one.holder.counter


def test_another_address_is_another_holder():
    one, other = holder_at("c", "10.0.0.1", 5), holder_at("c", "10.0.0.2", 9)

    assert other.holder.instance != one.holder.instance

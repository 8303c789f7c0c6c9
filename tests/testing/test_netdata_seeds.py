import pytest

from muster.testing import netdata_seeds as seeds
from muster.wire.netdata.broker import Broker, Connected, Disconnected, Published
from muster.wire.netdata.messages import FROM_AGENT


@pytest.mark.parametrize("kind", seeds.KINDS)
def test_a_sample_leaves_no_field_at_its_default(kind):
    sample, empty = seeds.sample_of(kind), kind()
    alone = {"reason"}  # an enum of one value has no other

    for name in set(kind.__struct_fields__) - alone:
        assert getattr(sample, name) != getattr(empty, name), name


def test_the_session_is_a_whole_one():
    broker, events = Broker(), []
    for event in broker.receive(seeds.session()):
        events += broker.accept() if isinstance(event, Connected) else [event]

    assert isinstance(events[-1], Disconnected)
    assert {event.name for event in events if isinstance(event, Published)} == set(FROM_AGENT)

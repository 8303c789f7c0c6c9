"""The hub's objects for Netdata agents, as they are put together."""

import pytest

from muster.clock import ManualClock
from muster.core.changes import NodeChange
from muster.faces.netdata.charts import Wanted
from muster.hub.bundle import InstallSettings
from muster.hub.foundation import Foundation
from muster.hub.netdata import NetdataSettings
from muster.hub.parts import Parts
from muster.hub.places import Places
from muster.hub.settings import Settings


@pytest.fixture
def parts(tmp_path):
    settings = Settings(data=tmp_path, install=InstallSettings(standalone=False))
    clock, places = ManualClock(), Places(tmp_path)
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    yield Parts(settings=settings, places=places, clock=clock, foundation=foundation)
    foundation.close()


def test_no_listener_is_opened_for_them_alone_unless_that_is_said():
    assert NetdataSettings().port == 0


def test_nothing_is_copied_before_the_journal_is_open(parts):
    assert parts.vitals.starting
    assert parts.netdata.keeper.due() == []


def test_what_was_asked_of_a_node_goes_with_it(parts):
    held = parts.netdata.charts._fresh
    held["n1", Wanted(context="a", after=-1, points=1)] = None
    parts.plane.open()
    parts.changes.tell("n1", NodeChange.REMOVED)

    assert parts.netdata.charts._fresh == {}

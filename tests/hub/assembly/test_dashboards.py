"""Dashboards of a whole hub."""

import pytest

from muster.clock import ManualClock
from muster.core.dashboards.dashboards import DashboardSettings
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.access import Action
from muster.model.dashboard import Dashboard
from muster.net.http import Public
from muster.testing.house import OPERATOR


@pytest.fixture
def parts(tmp_path):
    settings = Settings(data=tmp_path, dashboards=DashboardSettings(most=1))
    places, clock = Places(tmp_path), ManualClock()
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    yield Parts(settings=settings, places=places, clock=clock, foundation=foundation)
    foundation.close()


async def test_a_dashboard_lies_in_the_hubs_folder(parts, tmp_path):
    space = parts.inventory.ensure_space("Home").id
    await parts.dashboards.dashboards.save(OPERATOR, space, Dashboard(id="a", title="A"))

    assert (tmp_path / "dashboards" / space / "a.toml").read_text() == 'id = "a"\ntitle = "A"\n'


def test_routes_for_visitors_are_the_only_ones_without_a_sign_in(parts):
    data = parts.dashboards.data_routes()
    public = [route.path for route in data if route.allow is Public.CREDENTIALS]

    assert public == [
        "/api/v1/public/dashboard",
        "/api/v1/public/query",
        "/api/v1/public/variables/{name}",
    ]
    assert all(
        isinstance(route.allow, Action)
        for route in parts.dashboards.routes(parts.addresses.web, "")
    )

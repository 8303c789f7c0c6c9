import msgspec

from muster.core.intake.pulse import Pulse
from muster.faces.native.hub import ConfigRow, HubFace
from muster.model.access import Action
from muster.net.http import Public, Request


class FakeVitals:
    def take(self):
        return Pulse(
            ingest_values_s=1500.0,
            journal_sync_ms=0.4,
            journal_waiting=0,
            disk_used_percent=41.0,
            links=2,
            series=3000,
            uptime_s=60.0,
            version="1",
            state="ok",
        )


def face():
    rows = [ConfigRow(key="listen.port_base", value=7443, origin="default")]
    return HubFace(vitals=FakeVitals(), config=lambda: rows)


def request():
    return Request(method="GET", path="/")


def test_only_health_is_public():
    allowed = {route.path: route.allow for route in face().routes()}

    assert allowed["/api/v1/health"] is Public.HEALTH
    assert allowed["/api/v1/hub"] is Action.HUB_READ
    assert allowed["/api/v1/config"] is Action.HUB_MANAGE


async def test_health_pulse_and_settings_are_json():
    hub = face()

    assert msgspec.json.decode((await hub.health(request())).body) == {"ok": True}
    assert msgspec.json.decode((await hub.pulse(request())).body)["links"] == 2
    assert msgspec.json.decode((await hub.config(request())).body) == [
        {"key": "listen.port_base", "value": 7443, "origin": "default"}
    ]

from pathlib import Path

import msgspec
import pytest

from muster.core.intake.pulse import Pulse
from muster.errors import Denied, InputError, Unavailable
from muster.faces.native.hub import BackupStep, ConfigRow, HubFace
from muster.model.access import Action, Actor
from muster.net.http import Public, Request

OPERATOR = Actor(name="operator", operator=True)


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


def face(backup=None):
    rows = [ConfigRow(key="listen.port_base", value=7443, origin="default")]
    return HubFace(vitals=FakeVitals(), config=lambda: rows, backup=backup)


def request(actor=None, **body):
    return Request(method="POST", path="/", actor=actor, body=msgspec.json.encode(body))


def test_only_health_is_public():
    allowed = {route.path: route.allow for route in face().routes()}

    assert allowed["/api/v1/health"] is Public.HEALTH
    assert allowed["/api/v1/hub"] is Action.HUB_READ
    assert allowed["/api/v1/config"] is allowed["/api/v1/backup"] is Action.HUB_MANAGE


async def test_health_pulse_and_settings_are_json():
    hub = face()

    assert msgspec.json.decode((await hub.health(request())).body) == {"ok": True}
    assert msgspec.json.decode((await hub.pulse(request())).body)["links"] == 2
    assert msgspec.json.decode((await hub.config(request())).body) == [
        {"key": "listen.port_base", "value": 7443, "origin": "default"}
    ]


async def test_a_backup_tells_how_far_it_is():
    async def backup(target):
        yield BackupStep(text="copying", done_bytes=1, total_bytes=2)
        yield BackupStep(done=True, file=str(target), sha256="ab")

    answer = await face(backup).backup(request(OPERATOR, target="/tmp/b.tar.zst"))
    lines = [msgspec.json.decode(line) async for line in answer.stream]

    assert lines == [
        {"text": "copying", "done_bytes": 1, "total_bytes": 2},
        {"done": True, "file": str(Path("/tmp/b.tar.zst")), "sha256": "ab"},
    ]


async def test_a_backup_that_fails_says_so_in_its_last_line():
    async def backup(target):
        yield BackupStep(text="copying")
        raise Unavailable("the disk is full")

    answer = await face(backup).backup(request(OPERATOR, target="/tmp/b"))
    lines = [msgspec.json.decode(line) async for line in answer.stream]

    assert lines[-1] == {"error": {"code": "unavailable", "text": "the disk is full"}}


@pytest.mark.parametrize("actor", [None, Actor(name="admin")])
async def test_a_backup_is_for_the_operator_alone(actor):
    with pytest.raises(Denied, match="CA's keys"):
        await face().backup(request(actor, target="/tmp/b"))


async def test_a_backup_needs_an_absolute_path():
    with pytest.raises(InputError, match="absolute"):
        await face().backup(request(OPERATOR, target="b.tar"))

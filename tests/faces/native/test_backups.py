"""Routes of backups; the work is tested in tests/hub/backups."""

from pathlib import Path

import msgspec
import pytest

from muster.errors import Denied, InputError, Unavailable
from muster.faces.native.backups import BackupFace
from muster.model.access import Action, Actor
from muster.model.backup import BackupDeed, BackupRun, BackupStep
from muster.net.http import Request

OPERATOR = Actor(name="operator", operator=True)
ADMIN = Actor(name="admin")
NAME = "muster-2027-03-01T040000Z.tar.zst"


class FakeBackups:
    """Remembers what it was asked; `steps` are what a backup into a file says."""

    def __init__(self, *steps):
        self.steps = steps
        self.asked = []

    async def create(self, actor):
        self.asked.append(("create", actor))
        return BackupRun(deed=BackupDeed.CREATE, name=NAME)

    async def verify(self, actor, name):
        self.asked.append(("verify", actor, name))
        return BackupRun(deed=BackupDeed.VERIFY, name=name, total_bytes=9)

    async def delete(self, actor, name):
        self.asked.append(("delete", actor, name))

    async def stream(self, actor, target):
        self.asked.append(("stream", actor, target))
        for step in self.steps:
            if isinstance(step, Exception):
                raise step
            yield step


async def asked(backups, method, path, actor=OPERATOR, **body):
    route = next(
        each
        for each in BackupFace(backups).routes()
        if (each.method, each.path) == (method, f"/api/v1/{path}")
    )
    return await route.handler(
        Request(
            method=method,
            path="/",
            actor=actor,
            match={"name": NAME},
            body=msgspec.json.encode(body),
        )
    )


async def lines_of(answer):
    return [msgspec.json.decode(line) async for line in answer.stream]


def test_backups_are_of_the_hub_and_what_is_dangerous_asks_for_a_passkey():
    routes = BackupFace(FakeBackups()).routes()

    assert {route.allow for route in routes} == {Action.HUB_MANAGE}
    assert {f"{route.method} {route.path}" for route in routes if route.fresh} == {
        "POST /api/v1/backups",
        "DELETE /api/v1/backups/{name}",
        "POST /api/v1/backup",
    }


def test_no_route_gives_the_bytes_of_a_backup():
    gets = [each for each in BackupFace(FakeBackups()).routes() if each.method == "GET"]

    assert [route.path for route in gets] == ["/api/v1/backups"]


async def test_what_takes_time_is_begun_and_named():
    backups = FakeBackups()
    made = await asked(backups, "POST", "backups", ADMIN)
    read = await asked(backups, "POST", "backups/{name}/verify", ADMIN)
    gone = await asked(backups, "DELETE", "backups/{name}", ADMIN)

    assert (made.status, read.status, gone.status) == (202, 202, 204)
    assert msgspec.json.decode(made.body)["deed"] == "create"
    assert msgspec.json.decode(read.body)["total_bytes"] == 9
    assert backups.asked == [("create", ADMIN), ("verify", ADMIN, NAME), ("delete", ADMIN, NAME)]


async def test_a_backup_into_a_file_tells_how_far_it_is():
    target = "/tmp/b.tar.zst"
    backups = FakeBackups(
        BackupStep(text="copying", done_bytes=1, total_bytes=2),
        BackupStep(done=True, file=target, sha256="ab"),
    )
    answer = await asked(backups, "POST", "backup", target=target)

    assert await lines_of(answer) == [
        {"text": "copying", "done_bytes": 1, "total_bytes": 2},
        {"done": True, "file": target, "sha256": "ab"},
    ]
    assert backups.asked == [("stream", OPERATOR, Path(target))]


async def test_a_backup_that_fails_says_so_in_its_last_line():
    backups = FakeBackups(BackupStep(text="copying"), Unavailable("the disk is full"))
    lines = await lines_of(await asked(backups, "POST", "backup", target="/tmp/b"))

    assert lines[-1] == {"error": {"code": "unavailable", "text": "the disk is full"}}


@pytest.mark.parametrize("actor", [None, ADMIN])
async def test_a_backup_into_a_file_is_for_the_operator_alone(actor):
    with pytest.raises(Denied, match="own machine alone"):
        await asked(FakeBackups(), "POST", "backup", actor, target="/tmp/b")


async def test_a_backup_into_a_file_needs_an_absolute_path():
    with pytest.raises(InputError, match="absolute"):
        await asked(FakeBackups(), "POST", "backup", target="b.tar")

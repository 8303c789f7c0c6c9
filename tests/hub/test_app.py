"""Whole hubs in this process, on real ports and folders."""

import asyncio
import random
import socket
import stat
import subprocess
import sys

import pytest

from muster.clock import ManualClock
from muster.errors import SettingsError, cause_of
from muster.hub.app import Hub
from muster.hub.process.lock import FolderInUse
from muster.hub.settings import ListenSettings, Settings
from muster.net.bind import PortInUse
from muster.net.client import Target, request


def free_ports():
    """A base with two free ports behind it, below those of outgoing connections."""
    for _ in range(100):
        base = random.randrange(15_000, 32_000)
        if all(is_free(base + step) for step in range(3)):
            return base
    raise AssertionError("no three free ports")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.fixture
def settings(tmp_path):
    listen = ListenSettings(addresses=("127.0.0.1",), port_base=free_ports())
    return Settings(data=tmp_path / "hub", listen=listen)


async def run(settings, visit=None, beside=()):
    """Start a hub, visit it when it is ready, stop it; what `visit` found."""
    hub = Hub(settings, clock=ManualClock())
    for job in beside:
        hub.beside(job)
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    found = None
    async with asyncio.TaskGroup() as jobs:
        running = jobs.create_task(hub.run(ready.set_result))
        await asyncio.wait([ready, running], return_when=asyncio.FIRST_COMPLETED)
        if ready.done() and visit:
            found = await visit(ready.result())
        hub.stop()
    return found


async def get(info, path):
    answer = await request(Target(socket=f"{info.data}/hub.sock"), "GET", path)
    return answer.json()


async def test_a_hub_that_is_ready_answers_and_says_where(settings):
    async def visit(info):
        return info, await get(info, "/api/v1/hub"), await get(info, "/api/v1/session")

    info, pulse, session = await run(settings, visit)

    base = settings.listen.port_base
    assert info.web == f"https://127.0.0.1:{base}"
    assert (info.agents, info.enrol) == (f"127.0.0.1:{base + 1}", f"127.0.0.1:{base + 2}")
    assert info.password_file == str(settings.data / "admin-password")
    assert (pulse["state"], pulse["reason"]) == ("ok", "")
    assert session["user"]["name"] == "operator"


async def test_a_second_start_keeps_the_authority_and_the_administrator(settings):
    async def visit(info):
        return info.password_file, (await get(info, "/api/v1/ca"))["pins"]

    first, second = await run(settings, visit), await run(settings, visit)

    assert first[1] == second[1]
    assert second[0] == ""


async def test_the_folder_and_its_socket_are_the_owners_alone(settings):
    async def visit(info):
        return stat.S_IMODE((settings.data / "hub.sock").stat().st_mode)

    assert await run(settings, visit) == 0o600
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


async def test_what_runs_beside_the_hub_begins_when_it_is_ready_and_ends_with_it(settings):
    heard = []

    async def job():
        heard.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            heard.append("ended")

    async def visit(info):
        await asyncio.sleep(0)
        return list(heard)

    assert await run(settings, visit, [job]) == ["begun"]
    assert heard == ["begun", "ended"]


async def failure(settings):
    try:
        await run(settings)
    except BaseExceptionGroup as group:
        return cause_of(group)
    return None


async def test_a_second_hub_on_the_folder_is_refused_and_the_first_goes_on(settings, tmp_path):
    other = Settings(
        data=settings.data,
        listen=ListenSettings(addresses=("127.0.0.1",), port_base=free_ports()),
    )

    async def visit(info):
        return await failure(other), await get(info, "/api/v1/health")

    error, health = await run(settings, visit)

    assert isinstance(error, FolderInUse)
    assert health == {"ok": True}


async def test_a_port_in_use_stops_the_start_and_lets_the_folder_go(settings):
    with socket.create_server(("127.0.0.1", settings.listen.port_base + 1)):
        error = await failure(settings)

    assert isinstance(error, PortInUse)
    assert str(settings.listen.port_base + 1) in str(error)
    assert await failure(settings) is None


async def test_a_setting_that_cannot_be_used_stops_the_start(tmp_path):
    error = await failure(Settings(data=tmp_path, listen=ListenSettings(port_base=65_535)))

    assert isinstance(error, SettingsError)


async def test_a_journal_that_cannot_be_read_stops_the_start_and_names_it(settings):
    settings.data.mkdir()
    (settings.data / "journal").write_text("no folder")
    error = await failure(settings)

    assert "journal" in str(error)


def test_what_only_some_hubs_are_ever_asked_for_is_not_read_at_the_start():
    ask = "import sys, muster.hub.app; print({'webauthn', 'jwt', 'chdb'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=120
    )

    assert done.stdout.strip() == "set()"

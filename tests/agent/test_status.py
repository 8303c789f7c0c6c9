"""An agent says how it is, to whoever may reach its socket."""

import asyncio
import contextlib
import logging
from pathlib import Path

import pytest

from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.spool.buffer import Spool
from muster.agent.status import PATH, AgentStatus, StatusServer, measure_process
from muster.net.client import Answer, Target, request


def status(folder: Path) -> AgentStatus:
    return AgentStatus(
        version="1",
        compiled=False,
        data=str(folder),
        node=None,
        link=LinkStatus(state=LinkState.WAITING, since_ns=1),
        spool=Spool(folder=folder, encoder=None).status(),  # type: ignore[arg-type]
        collectors=[],
        process=measure_process(10.0),
        missed_ticks=0,
        refused_batches=0,
    )


@contextlib.asynccontextmanager
async def serving(folder: Path):
    job = asyncio.ensure_future(StatusServer(folder, lambda: status(folder)).run())
    while not (folder / "agent.sock").exists() and not job.done():  # noqa: ASYNC110
        await asyncio.sleep(0)
    yield job
    job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await job


async def get(folder: Path, path: str = PATH, method: str = "GET") -> Answer:
    return await request(Target(socket=folder / "agent.sock"), method, path)


async def test_the_socket_answers_with_the_whole_status(tmp_path):
    async with serving(tmp_path):
        answer = await get(tmp_path)

    assert answer.status == 200
    assert answer.json()["link"]["state"] == "waiting"
    assert answer.json()["process"]["rss_bytes"] > 1 << 20


async def test_only_the_owner_may_connect(tmp_path):
    async with serving(tmp_path):
        assert (tmp_path / "agent.sock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", PATH)])
async def test_anything_else_is_not_there(tmp_path, method, path):
    async with serving(tmp_path):
        assert (await get(tmp_path, path, method)).status == 404


async def test_a_dead_socket_in_its_place_is_replaced_and_its_own_removed(tmp_path):
    (tmp_path / "agent.sock").touch()
    job = asyncio.ensure_future(StatusServer(tmp_path, lambda: status(tmp_path)).run())
    while not (tmp_path / "agent.sock").is_socket():  # noqa: ASYNC110
        await asyncio.sleep(0)
    job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await job

    assert not (tmp_path / "agent.sock").exists()


async def test_a_folder_too_deep_for_a_socket_name_works_all_the_same(tmp_path):
    folder = tmp_path / ("d" * 60) / ("e" * 60)
    folder.mkdir(parents=True)
    async with serving(folder):
        assert (await get(folder)).status == 200


async def test_a_socket_that_cannot_be_made_ends_nothing(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        await StatusServer(tmp_path / "none", lambda: status(tmp_path)).run()

    assert "no status socket" in caplog.text


async def test_a_client_that_talks_nonsense_or_leaves_does_not_disturb(tmp_path):
    async with serving(tmp_path):
        for said in (b"x" * 10_000 + b"\r\n\r\n", b"GET"):
            _, writer = await asyncio.open_unix_connection(str(tmp_path / "agent.sock"))
            writer.write(said)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

        assert (await get(tmp_path)).status == 200


async def test_a_command_is_handed_on_and_anything_else_is_a_read(tmp_path):
    heard = []

    async def obey(command):
        heard.append(command)
        return {"code": 0}

    job = asyncio.ensure_future(StatusServer(tmp_path, lambda: status(tmp_path), obey).run())
    while not (tmp_path / "agent.sock").exists():  # noqa: ASYNC110
        await asyncio.sleep(0)
    target = Target(socket=tmp_path / "agent.sock")
    answer = await request(target, "POST", "/v1/netdata", body=b"aclk-state")
    empty = await request(target, "POST", "/v1/netdata")
    read = await request(target, "GET", PATH)
    job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await job

    assert (answer.json(), heard) == ({"code": 0}, ["aclk-state"])
    assert (empty.status, read.status) == (404, 200)

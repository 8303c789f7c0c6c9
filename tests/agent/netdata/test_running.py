"""Speaking to a running agent, or to none."""

from muster.agent.netdata.running import NOT_RUNNING, Said, tell
from muster.agent.status import StatusServer


async def serve(folder, jobs, command):
    import asyncio

    server = StatusServer(folder, lambda: None, command)
    job = jobs.create_task(server.run())
    while not (folder / "agent.sock").exists():  # noqa: ASYNC110
        await asyncio.sleep(0)
    return job


async def test_a_command_is_answered_with_code_and_text(tmp_path):
    import asyncio

    heard = []

    async def obey(command):
        heard.append(command)
        return Said(3, "ü\n")

    async with asyncio.TaskGroup() as jobs:
        job = await serve(tmp_path, jobs, obey)
        assert await tell(tmp_path, "write-config a|b|c|é") == Said(3, "ü\n")
        job.cancel()
    assert heard == ["write-config a|b|c|é"]


async def test_an_agent_that_takes_no_commands_or_is_not_there_is_not_running(tmp_path):
    import asyncio

    assert await tell(tmp_path, "ping") == NOT_RUNNING
    async with asyncio.TaskGroup() as jobs:
        job = await serve(tmp_path, jobs, None)
        assert await tell(tmp_path, "ping") == NOT_RUNNING
        job.cancel()
    (tmp_path / "agent.sock").write_text("")
    assert await tell(tmp_path, "ping") == NOT_RUNNING

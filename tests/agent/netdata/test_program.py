"""The program that claims and adopts for the agent, as a process."""

import asyncio
import json
import os
import sys

import pytest

from muster.agent.netdata.adopted import Ending
from muster.agent.netdata.program import run_step
from muster.agent.netdata.sources import Wanted
from muster.agent.netdata.task import MODULE, Task, task_of
from muster.errors import InputError
from muster.log import Secret
from muster.net.proxy import ProxySetting

NONE = ProxySetting("none")


async def run(step, task):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        step,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"http_proxy": "", "https_proxy": ""},
    )
    output, errors = await process.communicate(task)
    return process.returncode, output.decode(), errors.decode()


async def test_it_claims_and_adopts_with_what_standard_input_says(place, cloud):
    wanted = Wanted(url=cloud.url, token=Secret("very-secret"))
    code, output, errors = await run("claim", task_of(place.data, place.lib, NONE, "web-1", wanted))
    assert (code, json.loads(output)["exit_code"]) == (0, 0), errors
    code, output, errors = await run("adopt", task_of(place.data, place.lib, NONE, "web-1"))

    assert (code, json.loads(output)["ending"]) == (0, Ending.ADOPTED), errors
    assert "very-secret" not in output + errors
    assert (place.data / "identity" / "key.pem").stat().st_mode & 0o777 == 0o600


async def test_what_it_cannot_read_or_do_is_said_in_one_line():
    code, _, errors = await run("claim", b"not json")
    assert (code, "standard input" in errors) == (1, True)
    with pytest.raises(InputError, match="usage"):
        await run_step("dance", Task(data="/d", lib="/l", proxy="none", hostname="h"))

"""A whole agent as a process: claimed in Netdata's words, adopted, told, disabled, left."""

import asyncio
import contextlib
import json
import os
import signal
import sys

import pytest

from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.running import tell
from muster.cli.main import main as muster

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"


@contextlib.asynccontextmanager
async def agent(place, *words, **environment):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "muster.agent",
        "--data",
        str(place.data),
        *words,
        env=os.environ | {"https_proxy": "", "http_proxy": ""} | environment,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            _, errors = await process.communicate()
        process.said = errors.decode()


async def state(place):
    said = await tell(place.data, "aclk-state json")
    return json.loads(said.text) if said.code == 0 else {}


async def until_state(place, **wanted):
    async with asyncio.timeout(60):
        while True:
            found = await state(place)
            if found and all(found[name.replace("_", "-")] == is_ for name, is_ in wanted.items()):
                return found
            await asyncio.sleep(0.1)


async def test_an_agent_claims_by_its_environment_is_adopted_and_says_online(place, cloud, hub):
    variables = {
        "NETDATA_CLAIM_TOKEN": "very-secret",
        "NETDATA_CLAIM_URL": cloud.url,
        "NETDATA_CLAIM_ROOMS": "a, b",
        "NETDATA_CLAIM_PROXY": "none",
    }
    async with agent(place, **variables) as process:
        told = await until_state(place, online=True)
        await hub.until(lambda: len(hub.batches) > 1)
        said = (await tell(place.data, "aclk-state")).text

    (put,) = cloud.claims
    assert put.json()["rooms"] == ["a", "b"]
    assert put.headers["content-type"] == "application/json"
    assert told["claimed-id"] == put.json()["node"]["id"] == place.cloud.read_claim_id()
    assert told["node-instances"][0]["node-id"] == cloud.node
    assert told["cloud-url"] == cloud.url
    assert "Claimed: Yes\n" in said and "Online: Yes\n" in said and "Banned By Cloud: No\n" in said
    assert "CLAIM: Agent was successfully claimed." in process.said
    assert "very-secret" not in process.said
    assert "token" not in place.cloud.read_conf()

    async with agent(place, **variables):  # C3: ignored once it is claimed
        await until_state(place, online=True)
    assert len(cloud.claims) == len(cloud.wishes) == 1


async def test_the_command_tells_a_running_agent_which_comes_and_goes(place, cloud, hub, capfd):
    (place.lib / "claim.conf").write_text("[global]\n token = t\n")  # no address: it waits
    args = ("--data", str(place.data))
    async with agent(place):
        await until_state(place, online=False)
        words = ("-token=T", f"-url={cloud.url}", "-noproxy")
        claim = ["agent", "netdata-claim", *words, *args]
        assert await asyncio.to_thread(muster, claim) == 0
        assert "Node was successfully claimed." in capfd.readouterr().err
        await until_state(place, online=True)
        off = ["agent", "netdatacli", "write-config", "cloud|global|enabled|no", *args]
        assert await asyncio.to_thread(muster, off) == 0
        await until_state(place, online=False)
        await hub.until(lambda: not hub.links)
        assert (await tell(place.data, "read-config cloud|global|enabled")).text == "no"
        reloaded = await tell(place.data, "reload-claiming-state")
        assert "disabled" in reloaded.text
        await tell(place.data, "write-config cloud|global|enabled|yes")
        await until_state(place, online=True)
        assert await asyncio.to_thread(muster, ["agent", *args, "-W", "aclk-state"]) == 0
        assert "Online: Yes" in capfd.readouterr().out


async def test_another_id_on_the_disk_is_another_link_after_a_reload(place, cloud, hub):
    place.cloud.put_in_force(ID, {"cloud base url": cloud.url})
    cloud.keys[ID] = public(place)
    async with agent(place):
        await until_state(place, online=True, claimed_id=ID)
        other = ID.replace("0f6e", "aaaa")
        cloud.keys[other] = cloud.keys[ID]
        cloud.node = "0de00000-0000-4000-8000-0000000000bb"
        place.cloud.claimed_id.write_text(other)
        said = await tell(place.data, "reload-claiming-state")
        found = await state(place)

    assert said.text == "Agent is claimed and online.\n"
    assert found["claimed-id"] == other
    assert found["node-instances"][0]["node-id"] == cloud.node
    assert hub.links_total == 2


async def test_whoever_removes_the_folder_removes_the_access(place, cloud, hub):
    place.cloud.put_in_force(ID, {"cloud base url": cloud.url})
    cloud.keys[ID] = public(place)
    async with agent(place):
        await until_state(place, online=True)
        for path in place.cloud.folder.iterdir():
            path.unlink()
        place.cloud.folder.rmdir()
        said = await tell(place.data, "reload-claiming-state")
        await hub.until(lambda: not hub.links)

    assert said.text == "Agent is not claimed.\n"
    assert not (place.data / "identity").exists()
    assert not list(place.data.glob("identities/*"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [((404, b"no such page"), "not online yet"), ((403, b""), "has done with it")],
)
async def test_a_cloud_that_is_no_hub_or_has_done_with_it_gives_no_link(
    place, cloud, answer, status
):
    cloud.adoptions = [answer, answer, answer]
    place.cloud.put_in_force(ID, {"cloud base url": cloud.url})
    async with agent(place):
        said = await tell_when_up(place, "reload-claiming-state")
        found = await state(place)

    assert status in said.text
    assert (found["agent-claimed"], found["online"]) == (True, False)
    assert found["banned-by-cloud"] is (answer[0] == 403)


async def tell_when_up(place, command):
    async with asyncio.timeout(60):
        while True:
            said = await tell(place.data, command)
            if said.text:
                return said
            await asyncio.sleep(0.1)


async def test_unclaiming_forgets_both_and_nothing_claims_again(place, cloud, hub):
    place.cloud.put_in_force(ID, {"cloud base url": cloud.url})
    cloud.keys[ID] = public(place)
    async with agent(place):
        await until_state(place, online=True)
    place.cloud.token.write_text("again")
    assert await asyncio.to_thread(muster, ["agent", "unclaim", "--data", str(place.data)]) == 0

    assert place.cloud.read_claim_id() == ""
    assert not place.cloud.token.exists()
    assert not (place.data / "netdata.json").exists()
    assert CloudFolder(place.lib).private.exists()


async def test_an_agent_that_never_heard_of_netdata_answers_all_the_same(place, cloud, hub):
    place.cloud.put_in_force(ID, {"cloud base url": cloud.url})
    cloud.keys[ID] = public(place)
    async with agent(place):
        await until_state(place, online=True)
    # as if by a token of Muster's own: no claim, no record
    place.cloud.drop_claim()
    (place.data / "netdata.json").unlink()
    async with agent(place):
        told = await until_state(place, online=True)
        reloaded = await tell(place.data, "reload-claiming-state")

    assert told["claimed-id"] == cloud.node  # the id of the node
    assert reloaded.text == "Agent is claimed and online.\n"
    assert (place.data / "identity").exists()


def public(place):
    from muster.agent.netdata.rsakeys import public_key

    return public_key(place.cloud)


async def test_a_claim_that_is_killed_at_any_moment_is_whole_or_not_there(place, cloud):
    words = ["agent", "netdata-claim", "-token=T", f"-url={cloud.url}", "-noproxy"]
    seen = set()
    for number in range(14):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "muster",
            *words,
            f"-id={ID[:-2]}{number:02d}",
            "--data",
            str(place.data),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1 + number * 0.1):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
        claimed, conf = place.cloud.read_claim_id(), place.cloud.read_conf()
        seen.add(claimed)

        assert bool(claimed) is bool(conf)
        assert not claimed or claimed in cloud.keys  # what is in force, the cloud has taken
        assert not place.cloud.request.exists()
    assert await asyncio.to_thread(muster, [*words, "--data", str(place.data)]) == 0
    assert place.cloud.read_claim_id() == place.cloud.machine_guid()

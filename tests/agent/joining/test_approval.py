"""A claim that waits for an admin: asked again as the very same, as long as patience lasts."""

import asyncio
import json
import signal
import subprocess
import sys
import textwrap

import pytest

from muster.agent.exits import AgentFailed, Exit
from muster.agent.joining.approval import Patience, Told, Waits, no_evidence, settled, waiting_of
from muster.agent.joining.claim import HubRefused, claim
from muster.agent.joining.identity import is_claimed
from muster.clock import ManualClock, SystemClock
from muster.log import Secret
from muster.model.evidence import Evidence
from muster.model.inventory import Facts
from muster.net.client import Answer
from muster.net.proxy import ConnectFailed, ProxySetting
from muster.pki import keys
from muster.testing.hub import FakeHub

CLOCK = SystemClock()
WAITS = Waits("hub:1", Told(request="w1", reason="ask ada", retry_after_s=7))
AWAY = ConnectFailed("nobody there")


class Waiting:
    """Time that passes only while somebody waits."""

    def __init__(self, *answers):
        self.clock = ManualClock()
        self.answers = list(answers)
        self.slept = []
        self.told = []

    async def ask(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.clock.advance(seconds)

    async def settle(self, wait_s):
        patience = Patience(wait_s=wait_s, tell=self.told.append, sleep=self.sleep)
        return await settled(self.ask, patience, self.clock)


async def test_it_is_asked_again_as_the_hub_says_until_it_is_decided():
    waiting = Waiting(WAITS, WAITS, "in")

    assert await waiting.settle(3600) == "in"
    assert waiting.slept == [7, 7]
    assert waiting.told == [WAITS]


async def test_patience_ends_with_what_the_hub_said_last():
    waiting = Waiting(WAITS)
    with pytest.raises(Waits, match="ask ada"):
        await waiting.settle(10)

    assert waiting.slept == [7, 3]


async def test_without_patience_it_is_asked_once():
    waiting = Waiting(WAITS)
    with pytest.raises(Waits):
        await waiting.settle(0)

    assert waiting.slept == []


async def test_a_hub_that_goes_away_meanwhile_is_waited_for():
    waiting = Waiting(WAITS, AWAY, AWAY, "in")

    assert await waiting.settle(3600) == "in"


@pytest.mark.parametrize(
    ("code", "goes_on"),
    [("starting", True), ("limit_exceeded", True), ("claim_denied", False), ("bad_csr", False)],
)
async def test_a_busy_hub_is_waited_for_and_a_refusal_is_final(code, goes_on):
    waiting = Waiting(WAITS, HubRefused(code, "no"), "in")
    if goes_on:
        assert await waiting.settle(3600) == "in"
    else:
        with pytest.raises(HubRefused):
            await waiting.settle(3600)


async def test_a_hub_that_was_never_there_is_not():
    with pytest.raises(ConnectFailed):
        await Waiting(AWAY).settle(3600)


@pytest.mark.parametrize(("said", "slept"), [(0, 1), (-5, 1), (1e9, 300), (42, 42)])
async def test_no_hub_makes_a_machine_ask_too_often_or_never_again(said, slept):
    waiting = Waiting(Waits("hub:1", Told(retry_after_s=said)), "in")
    await waiting.settle(3600)

    assert waiting.slept == [slept]


async def test_other_words_are_told_again():
    other = Waits("hub:1", Told(request="w1", reason="still asking"))
    waiting = Waiting(WAITS, other, WAITS, "in")
    await waiting.settle(3600)

    assert waiting.told == [WAITS, other, WAITS]


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"retry_after_s":"x"}'])
def test_a_202_in_another_form_still_means_waiting(body):
    error = waiting_of(Answer(status=202, headers={}, body=body), "hub:1")

    assert error.told.retry_after_s == 5
    assert "admin" in str(error)


async def test_who_shows_nothing_shows_nothing():
    assert await no_evidence("hub", "csr") == Evidence()


@pytest.fixture
async def hub():
    async with FakeHub(clock=CLOCK) as hub:
        yield hub


async def attempt(data, token, *, wait_s=60.0, sleep=None, **options):
    async def at_once(seconds):
        pass

    return await claim(
        data,
        Secret(token),
        clock=CLOCK,
        facts=lambda: Facts(hostname="web-1"),
        proxy=ProxySetting("none"),
        patience=Patience(wait_s=wait_s, sleep=sleep or at_once),
        **options,
    )


async def test_the_very_same_claim_is_sent_each_time(hub, tmp_path):
    hub.faults.waiting = 3

    assert (await attempt(tmp_path / "node", hub.make_token())).node
    assert len(hub.bodies) == 4
    assert len({body["signed"] for body in hub.bodies}) == 1


async def test_a_rerun_goes_on_with_the_same_key(hub, tmp_path):
    hub.faults.waiting = 1
    token = hub.make_token()
    with pytest.raises(AgentFailed, match="ask ada") as failure:
        await attempt(tmp_path / "node", token, wait_s=0)
    assert failure.value.exit_code is Exit.WAITING
    assert not is_claimed(tmp_path / "node")

    await attempt(tmp_path / "node", token)

    asked = [json.loads(body["signed"]) for body in hub.bodies]
    assert len({keys.key_sha256(keys.check_request(each["csr"])) for each in asked}) == 1


async def test_evidence_is_made_for_this_hub_and_this_request(hub, tmp_path):
    made_for = []

    async def evidence(hub_id, csr):
        made_for.append((hub_id, csr))
        return Evidence(machine_id="ab")

    hub.faults.waiting = 2
    await attempt(tmp_path / "node", hub.make_token(), evidence=evidence)

    sent = json.loads(hub.bodies[0]["signed"])
    assert made_for == [(hub.authority.hub, sent["csr"])]
    assert sent["evidence"]["machine_id"] == "ab"


@pytest.mark.parametrize("code", ["token_network", "token_host", "token_busy"])
async def test_a_token_for_other_machines_has_its_own_exit_code(hub, tmp_path, code):
    hub.faults.refuse_claim = (403, code, "not for you")
    with pytest.raises(AgentFailed, match="not for you") as failure:
        await attempt(tmp_path / "node", hub.make_token())

    assert failure.value.exit_code is Exit.NOT_FOR_THIS


async def test_a_denied_machine_ends_with_its_own_exit_code(hub, tmp_path):
    hub.faults.refuse_claim = (403, "claim_denied", "not one of ours")
    with pytest.raises(AgentFailed) as failure:
        await attempt(tmp_path / "node", hub.make_token())

    assert failure.value.exit_code is Exit.DENIED


@pytest.mark.parametrize("asked", [1, 2, 3])
async def test_killed_while_it_waits_it_goes_on_as_the_same_claim(hub, tmp_path, asked):
    """A real process, killed by a real signal while it waits for the n-th time."""
    hub.faults.waiting = asked
    token = hub.make_token()
    script = textwrap.dedent(f"""
        import asyncio, os, signal
        from pathlib import Path
        from muster.agent.joining.approval import Patience
        from muster.agent.joining.claim import claim
        from muster.clock import SystemClock
        from muster.log import Secret
        from muster.model.inventory import Facts
        from muster.net.proxy import ProxySetting
        left = [{asked}]
        async def dying(seconds):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(claim(Path({str(tmp_path / "node")!r}), Secret({token!r}),
                          proxy=ProxySetting("none"), clock=SystemClock(), facts=Facts,
                          patience=Patience(wait_s=60, sleep=dying)))
    """)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stderr=subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == -signal.SIGKILL, errors
    assert not is_claimed(tmp_path / "node")

    await attempt(tmp_path / "node", token)
    asked_with = [json.loads(body["signed"])["csr"] for body in hub.bodies]
    assert len({keys.key_sha256(keys.check_request(csr)) for csr in asked_with}) == 1
    assert len(hub.claims) == 1

"""The claim API: a key that only its owner can read, used once, and six states."""

import json

import pytest

from muster.agent.joining.renewal import RenewalFailed
from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.netdata.api.ownership import Ownership
from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.outcome import ClaimExit, Outcome
from muster.agent.netdata.state import CloudState
from muster.clock import ManualClock

GOOD = {"token": "abc_-1", "url": "https://hub.example:7443/x", "rooms": "a,b"}


class Keeper:
    def __init__(self, lib):
        self.cloud = CloudFolder(lib)
        self.now = CloudState()
        self.claims = []
        self.outcome = Outcome(exit_code=ClaimExit.CLAIMED, claim_id="c")
        self.is_off = False

    def state(self):
        return self.now

    async def claim(self, wanted):
        self.claims.append(wanted)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def keeper(tmp_path):
    return Keeper(tmp_path)


@pytest.fixture
def owner(keeper):
    owner = Ownership(keeper, ManualClock(), lambda: {"nm": "h"})
    owner.begin()
    return owner


def key(keeper):
    return keeper.cloud.one_time_key.read_text().strip()


async def ask(owner, version="v3", **query):
    page = await owner.answer(version, query)
    return page, (json.loads(page.body) if page.kind.startswith("application/json") else page.body)


async def test_without_a_key_it_says_where_the_key_is_and_not_the_key(owner, keeper):
    page, told = await ask(owner)

    assert page.status == 200
    assert told["can_be_claimed"] is True
    assert told["key_filename"] == str(keeper.cloud.one_time_key)
    assert set(told) == {"cloud", "can_be_claimed", "key_filename", "cmd", "help", "agent"}
    assert key(keeper) not in page.body


@pytest.mark.parametrize(("version", "status"), [("v2", 403), ("v3", 400)])
async def test_a_wrong_key_is_refused_and_there_is_another_one(owner, keeper, version, status):
    before = key(keeper)
    page, told = await ask(owner, version, key="guess", **GOOD)

    assert page.status == status
    assert (told if version == "v2" else told["message"]) == "invalid key"
    assert key(keeper) != before
    assert keeper.claims == []


async def test_guessing_a_thousand_times_meets_a_thousand_keys(owner, keeper):
    keys = set()
    for _ in range(1_000):
        await ask(owner, "v2", key="guess", **GOOD)
        keys.add(key(keeper))

    assert len(keys) == 1_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"url": ""},
        {"token": "a;reboot"},
        {"url": "https://h:1/$(x)"},
        {"rooms": "a b"},
        {"token": "é"},
        {"token": "x" * 5_000},
        {"rooms": ",".join("x" * 200)},
    ],
)
@pytest.mark.parametrize("version", ["v2", "v3"])
async def test_wrong_parameters_are_refused_and_use_the_key_up(owner, keeper, version, wrong):
    before = key(keeper)
    page, told = await ask(owner, version, key=before, **(GOOD | wrong))

    assert page.status == 400
    assert (told if version == "v2" else told["message"]) == "invalid parameters"
    assert key(keeper) != before
    assert keeper.claims == []


async def test_the_right_key_claims_once(owner, keeper):
    right = key(keeper)
    page, told = await ask(owner, key=right, **GOOD)

    assert (page.status, told["success"], told["message"]) == (200, True, "ok")
    (wanted,) = keeper.claims
    assert (wanted.url, wanted.token.reveal(), wanted.rooms) == (
        GOOD["url"],
        GOOD["token"],
        ("a", "b"),
    )
    replayed, _ = await ask(owner, key=right, **GOOD)
    assert (replayed.status, len(keeper.claims)) == (400, 1)


@pytest.mark.parametrize("code", [ClaimExit.FORBIDDEN, ClaimExit.NO_CONNECTION])
async def test_a_claim_that_fails_is_200_with_the_reason_and_what_to_do(owner, keeper, code):
    keeper.outcome = Outcome(exit_code=code, text="the hub says so")
    page, told = await ask(owner, key=key(keeper), **GOOD)

    assert (page.status, told["success"], told["message"]) == (200, False, "the hub says so")
    assert (told["code"], bool(told["remedy"])) == (int(code), True)


async def test_a_program_that_cannot_run_and_a_cloud_that_is_off_are_told_apart(owner, keeper):
    keeper.outcome = RenewalFailed("no memory")
    _, told = await ask(owner, key=key(keeper), **GOOD)
    assert told["message"] == "Failed to execute claiming script."
    keeper.is_off = True
    _, told = await ask(owner, key=key(keeper), **GOOD)
    assert told["message"] == "Netdata Cloud is disabled on this agent."


def link(state, code=""):
    return LinkStatus(state=state, since_ns=1, code=code)


STATES = {
    "available": (CloudState(), True),
    "disabled": (CloudState(enabled=False), True),
    "offline": (CloudState(claim_id="c", link=link(LinkState.WAITING)), True),
    "online": (CloudState(claim_id="c", link=link(LinkState.OPEN)), False),
    "banned": (CloudState(claim_id="c", link=link(LinkState.REFUSED, "node_revoked")), False),
}


@pytest.mark.parametrize("name", STATES)
async def test_each_state_says_whether_it_can_be_claimed(owner, keeper, name):
    keeper.now, can = STATES[name]
    _page, told = await ask(owner, key=key(keeper), **GOOD)

    assert told["cloud"]["status"] == name
    assert told["can_be_claimed"] is can
    assert bool(keeper.claims) is can
    assert ("key_filename" in told) is can


async def test_without_a_key_on_the_disk_nobody_claims_this_way(owner, keeper, tmp_path):
    keeper.cloud.one_time_key.unlink()
    keeper.cloud.one_time_key.mkdir()
    owner.begin()
    page, _ = await ask(owner, "v2", key="", **GOOD)
    wrong, _ = await ask(owner, "v2", key="x", **GOOD)

    assert (page.status, wrong.status, keeper.claims) == (200, 403, [])

"""netdata-claim.sh by another hand: its order of events, its bytes, its words, its codes."""

import os
import stat

import pytest

from muster.agent.netdata import script as scripts
from muster.agent.netdata.adopted import Adopted, Ending, write_adopted
from muster.agent.netdata.outcome import MESSAGE, REMEDY, UNCHECKED_REMEDY, ClaimExit
from muster.agent.netdata.running import NOT_RUNNING, Said
from muster.agent.netdata.script import Script, owner_of, run_script
from muster.testing.rsakeys import public_pem
from muster.wire.netdata.claim import UNCHECKED, Refusal, format_refusal, parse_claim

GUID = "7b7f2c1e-1111-11ef-8000-0242ac110002"
SECRET = "mnt1-very-secret-token"


class World:
    """What a script says and does, and an agent that may run beside it."""

    def __init__(self, place):
        self.place = place
        self.shown, self.said, self.asked, self.waits = [], [], [], []
        self.answers = None  # None: no agent runs
        place.cloud.guid.parent.mkdir(exist_ok=True)
        place.cloud.guid.write_text(GUID)

    async def ask(self, data, command):
        self.asked.append(command)
        if self.answers is None:
            return NOT_RUNNING
        return self.answers.get(command.split(" ")[0], Said(0, ""))

    async def wait(self, seconds):
        self.waits.append(seconds)

    async def run(self, *words):
        script = Script(
            place=self.place,
            show=self.shown.append,
            say=self.said.append,
            ask=self.ask,
            wait=self.wait,
        )
        return int(await run_script(script, list(words)))

    @property
    def text(self):
        return "\n".join((*self.shown, *self.said))


@pytest.fixture
def world(place):
    return World(place)


def files(world):
    return {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in world.place.cloud.folder.iterdir()
        if path.name != "cloud_fullchain.pem"
    }


async def test_a_claim_leaves_the_originals_files_modes_and_words(world, cloud):
    world.place.cloud.token.write_text("kept")
    code = await world.run(f"-token={SECRET}", "-rooms=r1,r2", f"-url={cloud.url}/")

    assert code == 0
    assert files(world) == {
        "private.pem": 0o600,
        "public.pem": 0o640,
        "claimed_id": 0o640,
        "cloud.conf": 0o640,
    }
    folder = world.place.cloud
    assert folder.claimed_id.read_text() == GUID
    assert folder.conf.read_text() == (
        f"[global]\n  enabled = yes\n  cloud base url = {cloud.url}\n"
    )
    assert world.said == [
        "Unable to communicate with Netdata daemon, querying config from disk instead.",
        "Token: ****************",
        f"Base URL: {cloud.url}/",
        f"Id: {GUID}",
        "Rooms: r1,r2",
        "Hostname: web-1",
        "Proxy: ",
        f"Netdata user: {owner_of(world.place.data)}",
        "Extracting public key from private key.",
        "The claim was successful but the agent could not be notified (255)- it requires a"
        " restart to connect to the cloud.",
    ]
    assert world.shown == ["Connection attempt 1 successful"]


async def test_the_request_is_that_of_curl_byte_by_byte(world, cloud):
    await world.run("-token=T", "-rooms=r1,r2", f"-url={cloud.url}", "-noreload")
    (put,) = cloud.claims
    key = public_pem().replace("\n", "\\n")

    assert put.head.split("\r\n")[0] == f"PUT /api/v1/spaces/nodes/{GUID} HTTP/1.1"
    assert put.headers["content-type"] == "application/x-www-form-urlencoded"
    assert put.headers["host"] == f"127.0.0.1:{cloud.port}"
    assert put.headers["accept"] == "*/*"
    assert put.body.decode() == (
        f'{{    "node": {{        "id": "{GUID}",        "hostname": "web-1"    }},'
        f'    "token": "T",    "rooms" : [ "r1", "r2" ],    "publicKey" : "{key}",'
        f'    "mGUID" : "{GUID}"}}'
    )
    assert parse_claim(put.body, GUID).rooms == ("r1", "r2")


async def test_without_rooms_the_list_is_empty_as_the_script_writes_it(world, cloud):
    await world.run("-token=T", f"-url={cloud.url}", "-noreload")

    assert b'"rooms" : [  ],' in cloud.claims[0].body
    assert parse_claim(cloud.claims[0].body, GUID).rooms == ()


@pytest.mark.parametrize("refusal", [r for r in Refusal if r is not Refusal.MALFORMED])
async def test_each_refusal_of_a_hub_is_a_code_with_words_and_remedy(world, cloud, refusal):
    cloud.answers = [(refusal.status, format_refusal(refusal))]
    code = await world.run(f"-token={SECRET}", f"-url={cloud.url}", "-verbose")

    assert code == refusal.exit_code
    message = MESSAGE[ClaimExit(code)]
    assert f'Failed to claim node with the following error message:"{message}"' in world.said[-3:]
    assert SECRET not in world.text
    assert len(cloud.claims) == 1  # an answer is contact: it is not tried again
    if refusal is not Refusal.ALREADY_CLAIMED:
        assert world.said[-1] == f"What to do: {REMEDY[ClaimExit(code)]}"
        assert world.said[-2] == f'Error key was:"{refusal.key}"'
        assert "claimed_id" not in files(world)


@pytest.mark.parametrize(("status", "body"), [(200, b""), (422, b"{}"), (404, b"<html>")])
async def test_what_is_no_clouds_answer_is_code_7(world, cloud, status, body):
    cloud.answers = [(status, body)]

    assert await world.run("-token=T", f"-url={cloud.url}") == 7


async def test_a_running_agent_is_told_and_asked_in_the_originals_order(world, cloud):
    world.answers = {"read-config": Said(0, cloud.url)}
    code = await world.run("-token=T")

    assert code == 0
    assert world.said[-1] == "Node was successfully claimed."
    assert "Unable to communicate" not in world.text
    assert world.asked == [
        "read-config cloud|global|cloud base url",
        "write-config cloud|global|enabled|yes",
        f"write-config cloud|global|cloud base url|{cloud.url}",
        "reload-claiming-state",
    ]


@pytest.mark.parametrize(("words", "code"), [((), 5), (("-daemon-not-running",), 0)])
async def test_an_agent_that_cannot_be_told_is_code_5_unless_it_is_known_to_be_down(
    world, cloud, words, code
):
    world.answers = {"read-config": Said(0, ""), "reload-claiming-state": Said(1, "")}

    assert await world.run("-token=T", f"-url={cloud.url}", *words) == code
    assert "could not be notified (1)" in world.said[-1]
    assert world.place.cloud.read_claim_id() == GUID


async def test_without_a_reload_nobody_is_told(world, cloud):
    world.answers = {}

    assert await world.run("-token=T", f"-url={cloud.url}", "-noreload") == 0
    assert world.asked == ["read-config cloud|global|cloud base url"]


async def test_already_claimed_rewrites_the_address_drops_the_token_and_keeps_the_id(world, cloud):
    folder = world.place.cloud
    folder.put_in_force(GUID, {"cloud base url": "https://old"})
    folder.token.write_text("kept")
    world.answers = {}
    cloud.answers = [(409, b'{"errorMsgKey":"ErrAlreadyClaimed"}')]
    other = "11111111-1111-4111-8111-111111111111"

    assert await world.run(f"-url={cloud.url}", f"-id={other}") == 13
    assert folder.read_claim_id() == GUID
    assert folder.read_conf() == {"enabled": "yes", "cloud base url": cloud.url}
    assert not folder.token.exists()
    assert world.said[-3:][0] == "The agent cloud base url is set to the url provided."
    assert "use -id=$(uuidgen)" in world.said[-2]
    assert world.asked[-1] == "reload-claiming-state"


async def test_token_rooms_and_address_are_read_from_the_folder(world, cloud):
    folder = world.place.cloud
    folder.token.write_text("T2\n")
    folder.rooms.write_text("a,b\n")
    folder.conf.write_text(f"[global]\n cloud base url = {cloud.url}\n")

    assert await world.run() == 0
    assert cloud.claims[0].json()["token"] == "T2"
    assert cloud.claims[0].json()["rooms"] == ["a", "b"]


async def test_an_id_of_ones_own_is_lower_cased_and_the_machine_stays_the_same(world, cloud):
    mine = "0F6E1C52-9B1D-4F35-A7A3-53F0D7C0A911"
    await world.run("-token=T", f"-url={cloud.url}", f"-id={mine}", "-hostname=db")
    sent = cloud.claims[0].json()

    assert sent["node"] == {"id": mine.lower(), "hostname": "db"}
    assert sent["mGUID"] == GUID
    assert world.place.cloud.read_claim_id() == mine.lower()


async def test_a_name_with_a_quote_is_json_and_one_with_a_line_break_is_code_9(world, cloud):
    assert await world.run("-token=T", f"-url={cloud.url}", '-hostname=a"b') == 0
    assert cloud.claims[0].json()["node"]["hostname"] == 'a"b'
    for name in ('a"b\n', "", "x" * 300):
        assert await world.run("-token=T", f"-url={cloud.url}", f"-hostname={name}") == 9
    assert len(cloud.claims) == 1


async def test_a_closed_port_is_code_4_after_three_tries(world, cloud):
    code = await world.run("-token=T", "-url=https://127.0.0.1:9")

    assert (code, world.waits) == (4, [1.0, 2.0])
    assert world.shown[-1] == "Connection attempt 3 failed. Retry in 3s."
    assert REMEDY[ClaimExit.NO_CONNECTION] in world.said[-1]


async def test_a_certificate_that_nobody_trusts_is_code_4_and_nothing_was_sent(world, cloud):
    world.place.cloud.chain.unlink()

    assert await world.run("-token=T", f"-url={cloud.url}") == 4
    assert cloud.claims == []
    assert await world.run("-token=T", f"-url={cloud.url}", "-insecure") == 0
    assert world.place.cloud.read_conf()["insecure"] == "yes"


async def test_who_said_insecure_tells_the_hub_and_nobody_else_does(world, cloud):
    cloud.answers = [(403, b'{"errorMsgKey":"ErrForbidden"}')] * 2
    assert await world.run("-token=T", f"-url={cloud.url}") == 12
    assert UNCHECKED_REMEDY not in world.said
    assert await world.run("-token=T", f"-url={cloud.url}", "-insecure") == 12

    told = [UNCHECKED in put.head for put in cloud.claims]
    assert told == [False, True]
    assert world.said[-1] == UNCHECKED_REMEDY


async def test_trusted_pem_comes_before_the_chain(world, cloud):
    world.place.cloud.chain.write_text("garbage")
    world.place.cloud.trusted.write_text(cloud.trust)

    assert await world.run("-token=T", f"-url={cloud.url}") == 0


@pytest.mark.parametrize("url", ["http://hub:1", "hub:1", "https://u:p@hub", "https://", "ftp://h"])
async def test_an_address_that_would_show_the_token_or_is_none_is_code_4(world, url):
    assert await world.run("-token=T", f"-url={url}") == 4
    assert "u:p" not in "\n".join(line for line in world.said if not line.startswith("Base"))


async def test_without_an_address_nothing_is_sent_anywhere(world):
    assert await world.run("-token=T") == 4
    assert "no address" in world.text


async def test_an_unknown_argument_is_code_1_and_says_which(world):
    assert await world.run("-foo=bar") == 1
    assert "Unknown argument -foo" in world.said


async def test_another_user_is_code_6_with_the_right_ones_name(world, cloud, monkeypatch):
    monkeypatch.setattr(scripts.os, "geteuid", lambda: 65_534)

    assert await world.run("-token=T", f"-url={cloud.url}", "-user=netdata") == 6
    assert "This script must be run by the netdata user account" in world.said
    assert cloud.claims == []


@pytest.mark.parametrize("environment", [{"NETDATA_DISABLE_CLOUD": "1"}])
async def test_a_disabled_cloud_is_code_3_with_the_reason(world, environment):
    world.place.environment.update(environment)

    assert await world.run("-token=T") == 3
    assert "NETDATA_DISABLE_CLOUD=1" in world.said[0]


async def test_an_id_that_cannot_be_made_is_code_18(world):
    world.place.cloud.guid.unlink()
    world.place.cloud.guid.parent.rmdir()
    world.place.cloud.guid.parent.write_text("a file")

    assert await world.run("-token=T") == 18


async def test_verbose_shows_request_and_answer_and_no_secret(world, cloud):
    cloud.answers = [(403, b'{"errorMsgKey":"ErrForbidden"}')]
    await world.run(f"-token={SECRET}", f"-url={cloud.url}", "-verbose")
    shown = "\n".join(world.shown)

    assert "Request to server:" in shown
    assert '"token": "****************"' in shown
    assert 'Response from server:\nHTTP/1.1 403\n\n{"errorMsgKey":"ErrForbidden"}' in shown
    assert SECRET not in world.text


async def test_scratch_is_gone_however_it_ends(world, cloud):
    folder = world.place.cloud
    for words in (("-foo",), ("-token=T", f"-url={cloud.url}")):
        folder.request.write_text("left by another program")
        folder.answer.write_text("too")
        await world.run(*words)

        assert not folder.request.exists() and not folder.answer.exists()


async def test_an_agent_of_musters_own_claim_is_left_alone(world, cloud, hub):
    identity = world.place.data / "identity"
    identity.symlink_to("identities/none")

    assert await world.run("-token=T", f"-url={cloud.url}") == 13
    assert "muster agent unclaim frees it" in world.text
    assert cloud.claims == []
    write_adopted(world.place.data, Adopted(claim_id="x", url="u", ending=Ending.ADOPTED, node="n"))
    assert await world.run("-token=T", f"-url={cloud.url}") == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_root_gives_all_to_the_agents_user(world, cloud):
    assert await world.run("-token=T", f"-url={cloud.url}", "-user=nobody") == 0
    owners = {path.owner() for path in (world.place.cloud.folder, world.place.cloud.claimed_id)}

    assert owners == {"nobody"}
    assert await world.run("-token=T", f"-url={cloud.url}", "-user=no-such-user") == 2

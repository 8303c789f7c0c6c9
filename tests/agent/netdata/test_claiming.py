"""The claim of 2.x: its bytes, its five tries, what it leaves."""

import msgspec
import pytest
from relay import Relay

from muster.agent.memberships.ownsettings import FILE
from muster.agent.netdata.claiming import PAUSES_S, claim_wanted
from muster.agent.netdata.outcome import ClaimExit
from muster.agent.netdata.sources import Wanted
from muster.log import Secret
from muster.testing.rsakeys import public_pem
from muster.wire.netdata.claim import Refusal, format_refusal


def wanted(cloud, **more):
    return Wanted(url=cloud.url, token=Secret("T"), rooms=("a", "b"), source="a test", **more)


async def claim(place, wish):
    waits = []

    async def wait(seconds):
        waits.append(seconds)

    return await claim_wanted(wish, place, wait=wait), waits


async def test_the_request_is_that_of_2x_byte_by_byte(place, cloud):
    outcome, _ = await claim(place, wanted(cloud))
    (put,) = cloud.claims
    guid = place.cloud.guid.read_text()
    key = public_pem().replace("\n", "\\n")

    assert put.head.split("\r\n")[0] == f"PUT /api/v1/spaces/nodes/{outcome.claim_id} HTTP/1.1"
    assert put.headers["content-type"] == "application/json"
    assert put.body.decode() == (
        f'{{"node":{{"id":"{outcome.claim_id}","hostname":"web-1"}},"token":"T",'
        f'"rooms":["a","b"],"publicKey":"{key}","mGUID":"{guid}"}}'
    )
    assert outcome.claim_id != guid


async def test_it_leaves_cloud_conf_in_the_words_of_both_versions_and_no_token(place, cloud):
    place.cloud.token.write_text("T")
    place.cloud.rooms.write_text("a,b")
    outcome, _ = await claim(place, wanted(cloud, once=True, proxy="none"))

    assert outcome.exit_code == 0
    assert place.cloud.claimed_id.read_text() == outcome.claim_id
    assert place.cloud.read_conf() == {
        "enabled": "yes",
        "cloud base url": cloud.url,
        "url": cloud.url,
        "proxy": "none",
        "rooms": "a,b",
        "insecure": "no",
        "machine_guid": place.cloud.guid.read_text(),
        "claimed_id": outcome.claim_id,
        "hostname": "web-1",
    }
    assert not place.cloud.token.exists()
    assert not place.cloud.rooms.exists()


@pytest.mark.parametrize("status", [500, 503, 504, 502, 200, 404])
async def test_what_may_pass_is_tried_five_times_each_with_another_id(place, cloud, status):
    cloud.answers = [(status, b"")] * 5
    outcome, waits = await claim(place, wanted(cloud))
    sent = [put.json() for put in cloud.claims]

    assert outcome.exit_code in (7, 15, 16, 17)
    assert waits == list(PAUSES_S) == [0.3, 0.4, 0.5, 0.6]
    assert len({body["node"]["id"] for body in sent}) == len(sent) == 5
    assert len({body["mGUID"] for body in sent}) == 1
    assert not place.cloud.claimed_id.exists()


async def test_a_later_try_may_succeed_under_its_own_id(place, cloud):
    cloud.answers = [(503, b""), (500, b"")]
    outcome, waits = await claim(place, wanted(cloud))

    assert (outcome.exit_code, len(waits)) == (0, 2)
    assert cloud.claims[2].json()["node"]["id"] == outcome.claim_id


@pytest.mark.parametrize(
    "refusal",
    [r for r in Refusal if r.status in (102, 403, 409, 422) and r is not Refusal.MALFORMED],
)
async def test_what_asks_for_a_person_is_sent_once(place, cloud, refusal):
    cloud.answers = [(refusal.status, format_refusal(refusal))]
    outcome, waits = await claim(place, wanted(cloud))

    assert (outcome.exit_code, waits) == (refusal.exit_code, [])
    assert cloud.url in outcome.text


async def test_no_contact_is_code_4_after_five_tries(place, cloud):
    outcome, waits = await claim(place, Wanted(url="https://127.0.0.1:9", token=Secret("T")))

    assert (outcome.exit_code, len(waits)) == (ClaimExit.NO_CONNECTION, 4)


async def test_a_folder_that_refuses_is_an_outcome_too(place, cloud):
    place.cloud.private.write_text("garbage")
    outcome, _ = await claim(place, wanted(cloud))

    assert outcome.exit_code == ClaimExit.FOLDER


async def test_the_proxy_is_kept_for_the_link_and_its_password_not_in_cloud_conf(place, cloud):
    async with Relay() as relay:
        url = f"http://ada:s3cret@127.0.0.1:{relay.port}"
        outcome, _ = await claim(place, wanted(cloud, proxy=url))

    assert outcome.exit_code == 0
    assert url in (place.data / FILE).read_text()
    assert (place.data / FILE).stat().st_mode & 0o077 == 0
    assert "s3cret" not in place.cloud.conf.read_text()


def test_an_outcome_travels_as_json():
    from muster.agent.netdata.outcome import Outcome

    outcome = Outcome(exit_code=ClaimExit.FORBIDDEN, text="no")
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome) == outcome

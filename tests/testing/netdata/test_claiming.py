import pytest

from muster.log import Secret
from muster.testing.netdata.claiming import SCRIPT_TRIES, Claiming, Wish
from muster.testing.netdata.dial import Dialer
from muster.testing.netdata.quirks import QUICK, V1_45, V2_10
from muster.testing.netdata.violation import Violation
from muster.wire.netdata.claim import Refusal, format_refusal

GUID = "7b7f2c1e-1111-11ef-8000-0242ac110002"


class Desk:
    def __init__(self, quirks):
        self.slept = []

        async def sleep(seconds):
            self.slept.append(seconds)

        self.claiming = Claiming(Dialer(None), quirks, QUICK, sleep)

    async def claim(self, url, **more):
        wish = Wish(url=url, token=Secret("t"), rooms=("one", "two"), **more)
        return await self.claiming.claim(wish, GUID, "web", "-----BEGIN PUBLIC KEY-----\n")


async def test_the_script_claims_by_its_machine_guid_and_as_a_form(cloud):
    claimed = await Desk(V1_45).claim(cloud.url + "/")

    assert (claimed.claim_id, claimed.exit_code, claimed.tries) == (GUID, 0, 1)
    ((method, path, headers),) = cloud.requests
    assert (method, path) == ("PUT", f"/api/v1/spaces/nodes/{GUID}")
    assert headers["content-type"].strip() == "application/x-www-form-urlencoded"
    assert cloud.puts[0].rooms == ("one", "two")


async def test_the_script_takes_an_id_and_a_name(cloud):
    other = GUID.replace("7b7f", "7b7e")
    claimed = await Desk(V1_45).claim(cloud.url, claim_id=other, hostname="db")

    assert (claimed.claim_id, cloud.puts[0].hostname, cloud.puts[0].machine_guid) == (
        other,
        "db",
        GUID,
    )


async def test_the_daemon_claims_by_a_new_id_each_time(cloud):
    desk = Desk(V2_10)
    first, second = await desk.claim(cloud.url), await desk.claim(cloud.url)

    assert len({first.claim_id, second.claim_id, GUID}) == 3
    assert {put.machine_guid for put in cloud.puts} == {GUID}


async def test_the_daemon_tries_five_times_with_five_ids(cloud):
    refused = (503, format_refusal(Refusal.UNAVAILABLE))
    cloud.answers["/nodes/"] = [refused] * 5
    desk = Desk(V2_10)
    claimed = await desk.claim(cloud.url)

    assert (claimed.tries, claimed.status) == (5, 503)
    assert len({path for _, path, _ in cloud.requests}) == 5
    assert desk.slept == [0.0, *QUICK.claim_pauses_s]


async def test_the_script_tries_again_only_when_nobody_is_there(cloud):
    cloud.answers["/nodes/"] = (503, format_refusal(Refusal.UNAVAILABLE))

    assert (await Desk(V1_45).claim(cloud.url)).tries == 1
    gone = await Desk(V1_45).claim("http://127.0.0.1:1")
    assert (gone.tries, gone.status, gone.exit_code) == (SCRIPT_TRIES, 0, 7)


@pytest.mark.parametrize("refusal", [each for each in Refusal if each is not Refusal.PROCESSING])
@pytest.mark.parametrize("quirks", [V1_45, V2_10])
async def test_each_refusal_ends_in_its_own_way(cloud, quirks, refusal):
    cloud.answers["/nodes/"] = (refusal.status, format_refusal(refusal, "why"))
    if refusal is Refusal.MALFORMED:
        with pytest.raises(Violation, match="no errorMsgKey"):
            await Desk(quirks).claim(cloud.url)
        return
    claimed = await Desk(quirks).claim(cloud.url)

    assert claimed.exit_code == refusal.exit_code
    assert not claimed.is_good
    assert claimed.reason


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, b'{"errorMsgKey": "ErrForbidden"}'), "no errorMsgKey"),
        ((422, b'{\n"errorMsgKey":"ErrInvalidRoomID"}'), "several lines"),
        ((204, b"{}"), "204 with a body"),
    ],
)
async def test_an_error_that_the_script_cannot_find_is_a_violation(cloud, answer, said):
    cloud.answers["/nodes/"] = answer

    with pytest.raises(Violation, match=said):
        await Desk(V1_45).claim(cloud.url)

"""A claim becomes a link of our own: proved with the claimed key, and of the right node."""

import msgspec
import pytest

from muster.agent.joining.credential import UnfitCertificate
from muster.agent.joining.identity import is_claimed, load_identity
from muster.agent.netdata.adopt import adopt
from muster.agent.netdata.adopted import Ending, read_adopted
from muster.agent.netdata.nativeclaim import native_node
from muster.clock import SystemClock
from muster.pki import keys
from muster.testing.rsakeys import public_pem

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
OTHER = "0de00000-0000-4000-8000-0000000000bb"


@pytest.fixture
def claimed(place, cloud):
    place.cloud.put_in_force(ID, {"cloud base url": cloud.url, "hostname": "web-1"})
    cloud.keys[ID] = public_pem()
    return place


def run(place):
    return adopt(place, SystemClock())


async def test_the_hub_gives_a_certificate_to_who_proves_the_claimed_key(claimed, cloud, hub):
    ended = await run(claimed)
    identity = load_identity(claimed.data)

    assert (ended.ending, ended.node, ended.claim_id) == (Ending.ADOPTED, cloud.node, ID)
    assert read_adopted(claimed.data) == ended
    assert identity.node.node == cloud.node
    assert identity.node.name == "web-1"
    assert identity.node.agents == f"127.0.0.1:{hub.agents_port}"
    assert not (claimed.data / "adoption.pending").exists()
    assert native_node(claimed.data) == ""  # it came by a claim in Netdata's words


async def test_the_same_wish_is_repeated_when_no_answer_came(claimed, cloud):
    cloud.adoptions = [(503, b"")]
    assert (await run(claimed)).ending is Ending.LATER
    await run(claimed)
    first, second = (put.json()["request"] for put in cloud.wishes)

    assert keys.key_sha256(keys.check_request(first)) == keys.key_sha256(keys.check_request(second))


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        ((404, b"<html>"), Ending.FOREIGN),
        ((405, b""), Ending.FOREIGN),
        ((200, b"<html>"), Ending.FOREIGN),
        ((404, b'{"error":{"code":"not_found","text":"no such claim"}}'), Ending.REFUSED),
        ((403, b""), Ending.REFUSED),
        ((410, b""), Ending.REFUSED),
        ((429, b""), Ending.LATER),
        ((500, b""), Ending.LATER),
        ((202, b"{}"), Ending.LATER),
    ],
)
async def test_other_answers_end_without_a_link(claimed, cloud, answer, ending):
    cloud.adoptions = [answer]
    ended = await run(claimed)

    assert ended.ending is ending
    assert ended.text
    assert not is_claimed(claimed.data)


async def test_a_hub_that_is_away_is_asked_later(claimed):
    conf = claimed.cloud.read_conf() | {"cloud base url": "https://127.0.0.1:9"}
    claimed.cloud.write_conf(conf)

    assert (await run(claimed)).ending is Ending.LATER


async def test_another_node_replaces_the_one_before_and_its_spool_goes(claimed, cloud):
    await run(claimed)
    (claimed.data / "spool").mkdir()
    cloud.node = OTHER
    await run(claimed)

    assert load_identity(claimed.data).node.node == OTHER
    assert not (claimed.data / "spool").exists()


async def test_the_same_node_again_keeps_its_spool(claimed, cloud):
    await run(claimed)
    (claimed.data / "spool").mkdir()
    await run(claimed)

    assert (claimed.data / "spool").exists()


async def test_while_a_new_claim_waits_the_old_identity_stays_marked(claimed, cloud):
    await run(claimed)
    cloud.adoptions = [(503, b"")]
    claimed.cloud.put_in_force(ID.replace("0f6e", "1111"), claimed.cloud.read_conf())
    ended = await run(claimed)

    assert (ended.ending, ended.node) == (Ending.LATER, cloud.node)
    assert native_node(claimed.data) == ""


async def test_a_certificate_for_another_key_changes_nothing(claimed, cloud, hub):
    given = hub.certify(keys.make_request(keys.make_key()), cloud.node)
    cloud.adoptions = [(200, msgspec.json.encode(given))]
    with pytest.raises(UnfitCertificate):
        await run(claimed)

    assert not is_claimed(claimed.data)

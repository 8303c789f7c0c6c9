import json

import pytest

from muster.log import Secret
from muster.testing.netdata.claiming import Claiming, Wish
from muster.testing.netdata.dial import Dialer, Place
from muster.testing.netdata.entrance import Entrance, NotAdmitted, parse_env, use_topics
from muster.testing.netdata.installation import install
from muster.testing.netdata.quirks import QUICK, V1_45, V2_10
from muster.testing.netdata.violation import Violation
from muster.testing.rsakeys import rsa_key
from muster.wire.netdata.topics import offered_topics

ENV = {
    "authEndpoint": "https://hub/auth",
    "encoding": "proto",
    "transports": [{"type": "MQTTv5", "endpoint": "wss://hub/mqtt"}],
    "backoff": {"base": 2, "maxSeconds": 500, "minSeconds": 0},
    "capabilities": ["proto", "ctx"],
}


async def claimed(cloud, quirks):
    """The way in of a claim that the stand-in knows."""

    async def no_sleep(seconds):
        pass

    disk = install("web", now_s=1_800_000_000)
    claiming = Claiming(Dialer(None), quirks, QUICK, no_sleep)
    wish = Wish(url=cloud.url, token=Secret("t"))
    done = await claiming.claim(wish, disk.machine.own.machine_guid, "web", disk.public_pem)
    return done.claim_id, Entrance(Dialer(None), quirks, done.claim_id, disk.key, 5)


async def enter(cloud, quirks=V2_10):
    _, entrance = await claimed(cloud, quirks)
    return await entrance.enter(await entrance.discover(Place.parse(cloud.url)))


@pytest.mark.parametrize("quirks", [V2_10, V1_45])
async def test_credentials_and_topics_of_its_own_are_what_comes_out(cloud, quirks):
    claim_id, entrance = await claimed(cloud, quirks)
    admission = await entrance.enter(await entrance.discover(Place.parse(cloud.url)))

    assert admission.who.client_id == claim_id
    assert admission.place == Place("127.0.0.1", cloud.port, "/ignored")
    assert dict(admission.topics)["inbox-cmd"] == f"/agent/{claim_id}/inbox/cmd"
    assert [path.rpartition("/")[2].partition("?")[0] for _, path, _ in cloud.requests[1:]] == [
        "env",
        "challenge",
        "password",
    ]


@pytest.mark.parametrize("key", [*ENV, "base", "maxSeconds", "minSeconds"])
def test_env_without_one_of_its_keys_is_a_violation(key):
    document = {**ENV, "backoff": dict(ENV["backoff"])}
    document.pop(key, None)
    document.get("backoff", {}).pop(key, None)

    with pytest.raises(Violation, match=key):
        parse_env(json.dumps(document).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b'{"encoding":"json"}'])
def test_env_that_is_none_is_a_violation(body):
    with pytest.raises(Violation, match=r"^section 4\.1"):
        parse_env(body)


def test_a_key_that_comes_twice_is_a_violation():
    body = json.dumps(ENV).encode().replace(b'"base": 2', b'"base": 2, "base": 2')

    with pytest.raises(Violation, match="came twice"):
        parse_env(body)


def test_topics_are_used_by_the_agent_of_each_dialect():
    for old in (False, True):
        assert len(use_topics(offered_topics(), "c", old=old)) == len(offered_topics())


@pytest.mark.parametrize(
    ("name", "text", "old"),
    [
        ("agent-connection", "/agent/x/outbox", False),
        ("alarm-log-v2", "", False),
        ("alarm-health", "", True),
        ("inbox-cmd", "/agent/#{claim_id}/inbox/other", False),
        ("inbox-cmd-v1", "/agent/#{claim_id}/inbox/v1", False),
    ],
)
def test_a_topic_the_agent_cannot_use_is_a_violation(name, text, old):
    topics = [(each, text if each == name else known) for each, known in offered_topics()]

    with pytest.raises(Violation, match=name):
        use_topics(topics, "c", old=old)


@pytest.mark.parametrize("path", ["/env", "/challenge", "/password"])
async def test_a_wish_of_the_error_object_is_handed_on(cloud, path):
    body = {"errorCode": "A", "errorMsgKey": "ErrBusy", "errorMessage": "m"}
    cloud.answers[path] = (429, json.dumps(body | {"errorRetryDelaySeconds": 30}).encode())

    with pytest.raises(NotAdmitted, match="429 ErrBusy") as raised:
        await enter(cloud)

    assert (raised.value.retry_s, raised.value.banned) == (30, False)


async def test_an_error_object_that_is_not_whole_is_not_honoured(cloud):
    cloud.answers["/env"] = (403, b'{"errorCode":"A","errorNonRetryable":true}')

    with pytest.raises(NotAdmitted) as raised:
        await enter(cloud)

    assert (raised.value.retry_s, raised.value.banned) == (None, False)


async def test_a_challenge_for_another_key_is_a_violation(cloud):
    claim_id, _ = await claimed(cloud, V2_10)
    other = Entrance(Dialer(None), V2_10, claim_id, rsa_key(1), 5)
    env = await other.discover(Place.parse(cloud.url))

    with pytest.raises(Violation, match="not for the claimed key"):
        await other.enter(env)


async def test_a_password_by_200_is_not_taken(cloud):
    cloud.answers["/password"] = (200, b"{}")

    with pytest.raises(NotAdmitted, match="201"):
        await enter(cloud)

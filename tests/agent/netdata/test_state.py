"""One state, told as text, JSON and booleans."""

import msgspec
import pytest

from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.agent.netdata.state import (
    CloudState,
    CloudStatus,
    LinkWatch,
    cloud_as_json,
    format_state,
    four_booleans,
    state_as_json,
)
from muster.clock import SECOND_NS

T0 = 1_800_000_000 * SECOND_NS
ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"


def link(state, **more):
    return LinkStatus(state=state, since_ns=T0, **more)


ONLINE = CloudState(
    claim_id=ID,
    url="https://hub:1",
    proxy="http://u:***@p:1",
    machine_guid="7b7f2c1e-1111-11ef-8000-0242ac110002",
    hostname="web-1",
    node="0de00000-0000-4000-8000-0000000000aa",
    link=link(LinkState.OPEN, ack_ms=1.5),
    connects=2,
    connected_ns=T0,
    disconnected_ns=T0 - 5 * SECOND_NS,
    received=7,
    pending=1,
)
OFFLINE = CloudState(
    claim_id=ID,
    url="https://hub:1",
    link=link(LinkState.WAITING, cause="connection refused", retry_s=2.5),
)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (CloudState(), CloudStatus.AVAILABLE),
        (CloudState(enabled=False, claim_id=ID), CloudStatus.DISABLED),
        (CloudState(claim_id=ID), CloudStatus.OFFLINE),
        (OFFLINE, CloudStatus.OFFLINE),
        (ONLINE, CloudStatus.ONLINE),
        (CloudState(claim_id=ID, link=link(LinkState.PAUSED)), CloudStatus.ONLINE),
        (CloudState(claim_id=ID, refused=True), CloudStatus.BANNED),
        (
            CloudState(claim_id=ID, link=link(LinkState.REFUSED, code="node_revoked")),
            CloudStatus.BANNED,
        ),
    ],
)
def test_what_is_known_is_one_of_netdatas_states(state, status):
    assert state.status is status


def test_online_is_told_line_by_line():
    assert format_state(ONLINE) == (
        "ACLK Available: Yes\n"
        "ACLK Version: 2\n"
        "ACLK Implementation: Next Generation\n"
        "New Cloud Protocol Support: Yes\n"
        "Protocols Supported: Muster\n"
        "Protocol Used: Muster\n"
        "MQTT Version: none\n"
        "Claimed: Yes\n"
        f"Claimed Id: {ID}\n"
        "Cloud URL: https://hub:1\n"
        "ACLK Proxy: http://u:***@p:1\n"
        "Publish Latency: 1.500 ms\n"
        "Online: Yes\n"
        "Used Cloud Protocol: New\n"
        "Reconnect count: 1\n"
        "Banned By Cloud: No\n"
        "Last Connection Time: 2027-01-15 08:00:00\n"
        "Last Connection Time + 3 PUBACKs received: 2027-01-15 08:00:00\n"
        "Last Disconnect Time: 2027-01-15 07:59:55\n"
        "Received Cloud MQTT Messages: 2\n"
        "MQTT Messages Confirmed by Remote Broker (PUBACKs): 7\n"
        "Pending PUBACKS: 1\n"
        "\n"
        '> Node Instance for mGUID: "7b7f2c1e-1111-11ef-8000-0242ac110002" hostname "web-1"\n'
        f"\tClaimed ID: {ID}\n"
        "\tNode ID: 0de00000-0000-4000-8000-0000000000aa\n"
        "\tStreaming Hops: 0\n"
        "\tRelationship: self\n"
        "\tAlert Streaming Status: not enabled\n"
    )


def test_offline_says_why_and_when_it_tries_again():
    text = format_state(OFFLINE)

    assert "Online: No\n" in text
    assert "Next Connection Attempt At: 2027-01-15 08:00:02\nLast Backoff: 2.500\n" in text
    assert text.endswith("Reason: connection refused\n")
    assert "Node Instance" not in text


def test_unclaimed_is_told_as_the_original_tells_it():
    text = format_state(CloudState())

    assert "Claimed: No\nClaimed Id: null\n" in text


def test_json_has_every_key_of_the_original():
    told = state_as_json(ONLINE)

    assert list(told)[:20] == [
        "aclk-available",
        "aclk-version",
        "protocols-supported",
        "agent-claimed",
        "claimed-id",
        "cloud-url",
        "aclk_proxy",
        "publish_latency_us",
        "online",
        "used-cloud-protocol",
        "mqtt-version",
        "received-app-layer-msgs",
        "received-mqtt-pubacks",
        "pending-mqtt-pubacks",
        "reconnect-count",
        "last-connect-time-utc",
        "last-connect-time-puback-utc",
        "last-disconnect-time-utc",
        "next-connection-attempt-utc",
        "last-backoff-value",
    ]
    assert (told["online"], told["publish_latency_us"]) == (True, 1500)
    assert told["node-instances"][0]["relationship"] == "self"
    offline = state_as_json(OFFLINE)
    assert (offline["last-backoff-value"], offline["reason"]) == (2.5, "connection refused")
    assert state_as_json(CloudState())["node-instances"] == []


@pytest.mark.parametrize(
    ("state", "four"),
    [
        (ONLINE, (True, True, True, True)),
        (OFFLINE, (True, True, True, False)),
        (CloudState(), (True, True, False, False)),
        (CloudState(enabled=False, claim_id=ID), (False, True, True, False)),
    ],
)
def test_four_booleans_say_where_to_look(state, four):
    assert tuple(four_booleans(state).values()) == four


def test_the_cloud_object_says_since_when_and_when_next():
    online = cloud_as_json(ONLINE, T0 + 60 * SECOND_NS)
    offline = cloud_as_json(OFFLINE, T0)

    assert online == {
        "id": 2,
        "status": "online",
        "since": T0 // SECOND_NS,
        "age": 60,
        "claim_id": ID,
        "url": "https://hub:1",
    }
    assert offline["reason"] == "connection refused"
    assert (offline["next_check"], offline["next_in"]) == (T0 // SECOND_NS + 2, 2)


def test_a_watch_counts_links_as_they_come_and_go():
    watch = LinkWatch()
    for now, state in enumerate(("connecting", "open", "open", "waiting", "open")):
        watch.look(link(LinkState(state)), now)
    watch.look(None, 9)

    assert (watch.connects, watch.connected_ns, watch.disconnected_ns) == (2, 4, 9)


def test_the_state_of_a_link_that_is_gone_says_the_claims_own_reason():
    state = msgspec.structs.replace(OFFLINE, link=None, reason="the hub gives no link yet")

    assert format_state(state).endswith("Reason: the hub gives no link yet\n")

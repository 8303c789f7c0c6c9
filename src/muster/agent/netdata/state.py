"""What the agent says of its cloud: one state, told as text, as JSON and as four booleans.

The link is Muster's own, not MQTT: where Netdata's words have no room for that, they say so.
The same lines stand for a claim with a token of Muster's own: its id is then that of the node.

Source: netdata-claim-aclk specification 9; seed 001 (lines of 1.3x)
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from muster.agent.linking.linkstatus import LinkState, LinkStatus
from muster.clock import SECOND_NS

PROTOCOL = "Muster"
_BANNED = frozenset(("node_revoked", "node_unknown"))


class CloudStatus(StrEnum):
    """In Netdata's words."""

    AVAILABLE = "available"  # not claimed
    DISABLED = "disabled"
    OFFLINE = "offline"
    ONLINE = "online"
    BANNED = "banned"


class CloudState(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known at one moment. Times in ns UTC, 0 for never."""

    enabled: bool = True
    claim_id: str = ""
    url: str = ""
    proxy: str = ""  # without its password
    machine_guid: str = ""
    hostname: str = ""
    node: str = ""  # "" while there is none
    link: LinkStatus | None = None
    refused: bool = False  # the hub has done with this claim
    reason: str = ""  # why there is no link, or no claim
    connects: int = 0
    connected_ns: int = 0
    disconnected_ns: int = 0
    received: int = 0  # batches that the hub has acknowledged
    pending: int = 0  # that it has not yet

    @property
    def status(self) -> CloudStatus:
        if not self.enabled:
            return CloudStatus.DISABLED
        if not self.claim_id:
            return CloudStatus.AVAILABLE
        if self.link is not None and self.link.state in (LinkState.OPEN, LinkState.PAUSED):
            return CloudStatus.ONLINE
        code = self.link.code if self.link else ""
        return CloudStatus.BANNED if self.refused or code in _BANNED else CloudStatus.OFFLINE

    @property
    def can_be_claimed(self) -> bool:
        return self.status in (
            CloudStatus.AVAILABLE,
            CloudStatus.DISABLED,
            CloudStatus.OFFLINE,
        )


class LinkWatch:
    """Counts links as they come and go; looked at once a second."""

    def __init__(self) -> None:
        self.connects = 0
        self.connected_ns = 0
        self.disconnected_ns = 0
        self._online = False

    def look(self, link: LinkStatus | None, now_ns: int) -> None:
        online = link is not None and link.state in (LinkState.OPEN, LinkState.PAUSED)
        if online and not self._online:
            self.connects += 1
            self.connected_ns = now_ns
        elif self._online and not online:
            self.disconnected_ns = now_ns
        self._online = online


def four_booleans(state: CloudState) -> dict[str, bool]:
    """The keys of /api/v1/info by which people find what is wrong."""
    return {
        "cloud-enabled": state.enabled,
        "cloud-available": True,
        "agent-claimed": bool(state.claim_id),
        "aclk-available": state.status is CloudStatus.ONLINE,
    }


def format_state(state: CloudState) -> str:
    """`aclk-state` as text: lines of 2.x in their order, those of 1.3x among them."""
    online = state.status is CloudStatus.ONLINE
    lines = [
        "ACLK Available: Yes",
        "ACLK Version: 2",
        "ACLK Implementation: Next Generation",
        "New Cloud Protocol Support: Yes",
        f"Protocols Supported: {PROTOCOL}",
        f"Protocol Used: {PROTOCOL}",
        "MQTT Version: none",
        f"Claimed: {_yes(bool(state.claim_id))}",
        f"Claimed Id: {state.claim_id or 'null'}",
        f"Cloud URL: {state.url or 'null'}",
        f"ACLK Proxy: {state.proxy or 'none'}",
        f"Publish Latency: {_latency(state)}",
        f"Online: {_yes(online)}",
        "Used Cloud Protocol: New",
        f"Reconnect count: {max(0, state.connects - 1)}",
        f"Banned By Cloud: {_yes(state.status is CloudStatus.BANNED)}",
        *_times(state),
    ]
    if not online:
        lines += _offline(state)
        return "".join(f"{line}\n" for line in lines)
    lines += [
        f"Received Cloud MQTT Messages: {state.connects}",
        f"MQTT Messages Confirmed by Remote Broker (PUBACKs): {state.received}",
        f"Pending PUBACKS: {state.pending}",
        "",
        f'> Node Instance for mGUID: "{state.machine_guid}" hostname "{state.hostname}"',
        f"\tClaimed ID: {state.claim_id}",
        f"\tNode ID: {state.node or 'null'}",
        "\tStreaming Hops: 0",
        "\tRelationship: self",
        "\tAlert Streaming Status: not enabled",
    ]
    return "".join(f"{line}\n" for line in lines)


def _offline(state: CloudState) -> list[str]:
    wait_s = state.link.retry_s if state.link else 0.0
    lines = []
    if state.link is not None and wait_s:
        at_ns = state.link.since_ns + round(wait_s * SECOND_NS)
        lines = [f"Next Connection Attempt At: {_moment(at_ns)}", f"Last Backoff: {wait_s:.3f}"]
    if reason := reason_of(state):
        lines.append(f"Reason: {reason}")
    return lines


def _times(state: CloudState) -> list[str]:
    lines = []
    if state.connected_ns:
        at = _moment(state.connected_ns)
        lines.append(f"Last Connection Time: {at}")
        if state.received >= 3:
            lines.append(f"Last Connection Time + 3 PUBACKs received: {at}")
    if state.disconnected_ns:
        lines.append(f"Last Disconnect Time: {_moment(state.disconnected_ns)}")
    return lines


def reason_of(state: CloudState) -> str:
    """Why it is not online; "" when it is, or nobody knows."""
    if state.status is CloudStatus.ONLINE:
        return ""
    return state.reason or (state.link.cause if state.link else "")


def state_as_json(state: CloudState) -> Mapping[str, Any]:
    """`aclk-state json`, and /api/v1/aclk. Times as text, or null."""
    online = state.status is CloudStatus.ONLINE
    wait_s = state.link.retry_s if state.link else 0.0
    next_ns = state.link.since_ns + round(wait_s * SECOND_NS) if state.link and wait_s else 0
    return {
        "aclk-available": True,
        "aclk-version": 2,
        "protocols-supported": [PROTOCOL],
        "agent-claimed": bool(state.claim_id),
        "claimed-id": state.claim_id or None,
        "cloud-url": state.url or None,
        "aclk_proxy": state.proxy or None,
        "publish_latency_us": round(state.link.ack_ms * 1000) if online and state.link else 0,
        "online": online,
        "used-cloud-protocol": PROTOCOL,
        "mqtt-version": 0,
        "received-app-layer-msgs": state.connects,
        "received-mqtt-pubacks": state.received,
        "pending-mqtt-pubacks": state.pending,
        "reconnect-count": max(0, state.connects - 1),
        "last-connect-time-utc": _moment(state.connected_ns),
        "last-connect-time-puback-utc": _moment(state.connected_ns) if state.received > 2 else None,
        "last-disconnect-time-utc": _moment(state.disconnected_ns),
        "next-connection-attempt-utc": None if online else _moment(next_ns),
        "last-backoff-value": None if online or not wait_s else round(wait_s, 3),
        "banned-by-cloud": state.status is CloudStatus.BANNED,
        "reason": reason_of(state) or None,
        "node-instances": _instances(state),
    }


def _instances(state: CloudState) -> list[dict[str, Any]]:
    if not state.claim_id:
        return []
    return [
        {
            "hostname": state.hostname,
            "mguid": state.machine_guid,
            "claimed_id": state.claim_id,
            "node-id": state.node or None,
            "streaming-hops": 0,
            "relationship": "self",
            "streaming-online": True,
            "alert-sync-status": None,
        }
    ]


def cloud_as_json(state: CloudState, now_ns: int) -> dict[str, Any]:
    """The object `cloud` of /api/v3/info and of the claim API."""
    status = state.status
    since_ns = state.connected_ns if status is CloudStatus.ONLINE else state.disconnected_ns
    told: dict[str, Any] = {"id": state.connects, "status": str(status)}
    if since_ns:
        told |= {"since": since_ns // SECOND_NS, "age": max(0, now_ns - since_ns) // SECOND_NS}
    if state.claim_id:
        told["claim_id"] = state.claim_id
    if state.url:
        told["url"] = state.url
    if reason := reason_of(state):
        told["reason"] = reason
    if status is CloudStatus.OFFLINE and state.link and state.link.retry_s:
        next_ns = state.link.since_ns + round(state.link.retry_s * SECOND_NS)
        told |= {
            "next_check": next_ns // SECOND_NS,
            "next_in": max(0, next_ns - now_ns) // SECOND_NS,
        }
    return told


def _latency(state: CloudState) -> str:
    return f"{state.link.ack_ms:.3f} ms" if state.link and state.link.ack_ms else "none"


def _yes(value: bool) -> str:
    return "Yes" if value else "No"


def _moment(time_ns: int) -> str | None:
    if not time_ns:
        return None
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).strftime("%Y-%m-%d %H:%M:%S")

"""A claim as the script of 1.x makes it by curl, and as the daemon of 2.x does by libcurl.

Source: specification 2
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from muster.log import Secret
from muster.testing.netdata.dial import Dialer, Place, Unreachable
from muster.testing.netdata.httpreply import Reply
from muster.testing.netdata.quirks import ClaimBy, Quirks, Waits
from muster.testing.netdata.violation import demand
from muster.wire.netdata.claim import (
    CLAIMED_STATUS,
    ClaimPut,
    Dialect,
    exit_code_of,
    format_claim,
    is_tried_again,
    refusal_of,
)

SCRIPT_TRIES = 3
_CLAIMS = "/api/v1/spaces/nodes/"
_REASONS = {
    102: "claim is in progress",
    403: "token expired, not found or invalid",
    409: "already claimed",
}
Sleep = Callable[[float], Awaitable[None]]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to claim, in the words of a command line or `claim.conf`."""

    url: str
    token: Secret
    rooms: Sequence[str] = ()
    claim_id: str = ""  # 1.x: -id=
    hostname: str = ""  # 1.x: -hostname=


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """How a claim ended. `exit_code` is the script's, `reason` what the daemon shows."""

    claim_id: str
    status: int  # of the last reply, 0 without any
    tries: int
    exit_code: int
    reason: str

    @property
    def is_good(self) -> bool:
        return self.status == CLAIMED_STATUS


class Claiming:
    """Claims one installation."""

    def __init__(self, dialer: Dialer, quirks: Quirks, waits: Waits, sleep: Sleep) -> None:
        self._dialer, self._quirks, self._waits, self._sleep = dialer, quirks, waits, sleep

    async def claim(self, wish: Wish, machine_guid: str, hostname: str, public_pem: str) -> Claimed:
        """Errors: Violation."""
        by_script = self._quirks.claim_by is ClaimBy.SCRIPT
        place = Place.parse(wish.url)
        claim_id, status, body, tries = "", 0, b"", 0
        for pause_s in self._pauses():
            await self._sleep(pause_s)
            claim_id = (wish.claim_id or machine_guid) if by_script else str(uuid.uuid4())
            put = ClaimPut(
                node_id=claim_id,
                hostname=wish.hostname or hostname,
                token=wish.token,
                rooms=tuple(wish.rooms),
                public_key=public_pem,
                machine_guid=machine_guid,
            )
            tries += 1
            try:
                reply = await self._dialer.ask(
                    place, self._request(place, put), self._waits.claim_s
                )
            except Unreachable:
                continue  # both try again when nobody was there
            status, body = reply.status, reply.body
            _check_reply(reply, place)
            if by_script or not is_tried_again(status):
                break
        return Claimed(
            claim_id=claim_id,
            status=status,
            tries=tries,
            exit_code=exit_code_of(status, body),
            reason=_reason(status, body),
        )

    def _pauses(self) -> tuple[float, ...]:
        if self._quirks.claim_by is ClaimBy.SCRIPT:
            return (0.0,) * SCRIPT_TRIES
        return (0.0, *self._waits.claim_pauses_s)

    def _request(self, place: Place, put: ClaimPut) -> bytes:
        by_script = self._quirks.claim_by is ClaimBy.SCRIPT
        body = format_claim(put, Dialect.SCRIPT if by_script else Dialect.DAEMON)
        kind = "application/x-www-form-urlencoded" if by_script else "application/json"
        lines = (
            f"PUT {place.path.rstrip('/')}{_CLAIMS}{put.node_id} HTTP/1.1",
            f"Host: {place.host}:{place.port}",
            *(("User-Agent: curl/7.88.1",) if by_script else ()),
            "Accept: */*",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join((*lines, "", "")).encode() + body


def _check_reply(reply: Reply, place: Place) -> None:
    """Success has no body; every other answer says its key so that text tools find it."""
    if reply.status == CLAIMED_STATUS:
        demand("2.3", not reply.body, "204 with a body")
    elif reply.status in (102, 403, 409, 422):
        demand("2.3", refusal_of(reply.body), f"no errorMsgKey in {reply.body[:200]!r} ({place})")
        demand("2.3", b"\n" not in reply.body, "an error of several lines")


def _reason(status: int, body: bytes) -> str:
    if status == CLAIMED_STATUS:
        return ""
    if status == 422 and (refusal := refusal_of(body)):
        return refusal.key
    return _REASONS.get(status, f"status {status}" if status else "no reply")

"""What an agent is told that is not let in, or sent away.

Source: docs/faces/netdata.md, "Link"
"""

import math

from muster.core.enrolment.holders import IdentityCopied
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.errors import InputError, LimitExceeded, MusterError, Unauthenticated
from muster.wire.netdata.messages import DisconnectReq, Timestamp
from muster.wire.netdata.mqttfields import MqttError, Reason

_MAX_TEXT = 300
_BANNED = frozenset({"revoked", "removed", "expired"})  # ends after which nobody is let in again
_ERROR_BANNED, _ERROR_OTHER = 403, 503  # of DisconnectReq: shown by agents, otherwise unused


def farewell(code: str, text: str, retry_after_s: float, now_ns: int) -> DisconnectReq:
    """An agent that is banned tries on every minute all the same; others come when told."""
    is_banned = code in _BANNED
    return DisconnectReq(
        reconnect_after_seconds=0 if is_banned else math.ceil(retry_after_s),
        permaban=is_banned,
        created_at=Timestamp.of(now_ns),
        error_code=_ERROR_BANNED if is_banned else _ERROR_OTHER,
        error_description=text[:_MAX_TEXT],
    )


def reason_of(error: MusterError) -> Reason:
    """What a refused agent is told; it makes no difference to what agents do."""
    match error:
        case MqttError():
            return error.reason
        case KeyClaimRefused(code="node_revoked" | "node_removed"):
            return Reason.BANNED
        case KeyClaimRefused(code="claim_unknown" | "claim_replaced") | IdentityCopied():
            return Reason.NOT_AUTHORIZED
        case Unauthenticated():
            return Reason.BAD_CREDENTIALS
        case LimitExceeded():
            return Reason.QUOTA_EXCEEDED
        case InputError():
            return Reason.MALFORMED_PACKET
        case _:
            return Reason.UNAVAILABLE

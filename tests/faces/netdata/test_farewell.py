import pytest

from muster.core.enrolment.holders import IdentityCopied
from muster.core.enrolment.keyclaimform import KeyClaimRefused
from muster.errors import InputError, LimitExceeded, Unauthenticated, Unavailable
from muster.faces.netdata.farewell import farewell, reason_of
from muster.wire.netdata.mqttfields import MqttError, Reason


@pytest.mark.parametrize("code", ["revoked", "removed", "expired"])
def test_who_may_not_come_again_is_banned(code):
    told = farewell(code, "gone", 30, 5_000_000_007)

    assert (told.permaban, told.reconnect_after_seconds, told.error_code) == (True, 0, 403)
    assert (told.created_at.seconds, told.created_at.nanos) == (5, 7)


def test_others_are_told_when_to_come_again():
    told = farewell("shutdown", "x" * 1_000, 2.4, 0)

    assert (told.permaban, told.reconnect_after_seconds) == (False, 3)
    assert len(told.error_description) == 300


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MqttError("x", Reason.BAD_CLIENT_ID), Reason.BAD_CLIENT_ID),
        (KeyClaimRefused("node_removed", "x"), Reason.BANNED),
        (KeyClaimRefused("claim_unknown", "x"), Reason.NOT_AUTHORIZED),
        (KeyClaimRefused("password_wrong", "x"), Reason.BAD_CREDENTIALS),
        (IdentityCopied("x", 1), Reason.NOT_AUTHORIZED),
        (Unauthenticated("x"), Reason.BAD_CREDENTIALS),
        (LimitExceeded("x"), Reason.QUOTA_EXCEEDED),
        (InputError("x"), Reason.MALFORMED_PACKET),
        (Unavailable("x"), Reason.UNAVAILABLE),
    ],
)
def test_each_refusal_has_a_reason(error, reason):
    assert reason_of(error) is reason

"""An invitation's state follows from its times."""

import msgspec
import pytest

from muster.model.signin import Invitation

OPEN = Invitation(
    id="v", sha256="h", user="u", name="ada", roles={}, room_roles={}, created_ns=10,
    expires_ns=100, created_by="me",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "now_ns", "state"),
    [
        ({}, 99, "open"),
        ({}, 100, "expired"),
        ({"used_ns": 20}, 500, "used"),
        ({"revoked_ns": 20}, 500, "revoked"),
    ],
)
def test_an_invitation_has_one_state(change, now_ns, state):
    assert msgspec.structs.replace(OPEN, **change).state(now_ns) == state

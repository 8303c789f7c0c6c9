"""A certificate's state is told from what is known of it."""

import msgspec

from muster.model.service import ServiceCertificate, ServiceState

ONE = ServiceCertificate(
    id="aa",
    name="nas",
    names=("nas",),
    client=True,
    server=False,
    serial="1",
    issuer="",
    key_sha256="",
    not_before_ns=0,
    not_after_ns=10,
    created_ns=0,
    created_by="",
)


def test_it_is_valid_until_its_end_unless_replaced_or_revoked():
    replaced = msgspec.structs.replace(ONE, replaced_by="bb")
    revoked = msgspec.structs.replace(replaced, revoked_ns=5)

    assert ONE.state(9) is ServiceState.VALID
    assert replaced.state(9) is ServiceState.REPLACED
    assert ONE.state(10) is replaced.state(10) is ServiceState.ENDED
    assert revoked.state(9) is revoked.state(11) is ServiceState.REVOKED

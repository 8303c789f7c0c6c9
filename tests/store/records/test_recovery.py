"""Recovered certificates on disk."""

import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import Credential, CredentialState
from muster.testing.house import House

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
async def known(tmp_path):
    """Records with one node: (records, its id)."""
    with House(path=tmp_path / "records.sqlite") as house:
        node = (await house.claim(await house.token())).node
        yield house.records, node.id


def credential(node, number, key=""):
    return Credential(
        serial=str(number),
        node=node,
        sha256=f"s{number}",
        key_sha256=key or f"k{number}",
        issuer="i",
        not_before_ns=number,
        not_after_ns=(1 << 62) + number,
        state=CredentialState.NEXT,
    )


def test_recoveries_are_counted_since_the_last_usual_certificate(known):
    records, node = known
    assert records.recovery.recovered_keys(node) == ()
    records.recovery.recover(credential(node, 1), EVENT)
    records.recovery.recover(credential(node, 2), EVENT)
    assert records.recovery.recovered_keys(node) == ("k2", "k1")
    records.nodes.add_credential(credential(node, 3), EVENT)
    assert records.recovery.recovered_keys(node) == ()
    records.recovery.recover(credential(node, 4), EVENT)

    assert records.recovery.recovered_keys(node) == ("k4",)


def test_one_key_that_was_certified_twice_counts_once(known):
    records, node = known
    records.recovery.recover(credential(node, 1, "key"), EVENT)
    records.recovery.recover(credential(node, 2, "key"), EVENT)

    assert records.recovery.recovered_keys(node) == ("key",)


def test_a_recovered_certificate_takes_the_place_of_one_that_was_never_used(known):
    records, node = known
    records.recovery.recover(credential(node, 1), EVENT)
    states = [each.state for each in records.nodes.credentials(node)]

    assert states.count(CredentialState.NEXT) == 1


def test_a_node_that_is_gone_or_revoked_gets_none(known):
    records, node = known
    with pytest.raises(NotFound):
        records.recovery.recover(credential("gone", 1), EVENT)
    records.nodes.revoke_node(node, 5, "sold", EVENT)
    with pytest.raises(Conflict, match="revoked"):
        records.recovery.recover(credential(node, 1), EVENT)

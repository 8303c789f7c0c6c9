"""Claim tokens on disk: each use is counted once, whoever is first."""

import threading

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import ClaimToken, Credential, CredentialState
from muster.model.inventory import Node, Room, Space
from muster.ports.records import ClaimRepeated, KeyKnown, TokenSpent
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
TOKEN = ClaimToken(
    id="t",
    space="s",
    rooms=("r",),
    proof_key="ab",
    created_ns=1,
    expires_ns=100,
    uses=2,
    created_by="ada",
    description="for the quay",
)


@pytest.fixture
def records(tmp_path):
    with SqliteRecords(path=tmp_path / "records.sqlite") as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.nodes.create_room(Room("r", "s", "edge"), EVENT)
        records.tokens.create(TOKEN, EVENT)
        yield records


def claim(records, number, *, token="t", now_ns=5, key=None):
    node = Node(id=f"n{number}", space="s", name="web", created_ns=now_ns)
    credential = Credential(
        serial=str(number),
        node=node.id,
        sha256=str(number),
        key_sha256=key or f"k{number}",
        issuer="i",
        not_before_ns=1,
        not_after_ns=2,
        state=CredentialState.NEXT,
    )
    return records.tokens.claim(token, node, credential, EVENT)


def test_a_token_is_read_as_it_was_written(records):
    assert records.tokens.token("t") == TOKEN
    assert records.tokens.tokens("s") == records.tokens.tokens() == [TOKEN]
    assert records.tokens.tokens("other") == []
    assert records.tokens.token("gone") is None


def test_keys_are_those_of_all_tokens_that_are_there(records):
    assert records.tokens.keys_at_hand() is None
    before = records.tokens.proof_keys()
    claim(records, 1)
    assert records.tokens.proof_keys() is before  # a use changes none
    assert records.tokens.keys_at_hand() is before
    records.tokens.create(msgspec.structs.replace(TOKEN, id="u", proof_key="cd"), EVENT)

    assert records.tokens.keys_at_hand() is None
    assert records.tokens.proof_keys() == {"t": "ab", "u": "cd"}


def test_a_claim_counts_a_use_and_adds_node_credential_claim_and_event(records):
    before = len(records.audit.events(spaces=None, limit=100))
    claim(records, 1)

    assert records.tokens.token("t").used == 1
    assert records.nodes.node("n1").name == "web"
    assert records.nodes.credential("1").node == "n1"
    found = records.tokens.find_claim("t", "k1")
    assert (found.node, found.name, found.claimed_ns) == ("n1", "web", 5)
    assert len(records.audit.events(spaces=None, limit=100)) == before + 1


def test_of_many_claims_at_once_only_as_many_as_allowed_succeed(records):
    records.tokens.create(msgspec.structs.replace(TOKEN, id="one", uses=1), EVENT)
    results = []

    def try_it(number):
        try:
            results.append(claim(records, number, token="one").id)
        except TokenSpent:
            results.append("spent")

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert results.count("spent") == 199
    assert records.nodes.count_nodes() == 1
    assert records.tokens.token("one").used == 1


@pytest.mark.parametrize("now_ns", [100, 101])
def test_an_expired_token_is_spent(records, now_ns):
    with pytest.raises(TokenSpent):
        claim(records, 1, now_ns=now_ns)


def test_a_revoked_token_is_spent_and_revoking_again_changes_nothing(records):
    records.tokens.revoke("t", 7, EVENT)
    before = len(records.audit.events(spaces=None, limit=100))
    records.tokens.revoke("t", 8, EVENT)

    assert records.tokens.token("t").revoked_ns == 7
    assert len(records.audit.events(spaces=None, limit=100)) == before
    with pytest.raises(TokenSpent):
        claim(records, 1)


def test_a_claim_that_fails_late_counts_no_use(records):
    claim(records, 1)
    before = len(records.audit.events(spaces=None, limit=100))
    for number in (1, 2):  # first the node's id is known, then the certificate's
        with pytest.raises(Conflict):
            claim_with_serial_of_first(records, number)

    assert records.tokens.token("t").used == 1
    assert records.nodes.count_nodes() == 1
    assert len(records.audit.events(spaces=None, limit=100)) == before


def claim_with_serial_of_first(records, number):
    known = records.nodes.credential("1")
    node = Node(id=f"n{number}", space="s", name="db", created_ns=5)
    again = msgspec.structs.replace(known, node=node.id, key_sha256="new")
    return records.tokens.claim("t", node, again, EVENT)


def test_a_key_in_use_is_known_and_a_key_never_used_is_free(records):
    records.tokens.create(msgspec.structs.replace(TOKEN, id="t2"), EVENT)
    claim(records, 1, key="k")
    claim(records, 2, token="t2", key="k")
    records.nodes.activate("2", EVENT)
    records.tokens.create(msgspec.structs.replace(TOKEN, id="t3"), EVENT)

    assert records.nodes.credential("1").state is CredentialState.RETIRED
    with pytest.raises(KeyKnown, match="'web-2'"):
        claim(records, 3, token="t3", key="k")


def test_a_key_claims_once_with_a_token(records):
    claim(records, 1, key="k")

    with pytest.raises(ClaimRepeated):
        claim(records, 2, key="k")
    assert records.tokens.token("t").used == 1


def test_a_claim_is_remembered_when_its_node_is_gone(records):
    claim(records, 1)
    records.nodes.remove_node("n1", 9, EVENT)

    assert [each.name for each in records.tokens.claims("t")] == ["web"]
    with pytest.raises(Conflict, match="given before"):
        claim(records, 1, key="new")


def test_a_token_that_is_not_there_cannot_be_revoked(records):
    with pytest.raises(NotFound):
        records.tokens.revoke("gone", 1, EVENT)


def test_tokens_that_ended_long_ago_are_forgotten(records):
    claim(records, 1)

    assert records.tokens.prune(100) == 0
    assert records.tokens.prune(101) == 1
    assert records.tokens.tokens() == []
    assert records.nodes.node("n1")

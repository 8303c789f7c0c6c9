"""Keys wait until they are certified; what a hub gives is checked before it counts."""

import subprocess
import sys

import msgspec
import pytest

from muster.agent.joining.credential import (
    Certified,
    UnfitCertificate,
    drop_pending,
    install_renewal,
    make_renewal_request,
    pending_key,
    put_in_force,
)
from muster.agent.joining.identity import load_identity
from muster.clock import ManualClock
from muster.errors import NotFound
from muster.log import Secret
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy

NOW_NS = ManualClock().now_ns()
AUTHORITY = Authority(make_hierarchy(NOW_NS))
OTHER = Authority(make_hierarchy(NOW_NS))
NODE = "0de00000-0000-4000-8000-000000000001"
SPACE = SpaceId("5d1c7a52-0000-4000-8000-000000000001")


def certify(request: str, node: str = NODE, authority: Authority = AUTHORITY) -> Certified:
    identity = Identity(authority.hub, SPACE, NodeId(node))
    issued = authority.issue_agent(request, identity, now_ns=NOW_NS)
    return Certified(chain=issued.chain, anchors=authority.anchors)


def enrol(data, key: Secret, certified: Certified):
    return put_in_force(
        data, key=key, certified=certified, name="web-1", agents="hub:8401", claimed_ns=NOW_NS
    )


@pytest.fixture
def data(tmp_path):
    key = keys.make_key()
    enrol(tmp_path, key, certify(keys.make_request(key)))
    return tmp_path


def test_a_pending_key_stays_the_same_for_the_same_reference(tmp_path):
    first = pending_key(tmp_path, "claim", "token-1")

    assert pending_key(tmp_path, "claim", "token-1").reveal() == first.reveal()
    assert pending_key(tmp_path, "claim", "token-2").reveal() != first.reveal()


def test_a_pending_key_belongs_to_its_owner_alone(tmp_path):
    pending_key(tmp_path, "claim", "token-1")

    assert (tmp_path / "claim.pending").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "claim.pending" / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_pending_key_that_was_half_written_is_made_anew(tmp_path):
    pending_key(tmp_path, "claim", "token-1")
    (tmp_path / "claim.pending" / "reference").unlink()

    key = pending_key(tmp_path, "claim", "token-1")

    assert keys.load_key(key)


def test_a_dropped_key_is_gone(tmp_path):
    first = pending_key(tmp_path, "claim", "t")
    drop_pending(tmp_path, "claim")

    assert pending_key(tmp_path, "claim", "t").reveal() != first.reveal()


def test_the_node_file_says_what_the_certificate_says(data):
    identity = load_identity(data)
    leaf = keys.views(identity.chain.read_text())[0]

    assert identity.node.node == NODE
    assert identity.node.hub == AUTHORITY.hub
    assert identity.node.not_before_ns == leaf.not_before_ns
    assert identity.node.not_after_ns == leaf.not_after_ns


def test_a_certificate_for_another_key_is_refused(tmp_path):
    certified = certify(keys.make_request(keys.make_key()))

    with pytest.raises(UnfitCertificate, match="another key"):
        enrol(tmp_path, keys.make_key(), certified)


def test_a_certificate_that_leads_to_no_anchor_is_refused(tmp_path):
    key = keys.make_key()
    certified = certify(keys.make_request(key))
    foreign = msgspec.structs.replace(certified, anchors=OTHER.anchors)

    with pytest.raises(UnfitCertificate, match="trust anchor"):
        enrol(tmp_path, key, foreign)


def test_a_renewal_keeps_the_node_and_changes_the_key(data):
    before = load_identity(data)
    old_key = before.key.read_text()

    install_renewal(data, certify(make_renewal_request(data)))

    after = load_identity(data)
    assert after.node.node == before.node.node
    assert (after.node.name, after.node.agents) == ("web-1", "hub:8401")
    assert after.node.serial != before.node.serial
    assert after.key.read_text() != old_key


def test_a_renewal_request_without_an_answer_is_made_for_the_same_key(data):
    first = keys.check_request(make_renewal_request(data))

    assert keys.check_request(make_renewal_request(data)) == first


@pytest.mark.parametrize(
    ("node", "authority"), [("0de00000-0000-4000-8000-000000000002", AUTHORITY), (NODE, OTHER)]
)
def test_a_renewal_for_another_node_or_hub_is_refused(data, node, authority):
    before = load_identity(data).node
    certified = certify(make_renewal_request(data), node, authority)

    with pytest.raises(UnfitCertificate, match="another node"):
        install_renewal(data, certified)

    assert load_identity(data).node == before


def test_an_answer_without_a_request_is_refused(data):
    with pytest.raises(NotFound, match="no key waits"):
        install_renewal(data, certify(keys.make_request(keys.make_key())))


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "muster.agent.joining.credential", *arguments],
        input=given,
        capture_output=True,
        check=False,
    )


def test_the_program_makes_the_request_and_installs_the_answer(data):
    request = run("request", str(data))
    answer = msgspec.json.encode(certify(request.stdout.decode()))

    installed = run("install", str(data), given=answer)

    assert (request.returncode, installed.returncode) == (0, 0), installed.stderr
    assert load_identity(data).node.serial == installed.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "given", "text"),
    [
        (["request", "/nowhere"], b"", b"not claimed"),
        (["install", "/nowhere"], b"{", b"standard input"),
        (["fly"], b"", b"usage"),
    ],
)
def test_the_program_says_why_it_failed(arguments, given, text):
    failed = run(*arguments, given=given)

    assert failed.returncode == 1
    assert text in failed.stderr
    assert b"Traceback" not in failed.stderr

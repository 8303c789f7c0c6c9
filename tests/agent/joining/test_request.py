"""Taking in what a hub answered: what does not fit leaves the folder as it was."""

import msgspec
import pytest

from muster.agent.joining.identity import NotClaimed, is_claimed, load_identity
from muster.agent.joining.request import (
    AlreadyClaimed,
    BadResponse,
    ClockBehind,
    FingerprintUnknown,
    OtherRequest,
    ResponseExpired,
    WrongRoot,
    format_pin,
    is_to_renew,
    make_request,
    parse_pin,
    take_answer,
)
from muster.agent.joining.revoked import Revocation, WasRevoked, note_revocation, read_revocation
from muster.clock import ManualClock
from muster.errors import InputError
from muster.model.evidence import Evidence
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Facts
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.wire.airgap import GapAnswer, SignedGapAnswer, digest_of, format_text
from muster.wire.armour import BadArmour, Kind, OtherArmour, format_armour

ID = "6f1c1a52-0000-4000-8000-000000000001"
DAY_S = 86_400
START = ManualClock()
HUB, FOREIGN = (Authority(make_hierarchy(START.now_ns())) for _ in range(2))
PIN = HUB.pins[0]


@pytest.fixture
def clock():
    return ManualClock()


def ask(folder, clock, **options):
    return make_request(
        folder,
        clock=clock,
        facts=Facts(hostname="safe"),
        evidence=lambda hub, csr: Evidence(boot_id=hub or "no hub"),
        life_s=options.pop("life_s", 7 * DAY_S),
        **options,
    )


def answer(asked, clock, hub=HUB, *, signer=None, node=ID, csr="", **changes):
    """What a hub says, whole or wrong in one thing."""
    now_ns = clock.now_ns()
    issued = hub.issue_agent(
        csr or asked.request.csr,
        Identity(hub.hub, SpaceId(ID), NodeId(node)),
        now_ns=now_ns,
        lifetime_s=30 * DAY_S,
    )
    said = GapAnswer(
        request_sha256=digest_of(asked.document.signed),
        node=node,
        space=ID,
        name="safe-01",
        chain=issued.chain,
        anchors=hub.anchors,
        agents="hub.example:8401",
        issued_ns=now_ns,
        expires_ns=now_ns + 7 * DAY_S * 10**9,
    )
    text = format_text(msgspec.structs.replace(said, **changes))
    document = SignedGapAnswer(signed=text, proof=(signer or hub).sign_answer(text))
    return format_armour(Kind.RESPONSE, msgspec.json.encode(document))


def test_the_same_request_is_given_until_it_ends_or_a_new_one_is_wanted(tmp_path, clock):
    first = ask(tmp_path, clock)

    assert ask(tmp_path, clock) == first
    assert first.request.evidence.boot_id == "no hub"
    assert (tmp_path / "request.pending/key.pem").stat().st_mode & 0o777 == 0o600
    assert ask(tmp_path, clock, pins=(PIN,)) != first
    second = ask(tmp_path, clock, anew=True)
    assert second.request.csr != first.request.csr
    clock.advance(8 * DAY_S)
    assert ask(tmp_path, clock).request.expires_ns > clock.now_ns()


def test_a_request_that_cannot_be_read_is_made_anew(tmp_path, clock):
    first = ask(tmp_path, clock)
    (tmp_path / "request.pending/request.json").write_text("{")

    assert ask(tmp_path, clock) != first


def test_an_answer_makes_the_machine_a_node_and_is_taken_once(tmp_path, clock):
    asked = ask(tmp_path, clock)
    note_revocation(tmp_path, Revocation(node="n", hub="h", code="c", text="t", time_ns=1))
    text = answer(asked, clock)
    node = take_answer(tmp_path, text, clock=clock, trusted=PIN)

    assert load_identity(tmp_path).node == node
    assert (node.node, node.name, node.agents) == (ID, "safe-01", "hub.example:8401")
    assert read_revocation(tmp_path) is None
    assert not (tmp_path / "request.pending").exists()
    with pytest.raises(OtherRequest, match="taken in before"):
        take_answer(tmp_path, text, clock=clock, trusted=PIN)


CASES = {
    "truncated": (lambda asked, clock: answer(asked, clock)[:400], BadArmour, "cut short"),
    "a request": (
        lambda asked, clock: format_armour(Kind.REQUEST, asked.bytes()),
        OtherArmour,
        "RESPONSE is due",
    ),
    "no answer": (lambda a, c: format_armour(Kind.RESPONSE, b"{}"), InputError, "response"),
    "another's": (
        lambda asked, clock: answer(asked, clock, request_sha256="0" * 64),
        OtherRequest,
        "another request",
    ),
    "another hub's": (
        lambda asked, clock: answer(asked, clock, FOREIGN),
        WrongRoot,
        "another hub",
    ),
    "altered": (
        lambda asked, clock: answer(asked, clock, signer=FOREIGN),
        BadResponse,
        "altered",
    ),
    "roots of another": (
        lambda asked, clock: answer(asked, clock, anchors=FOREIGN.anchors),
        InputError,
        "none of its roots",
    ),
    "no chain": (
        lambda asked, clock: answer(asked, clock, chain=HUB.anchors),
        InputError,
        "not of its issuer",
    ),
    "another key": (
        lambda asked, clock: answer(asked, clock, csr=keys.make_request(keys.make_key())),
        InputError,
        "another key",
    ),
    "of the future": (
        lambda asked, clock: answer(asked, clock, issued_ns=clock.now_ns() + 2 * 3_600 * 10**9),
        ClockBehind,
        "behind the hub's",
    ),
    "expired": (
        lambda asked, clock: answer(asked, clock, expires_ns=clock.now_ns()),
        ResponseExpired,
        "ended",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_answer_that_does_not_fit_is_refused_with_its_reason(tmp_path, clock, case):
    make, error, word = CASES[case]
    text = make(ask(tmp_path, clock), clock)

    with pytest.raises(error, match=word):
        take_answer(tmp_path, text, clock=clock, trusted=PIN)
    assert not is_claimed(tmp_path)
    assert (tmp_path / "request.pending/key.pem").exists()  # a better answer may come


def test_a_key_that_is_gone_cannot_be_answered(tmp_path, clock):
    text = answer(ask(tmp_path, clock), clock)
    (tmp_path / "request.pending/key.pem").unlink()

    with pytest.raises(OtherRequest, match="key"):
        take_answer(tmp_path, text, clock=clock, trusted=PIN)


def test_somebody_has_to_say_which_hub_is_the_right_one(tmp_path, clock):
    text = answer(ask(tmp_path, clock), clock)
    shown = []

    with pytest.raises(FingerprintUnknown, match=PIN):
        take_answer(tmp_path, text, clock=clock)
    with pytest.raises(FingerprintUnknown, match="not confirmed"):
        take_answer(tmp_path, text, clock=clock, confirm=lambda pin: bool(shown.append(pin)))
    assert shown == [PIN]
    assert take_answer(tmp_path, text, clock=clock, confirm=lambda pin: True).node == ID


def test_a_pin_in_the_request_is_enough_and_another_root_is_refused(tmp_path, clock):
    asked = ask(tmp_path, clock, pins=("0" * 64,))
    with pytest.raises(WrongRoot, match=format_pin(PIN)):
        take_answer(tmp_path, answer(asked, clock), clock=clock)
    asked = ask(tmp_path, clock, pins=("0" * 64, PIN))

    assert take_answer(tmp_path, answer(asked, clock), clock=clock).node == ID


def test_a_node_renews_with_the_roots_that_it_knows_and_stays_itself(tmp_path, clock):
    first = ask(tmp_path, clock)
    take_answer(tmp_path, answer(first, clock), clock=clock, trusted=PIN)
    with pytest.raises(AlreadyClaimed, match="--renew"):
        ask(tmp_path, clock)
    clock.advance(5)
    asked = ask(tmp_path, clock, renew=True)
    assert is_to_renew(tmp_path)
    assert (asked.request.node, asked.request.evidence.boot_id) == (ID, HUB.hub)
    assert "CERTIFICATE" in asked.document.chain

    with pytest.raises(WrongRoot):
        take_answer(tmp_path, answer(asked, clock, FOREIGN), clock=clock)
    with pytest.raises(InputError, match="another node"):
        other = answer(asked, clock, node="6f1c1a52-0000-4000-8000-000000000002")
        take_answer(tmp_path, other, clock=clock)
    before = load_identity(tmp_path).node
    after = take_answer(tmp_path, answer(asked, clock), clock=clock)
    assert (after.node, after.claimed_ns) == (before.node, before.claimed_ns)
    assert after.serial != before.serial
    assert not is_to_renew(tmp_path)


def test_what_cannot_be_asked_for_is_refused(tmp_path, clock):
    with pytest.raises(NotClaimed):
        ask(tmp_path, clock, renew=True)
    with pytest.raises(InputError, match="90 days"):
        ask(tmp_path, clock, life_s=91 * DAY_S)
    with pytest.raises(InputError, match="up to 4"):
        ask(tmp_path, clock, pins=("a",) * 5)
    note_revocation(
        tmp_path, Revocation(node="n", hub="h", code="node_revoked", text="t", time_ns=1)
    )
    with pytest.raises(WasRevoked):
        ask(tmp_path, clock)
    assert ask(tmp_path, clock, force_new=True)


@pytest.mark.parametrize("text", ["", "abc", "x" * 64, "0" * 63])
def test_what_is_no_fingerprint_is_refused(text):
    with pytest.raises(InputError, match="64 hexadecimal"):
        parse_pin(text)


def test_fingerprints_are_read_as_people_write_them():
    assert parse_pin(format_pin(PIN).upper()) == PIN
    assert parse_pin(":".join(PIN[at : at + 2] for at in range(0, 64, 2))) == PIN

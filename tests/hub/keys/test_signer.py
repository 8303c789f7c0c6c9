"""The signer checks all it is asked: a hub that lies gets no more than the table allows."""

import socket
import subprocess
import sys
import threading

import pytest

from muster.clock import ManualClock
from muster.hub.keys import signer
from muster.hub.keys.signer import Desk, serve
from muster.hub.keys.signerframes import (
    Abort,
    Activate,
    Certified,
    Describe,
    Described,
    IssueAgent,
    IssueServer,
    IssueService,
    Lists,
    Prepare,
    Refused,
    RenewIssuers,
    Retire,
    SignLists,
    receive_answer,
    send,
)
from muster.pki import keys, profile
from muster.pki.authority import identity_of
from muster.pki.crl import Revoked
from muster.pki.trust import Phase
from muster.store.keystore import KeyStore

NOW_NS = 1_800_000_000 * 10**9
SPACE = "0b0b0b0b-1111-4111-8111-111111111111"
NODE = "0c0c0c0c-1111-4111-8111-111111111111"
REQUEST = keys.make_request(keys.make_key())


@pytest.fixture
def clock():
    return ManualClock(NOW_NS)


@pytest.fixture
def desk(tmp_path, clock):
    return Desk(store=KeyStore(folder=tmp_path / "ca"), clock=clock)


def uri(desk, hub=""):
    return f"spiffe://{hub or desk.answer(Describe()).trust.hub}/space/{SPACE}/node/{NODE}"


def test_it_certifies_a_key_for_a_node(desk):
    answer = desk.answer(IssueAgent(request=REQUEST, identity=uri(desk)))

    assert isinstance(answer, Certified)
    leaf = keys.load_chain(answer.chain)[0]
    assert identity_of(keys.to_der(leaf)).node == NODE


@pytest.mark.parametrize(
    ("lifetime_s", "life_s"), [(0, 86_400), (3_600, 3_600), (10**9, 90 * 86_400)]
)
def test_no_certificate_lives_longer_than_the_table_says_by_the_signers_own_clock(
    desk, lifetime_s, life_s
):
    answer = desk.answer(IssueAgent(request=REQUEST, identity=uri(desk), lifetime_s=lifetime_s))
    view = keys.views(answer.chain)[0]

    assert view.not_after_ns == NOW_NS + life_s * 10**9
    assert view.not_before_ns >= NOW_NS - profile.AGENT.backdate_s * 10**9


REFUSED = {
    "another hub": ({"hub": SPACE}, REQUEST, "input"),
    "no identity": ({"hub": "../.."}, REQUEST, "input"),
    "no request": ({}, "hello", "request"),
}


@pytest.mark.parametrize(("given", "request_", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_the_hub_asks_for_is_checked_again(desk, given, request_, kind):
    answer = desk.answer(IssueAgent(request=request_, identity=uri(desk, **given)))

    assert isinstance(answer, Refused)
    assert answer.kind == kind


def test_names_of_servers_are_checked_again(desk):
    good = desk.answer(IssueServer(request=REQUEST, names=["hub.example", "192.0.2.7"]))
    bad = desk.answer(IssueServer(request=REQUEST, names=["*.example"]))

    assert keys.views(good.chain)[0].names == ("hub.example", "192.0.2.7")
    assert (bad.kind, "neither a host name" in bad.text) == ("input", True)


def test_other_services_are_certified_below_a_root_that_no_agent_trusts(desk):
    answer = desk.answer(
        IssueService(request=REQUEST, names=["nas.example"], client=False, server=True)
    )
    trust = desk.answer(Describe()).trust
    chain = keys.views(answer.chain)

    assert chain[-1].key_sha256 == keys.views(trust.services)[0].key_sha256
    assert chain[-1].key_sha256 not in trust.pins


def test_a_service_without_a_usage_is_refused(desk):
    answer = desk.answer(
        IssueService(request=REQUEST, names=["nas.example"], client=False, server=False)
    )

    assert answer.kind == "input"


def test_lists_are_signed_for_every_issuer(desk):
    entries = [Revoked(serial="a1", revoked_ns=1)]
    answer = desk.answer(SignLists(entries=entries, number=4))

    assert isinstance(answer, Lists)
    assert answer.pem.count("BEGIN X509 CRL") == 2


def test_a_roll_over_goes_step_by_step(desk):
    phases = [
        desk.answer(question).trust.phase
        for question in (Prepare(staged=False), Abort(), Prepare(False), Activate(), Retire())
    ]

    assert phases == [
        Phase.PREPARED,
        Phase.STEADY,
        Phase.PREPARED,
        Phase.ACTIVATED,
        Phase.STEADY,
    ]
    assert desk.answer(Activate()).kind == "conflict"
    assert desk.answer(RenewIssuers(staged=False)).kind == "conflict"


ALL = [
    Describe(),
    IssueServer(request=REQUEST, names=["h.example"]),
    SignLists(entries=[], number=1),
    Prepare(staged=False),
    Activate(),
    Retire(),
]


def test_no_answer_holds_a_private_key(desk):
    assert not any("PRIVATE" in repr(desk.answer(question)) for question in ALL)


def test_a_folder_that_cannot_be_used_is_an_answer(tmp_path, desk):
    desk.answer(Describe())
    (tmp_path / "ca" / "agents.key").chmod(0o644)
    answer = Desk(store=KeyStore(folder=tmp_path / "ca"), clock=ManualClock(NOW_NS)).answer(
        Describe()
    )

    assert (answer.kind, "chmod 600" in answer.text) == ("setting", True)


def test_a_bug_is_told_to_nobody_but_the_log(desk, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("of no use to the hub")

    desk.answer(Describe())
    monkeypatch.setattr(desk._ring, "certify_server", fail)
    answer = desk.answer(IssueServer(request=REQUEST, names=["h.example"]))

    assert answer.kind == "unavailable"
    assert "of no use" not in answer.text
    assert "a bug in the signer" in caplog.text


def test_it_serves_until_the_hub_is_gone(desk):
    ours, theirs = socket.socketpair()
    with theirs:
        thread = threading.Thread(target=serve, args=(theirs, desk))
        thread.start()
        with ours:
            for _ in range(3):
                send(ours, Describe())
                assert isinstance(receive_answer(ours), Described)
        thread.join(60)
        assert not thread.is_alive()


def test_it_ends_when_it_hears_what_it_cannot_understand(desk, caplog):
    ours, theirs = socket.socketpair()
    with theirs, ours:
        ours.sendall(b"\x00\x00\x00\x01x")
        serve(theirs, desk)

    assert "signer ends" in caplog.text


def test_it_is_started_by_the_hub_and_says_so(capsys):
    assert signer.main([]) == 2
    assert "by the hub" in capsys.readouterr().err


def test_it_loads_little():
    """What the process needs is pki and its files: no event loop, no HTTP, no database."""
    program = (
        "import sys, muster.hub.keys.signer;"
        "print(*(n for n in ('asyncio','ssl','sqlite3','aiohttp','numpy','chdb','muster.net',"
        "'muster.core','muster.faces') if n in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []

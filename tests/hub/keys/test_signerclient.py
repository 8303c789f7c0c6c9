"""The hub's end of the signer: it asks, starts it again, and says when it is away."""

import socket
import threading

import pytest

from muster.clock import ManualClock
from muster.errors import Conflict, InputError, SettingsError, Unavailable
from muster.hub.keys import signerclient
from muster.hub.keys.signer import Desk, serve
from muster.hub.keys.signerclient import SignerClient, signer_environment, start_signer
from muster.hub.keys.signerframes import Certified, Refused, receive_question, send
from muster.model.identity import Identity
from muster.pki import keys
from muster.pki.keys import BadRequest
from muster.pki.possession import answer_message, holds_key
from muster.pki.services import make_services
from muster.pki.trust import Phase
from muster.store.keystore import KeyStore

NOW_NS = 1_800_000_000 * 10**9
SPACE = "0b0b0b0b-1111-4111-8111-111111111111"
NODE = "0c0c0c0c-1111-4111-8111-111111111111"
REQUEST = keys.make_request(keys.make_key())


class Thread:
    """A signer that runs as a thread of this process."""

    pid = 42

    def __init__(self, theirs, talk):
        self._peer = theirs.dup()
        self._thread = threading.Thread(target=self._run, args=(talk,))
        self._thread.start()

    def _run(self, talk):
        with self._peer:
            talk(self._peer)

    def kill(self):
        self._peer.shutdown(socket.SHUT_RDWR)

    def wait(self, timeout=None):
        self._thread.join(timeout)
        return 0


class Starts:
    """Starts signers; `talks` are what the first ones do, then come real ones."""

    def __init__(self, clock, *talks):
        self.clock = clock
        self.talks = list(talks)
        self.count = 0

    def __call__(self, folder, theirs):
        self.count += 1
        if self.talks:
            return Thread(theirs, self.talks.pop(0))
        desk = Desk(store=KeyStore(folder=folder), clock=self.clock)
        return Thread(theirs, lambda peer: serve(peer, desk))


@pytest.fixture
def clock():
    return ManualClock(NOW_NS)


@pytest.fixture
def made(tmp_path, clock):
    clients = []

    def make(*talks):
        starts = Starts(clock, *talks)
        client = SignerClient(folder=tmp_path / "ca", clock=clock, start=starts)
        clients.append(client)
        return client, starts

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(made):
    client, _ = made()
    client.open()
    return client


def gone(peer):
    """A signer that ends before it answers."""
    receive_question(peer)


def silent(peer):
    """A signer that says nothing."""
    while receive_question(peer) is not None:
        pass


def says(answer):
    def talk(peer):
        while receive_question(peer) is not None:
            send(peer, answer)

    return talk


def identity(client):
    return Identity(client.hub, SPACE, NODE)


def test_it_is_an_authority_whose_keys_are_elsewhere(client):
    agent = client.issue_agent(REQUEST, identity(client), now_ns=0, lifetime_s=3_600)
    server = client.issue_server(["h.example"], now_ns=0)
    service = client.issue_service(REQUEST, ["n.example"], client=True, server=False, now_ns=0)

    assert client.issued_agent(agent.der)
    assert agent.view.not_after_ns == NOW_NS + 3_600 * 10**9
    assert keys.own_key_sha256(server.key) == server.view.key_sha256
    assert client.trust.services and service.view.names == ("n.example",)
    assert client.sign_lists((), number=1, now_ns=0).count("BEGIN X509 CRL") == 2
    lists = client.sign_lists((), number=1, now_ns=0, services=True)
    assert lists.count("BEGIN X509 CRL") == 1
    (issuer,) = keys.load_chain(client.trust.agents)
    assert holds_key(issuer, answer_message("an answer"), client.sign_answer("an answer"))
    assert [each.key_sha256 for each in client.roots()] == list(client.pins)
    assert len(client.issuers()) == 2
    assert "BEGIN CERTIFICATE" in client.anchors


def test_every_step_changes_what_it_says_of_itself(client):
    old = client.pins
    assert client.prepare(staged=False).phase is Phase.PREPARED
    assert len(client.pins) == 2
    client.activate()
    client.retire()

    assert client.trust.phase is Phase.STEADY
    assert client.pins != old
    client.prepare(staged=False)
    client.abort()
    with pytest.raises(Conflict, match="no issuing certificate ends"):
        client.renew_issuers(staged=False)


def test_another_ca_for_other_services_is_taken_and_issues_at_once(tmp_path, client):
    first = client.take_services(staged=False).services
    key, pem = make_services(client.hub, NOW_NS)
    KeyStore(folder=tmp_path / "ca").staged_services.lay(key, pem)

    assert client.take_services(staged=True).services == pem + first
    request = keys.make_request(keys.make_key())
    issued = client.issue_service(request, ["nas"], client=False, server=True, now_ns=0)
    assert issued.chain.endswith(pem)
    lists = client.sign_lists([], number=1, now_ns=0, services=True)
    assert lists.count("BEGIN X509 CRL") == 2
    with pytest.raises(InputError, match="no CA lies ready"):
        client.take_services(staged=True)


def test_a_root_key_that_was_taken_away_is_seen_at_the_next_look(tmp_path, client):
    (tmp_path / "ca" / "root.key").unlink()

    assert client.trust.root_key
    assert not client.look().root_key
    assert not client.trust.root_key


def test_refusals_come_as_what_they_are(client):
    with pytest.raises(BadRequest):
        client.issue_agent("no request", identity(client), now_ns=0)
    with pytest.raises(InputError, match="another hub"):
        client.issue_agent(REQUEST, Identity(SPACE, SPACE, NODE), now_ns=0)


def test_a_folder_that_cannot_be_used_stops_the_start_with_its_remedy(tmp_path, made, client):
    (tmp_path / "ca" / "agents.key").chmod(0o644)
    second, _ = made()

    with pytest.raises(SettingsError, match="chmod 600"):
        second.open()
    assert second.pid == 0


def test_a_signer_that_has_ended_is_started_again_and_the_caller_gets_the_answer(made, clock):
    client, starts = made()
    client.open()
    client._process.kill()
    clock.advance(60)

    client.issue_agent(REQUEST, identity(client), now_ns=0)

    assert starts.count == 2


def test_one_that_ends_again_and_again_is_not_started_without_end(made, clock):
    client, starts = made(*[gone] * 50)
    for _ in range(10):
        with pytest.raises(Unavailable):
            client.open()
    assert starts.count <= 2

    clock.advance(60)
    with pytest.raises(Unavailable):
        client.open()
    assert 2 <= starts.count <= 4


def dies_after(tmp_path, clock):
    """A signer that takes a step, and ends before it says so."""

    def talk(peer):
        desk = Desk(store=KeyStore(folder=tmp_path / "ca"), clock=clock)
        send(peer, desk.answer(receive_question(peer)))
        desk.answer(receive_question(peer))

    return talk


def test_a_step_is_never_asked_for_twice_and_what_became_of_it_is_learned(tmp_path, made, clock):
    client, starts = made(dies_after(tmp_path, clock))
    client.open()

    with pytest.raises(Unavailable, match="look at the roll's status"):
        client.prepare(staged=False)
    assert starts.count == 1
    clock.advance(60)
    client.issue_agent(REQUEST, identity(client), now_ns=0)

    assert client.trust.phase is Phase.PREPARED


def test_one_that_says_nothing_in_time_is_ended(made, monkeypatch):
    monkeypatch.setattr(signerclient, "START_S", 0.05)
    client, _ = made(silent)

    with pytest.raises(Unavailable, match="no answer"):
        client.open()
    assert client.pid == 0


def test_one_that_was_just_started_is_given_more_time_than_one_that_has_answered(
    made, clock, tmp_path, monkeypatch
):
    def answers_once(peer):
        desk = Desk(store=KeyStore(folder=tmp_path / "ca"), clock=clock)
        send(peer, desk.answer(receive_question(peer)))
        silent(peer)

    monkeypatch.setattr(signerclient, "ANSWER_S", 1e-9)
    client, _ = made(answers_once)
    client.open()

    with pytest.raises(Unavailable, match="no answer"):
        client.look()


@pytest.mark.parametrize("answer", [Certified("x"), Refused("what", "no")])
def test_an_answer_that_does_not_fit_is_no_answer(made, answer):
    client, _ = made(says(answer))

    with pytest.raises(Unavailable):
        client.open()


def test_before_it_was_started_nothing_is_known(made):
    client, _ = made()
    with pytest.raises(Unavailable, match="not started"):
        client.hub  # noqa: B018


def test_a_program_that_is_missing_is_told(tmp_path, clock):
    def cannot(folder, theirs):
        raise FileNotFoundError(2, "No such file")

    client = SignerClient(folder=tmp_path / "ca", clock=clock, start=cannot)
    with pytest.raises(Unavailable, match="cannot be started"):
        client.open()


def test_nothing_of_the_hubs_surroundings_but_what_python_needs_is_passed_on():
    given = {"PATH": "/bin", "LANG": "C", "MUSTER_TOKEN": "x", "LD_PRELOAD": "y", "http_proxy": "z"}

    assert signer_environment(given) == {"PATH": "/bin", "LANG": "C"}


def test_the_real_one_is_a_process_that_ends_with_its_socket(tmp_path, clock):
    processes = []

    def start(folder, theirs):
        processes.append(start_signer(folder, theirs))
        return processes[-1]

    client = SignerClient(folder=tmp_path / "ca", clock=clock, start=start)
    client.open()
    assert client.pid == processes[0].pid != 0
    client.issue_agent(REQUEST, identity(client), now_ns=0)
    client.close()

    assert processes[0].wait(60) == 0

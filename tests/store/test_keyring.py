"""The keys of a CA and their folder: every step is on disk before it is in force."""

import pytest

from muster.clock import ManualClock
from muster.errors import Conflict, InputError, SettingsError
from muster.hub.keys import ceremony
from muster.model.identity import Identity
from muster.pki import keys
from muster.pki.possession import answer_message, holds_key
from muster.pki.services import make_services
from muster.pki.trust import Phase
from muster.store.keyring import KeyRing
from muster.store.keystore import FILES, KeyStore

NOW_NS = 1_800_000_000 * 10**9
YEAR_NS = 365 * 86_400 * 10**9
SPACE = "0b0b0b0b-1111-4111-8111-111111111111"
NODE = "0c0c0c0c-1111-4111-8111-111111111111"


@pytest.fixture
def clock():
    return ManualClock(NOW_NS)


@pytest.fixture
def store(tmp_path):
    return KeyStore(folder=tmp_path / "ca")


@pytest.fixture
def ring(store, clock):
    return KeyRing(store=store, clock=clock)


def again(store, clock):
    return KeyRing(store=store, clock=clock)


def files(tmp_path):
    return {path.name for path in (tmp_path / "ca").iterdir()}


def test_each_step_of_a_roll_over_is_what_the_next_start_finds(tmp_path, store, clock, ring):
    old = ring.pins
    assert files(tmp_path) == set(FILES)

    ring.prepare(staged=False)
    assert ring.trust.phase is Phase.PREPARED
    assert files(tmp_path) == {*FILES, *(f"next.{name}" for name in FILES), "cross.pem"}
    assert again(store, clock).trust == ring.trust

    ring.activate()
    assert files(tmp_path) == {*FILES, *(f"old.{name}" for name in FILES), "cross.pem"}
    assert again(store, clock).trust == ring.trust

    ring.retire()
    assert files(tmp_path) == set(FILES)
    assert again(store, clock).trust == ring.trust
    assert ring.pins != old
    assert len(ring.pins) == 1


def test_every_file_is_for_the_owner_alone(tmp_path, ring):
    ring.prepare(staged=False)

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "ca").iterdir()} == {0o600}


def test_a_wider_mode_of_what_is_prepared_stops_the_start(tmp_path, store, clock, ring):
    ring.prepare(staged=False)
    (tmp_path / "ca" / "next.agents.key").chmod(0o640)

    with pytest.raises(SettingsError, match=r"chmod 600 .*next\.agents\.key"):
        again(store, clock)


def test_what_was_prepared_is_forgotten_with_its_keys(tmp_path, ring):
    before = ring.trust
    ring.prepare(staged=False)
    ring.abort()

    assert ring.trust == before
    assert files(tmp_path) == set(FILES)


def test_a_step_out_of_turn_changes_nothing(store, clock, ring):
    before = ring.trust
    for step in (ring.activate, ring.retire, ring.abort):
        with pytest.raises(Conflict):
            step()

    assert ring.trust == before == again(store, clock).trust


def test_the_ca_for_services_is_made_when_it_is_needed_and_outlives_a_roll(store, clock, ring):
    assert ring.trust.services == ""
    request = keys.make_request(keys.make_key())
    issued = ring.issue_service(
        request, ["nas.example"], client=True, server=True, now_ns=NOW_NS, lifetime_s=0
    )
    services = ring.trust.services

    assert issued.view.names == ("nas.example",)
    assert issued.view.issuer == keys.views(services)[0].subject
    assert services not in ring.anchors
    ring.prepare(staged=False)
    ring.activate()
    ring.retire()
    assert ring.trust.services == services == again(store, clock).trust.services


def test_issuers_are_renewed_in_their_last_year_and_not_before(clock, ring):
    with pytest.raises(Conflict, match="no issuing certificate ends within a year"):
        ring.renew_issuers(staged=False)
    clock.advance(4.5 * 365 * 86_400)
    before = ring.trust

    assert ring.renew_issuers(staged=False).agents != before.agents
    assert ring.pins == before.pins


def test_without_the_roots_key_nothing_is_renewed_or_prepared(store, clock, ring):
    store.remove_root_key()
    clock.advance(4.5 * 365 * 86_400)

    assert not ring.trust.root_key
    for step in (ring.renew_issuers, ring.prepare):
        with pytest.raises(Conflict, match="offline"):
            step(staged=False)


def test_what_lies_ready_is_taken_on_and_put_away(store, clock, ring):
    root_key = store.read().current.root_key
    store.remove_root_key()
    ceremony.stage_issuers(store, root_key, NOW_NS)
    before = ring.trust

    assert ring.renew_issuers(staged=True).agents != before.agents
    assert not store.staged.exists()
    ceremony.stage_roll(store, root_key, NOW_NS)
    assert ring.prepare(staged=True).phase is Phase.PREPARED
    assert not store.staged.exists()
    assert store.read().other.root_key is not None


def test_nothing_that_lies_ready_and_does_not_fit_is_taken(tmp_path, store, clock, ring):
    stranger = KeyStore(folder=tmp_path / "stranger" / "ca")
    KeyRing(store=stranger, clock=clock)
    other = stranger.read().current
    store.stage(other, "")
    with pytest.raises(InputError, match="another root"):
        ring.renew_issuers(staged=True)
    with pytest.raises(InputError, match="no cross certificate"):
        ring.prepare(staged=True)
    store.stage(other, other.root)
    with pytest.raises(InputError, match="another hub"):
        ring.prepare(staged=True)
    store.drop_staged()
    with pytest.raises(InputError, match="no CA lies ready"):
        ring.prepare(staged=True)


def test_it_signs_as_its_authority_does(ring):
    identity = Identity(ring.hub, SPACE, NODE)
    issued = ring.issue_agent(keys.make_request(keys.make_key()), identity, now_ns=NOW_NS)

    assert ring.issued_agent(issued.der)
    assert ring.issue_server(["h.example"], now_ns=NOW_NS).view.names == ("h.example",)
    (issuer,) = keys.load_chain(ring.trust.agents)
    assert holds_key(issuer, answer_message("an answer"), ring.sign_answer("an answer"))
    assert ring.sign_lists((), number=3, now_ns=NOW_NS).count("BEGIN X509 CRL") == 2
    assert [view.key_sha256 for view in ring.roots()] == list(ring.pins)
    assert len(ring.issuers()) == 2


def test_an_export_is_remembered_for_its_own_root_alone(store, clock, ring):
    store.note_export(NOW_NS)
    assert ring.trust.exported_ns == NOW_NS

    ring.prepare(staged=False)
    assert ring.trust.exported_ns == NOW_NS
    ring.activate()
    assert ring.trust.exported_ns == 0


def test_another_ca_for_other_services_goes_before_the_one_that_is_there(tmp_path):
    clock = ManualClock()
    store = KeyStore(folder=tmp_path / "ca")
    ring = KeyRing(store=store, clock=clock)
    first = ring.take_services(staged=False).services
    key, pem = make_services(ring.hub, clock.now_ns())
    store.staged_services.lay(key, pem)

    assert ring.take_services(staged=True).services == pem + first
    assert not (tmp_path / "ca.services").exists()
    request = keys.make_request(keys.make_key())
    issued = ring.issue_service(request, ["nas"], client=False, server=True, now_ns=clock.now_ns())
    assert issued.chain.endswith(pem)
    again = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=clock)
    assert again.trust.services == pem + first
    with pytest.raises(InputError, match="no CA lies ready"):
        ring.take_services(staged=True)

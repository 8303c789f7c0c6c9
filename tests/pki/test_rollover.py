"""From one root to the next: whoever holds the old one or the new finds a way at every step."""

import datetime
import ssl
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from muster.errors import Conflict, InputError
from muster.log import Secret
from muster.model.identity import Identity
from muster.net.tls import client_context, server_context
from muster.pki import keys, rollover
from muster.pki.authority import hub_of, make_hierarchy, with_services
from muster.pki.rollover import Ring, authority_of
from muster.pki.trust import Phase

NOW_NS = time.time_ns()  # TLS goes by the clock of the machine
DAY_NS = 86_400 * 10**9
HUB = "0a0a0a0a-1111-4111-8111-111111111111"
OTHER_HUB = "0b0b0b0b-1111-4111-8111-111111111111"
NODE = Identity(HUB, "0b0b0b0b-1111-4111-8111-111111111111", "0c0c0c0c-1111-4111-8111-111111111111")
OLD = with_services(make_hierarchy(NOW_NS, HUB), NOW_NS)
NEW = make_hierarchy(NOW_NS, HUB)
STEADY = Ring(current=OLD)
PREPARED = rollover.prepare(STEADY, NEW, OLD.root_key, NOW_NS)
ACTIVATED = rollover.activate(PREPARED)
RETIRED = rollover.retire(ACTIVATED)


def make_root(
    key=None,
    *,
    name="A corporate root",
    ca=True,
    length=None,
    critical=True,
    sign=True,
    starts_days=-1,
    ends_days=3650,
    algorithm=None,
    more=(),
    without=(),
    issuer=None,
):
    """A root as somebody may bring it along: (certificate, key) as PEM."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)] if name else [])
    now = datetime.datetime.fromtimestamp(NOW_NS // 10**9, datetime.UTC)
    signer = issuer[1] if issuer else key
    extensions = [
        (x509.BasicConstraints(ca=ca, path_length=length if ca else None), critical),
        (usage(sign=sign), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
        *((each, False) for each in more),
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=starts_days))
        .not_valid_after(now + datetime.timedelta(days=ends_days))
    )
    for extension, is_critical in extensions:
        if type(extension) not in without:
            builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(signer, algorithm or hashes.SHA256()), key


def usage(*, sign):
    return x509.KeyUsage(
        digital_signature=not sign,
        key_cert_sign=sign,
        crl_sign=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def below(root, hub=HUB, *, keep_key=True):
    certificate, key = root
    return rollover.below(
        keys.format_chain(certificate), keys.format_key(key), hub, NOW_NS, keep_key=keep_key
    )


def shake(folder: Path, server, client_anchors, agent=None, server_anchors=""):
    """A real handshake of both ends, in memory. Raises what TLS says."""
    issued = server.issue_server(["hub.example"], now_ns=NOW_NS)
    file = folder / "server.pem"
    file.write_text(issued.key.reveal() + issued.chain)
    paths = {}
    if agent is not None:
        key = keys.make_key()
        chain = agent.issue_agent(keys.make_request(key), NODE, now_ns=NOW_NS).chain
        paths = {"key": folder / "key.pem", "chain": folder / "chain.pem"}
        paths["key"].write_text(key.reveal())
        paths["chain"].write_text(chain)
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = client_context(client_anchors, **paths)
    client = context.wrap_bio(ours, theirs, server_hostname="hub.example")
    context = server_context(file, clients=server_anchors)
    hub = context.wrap_bio(theirs, ours, server_side=True)
    for _ in range(4):
        for side in (client, hub):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return hub


RINGS = {"steady": STEADY, "prepared": PREPARED, "activated": ACTIVATED}


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS)
@pytest.mark.parametrize("agent", ["old", "new"])
def test_at_every_step_both_ends_find_a_way(tmp_path, ring, agent):
    now = authority_of(ring)
    trusts = OLD.root if agent == "old" else now.anchors
    issuer = authority_of(STEADY) if agent == "old" else now

    hub = shake(tmp_path, now, trusts, issuer, now.anchors)

    assert hub.getpeercert()["subject"]


def test_an_agent_that_holds_the_new_root_alone_is_served_by_the_new_chain(tmp_path):
    shake(tmp_path, authority_of(ACTIVATED), NEW.root)
    shake(tmp_path, authority_of(RETIRED), NEW.root)


def test_once_retired_the_old_root_opens_nothing(tmp_path):
    retired = authority_of(RETIRED)

    with pytest.raises(ssl.SSLCertVerificationError):
        shake(tmp_path, retired, OLD.root)
    with pytest.raises(ssl.SSLError):
        shake(tmp_path, retired, NEW.root, authority_of(STEADY), retired.anchors)


def test_pins_and_anchors_are_those_of_both_while_both_live_and_who_signs_comes_first():
    old, new = (keys.views(each.root)[0].key_sha256 for each in (OLD, NEW))

    assert authority_of(STEADY).pins == (old,)
    assert authority_of(PREPARED).pins == (old, new)
    assert authority_of(ACTIVATED).pins == (new, old)
    assert authority_of(RETIRED).pins == (new,)
    assert [authority_of(ring).trust.phase for ring in (STEADY, PREPARED, ACTIVATED, RETIRED)] == [
        Phase.STEADY,
        Phase.PREPARED,
        Phase.ACTIVATED,
        Phase.STEADY,
    ]


def test_certificates_of_both_count_as_issued_until_the_old_is_retired():
    request = keys.make_request(keys.make_key())
    old = authority_of(STEADY).issue_agent(request, NODE, now_ns=NOW_NS).der
    new = authority_of(ACTIVATED).issue_agent(request, NODE, now_ns=NOW_NS).der

    assert authority_of(PREPARED).issued_agent(old)
    assert authority_of(ACTIVATED).issued_agent(old)
    assert authority_of(ACTIVATED).issued_agent(new)
    assert not authority_of(RETIRED).issued_agent(old)


def test_the_cross_certificate_is_in_chains_only_while_both_live():
    chains = [
        len(keys.load_chain(authority_of(ring).issue_server(["h"], now_ns=NOW_NS).chain))
        for ring in (STEADY, PREPARED, ACTIVATED, RETIRED)
    ]

    assert chains == [2, 2, 3, 2]


def test_the_hub_its_services_and_the_lists_go_on():
    for ring in (PREPARED, ACTIVATED, RETIRED):
        authority = authority_of(ring)
        assert authority.hub == HUB
        assert authority.trust.services == OLD.services
    assert authority_of(ACTIVATED).sign_lists((), number=1, now_ns=NOW_NS).count("BEGIN") == 4
    assert authority_of(RETIRED).sign_lists((), number=1, now_ns=NOW_NS).count("BEGIN") == 2


def test_what_was_prepared_can_be_forgotten_until_it_signs():
    assert rollover.abort(PREPARED) == STEADY
    with pytest.raises(Conflict, match="signs already"):
        rollover.abort(ACTIVATED)


STEPS = {
    "prepare": lambda ring: rollover.prepare(ring, NEW, OLD.root_key, NOW_NS),
    "activate": rollover.activate,
    "retire": rollover.retire,
    "abort": rollover.abort,
}
LEGAL = {("prepare", "steady"), ("activate", "prepared"), ("retire", "activated")}
LEGAL |= {("abort", "prepared")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("ring", RINGS)
def test_a_step_is_taken_in_its_phase_and_in_no_other(step, ring):
    if (step, ring) in LEGAL:
        STEPS[step](RINGS[ring])
    else:
        with pytest.raises(Conflict):
            STEPS[step](RINGS[ring])


def test_without_the_old_roots_key_nothing_is_prepared():
    with pytest.raises(Conflict, match="--root-key"):
        rollover.prepare(STEADY, NEW, None, NOW_NS)
    with pytest.raises(InputError, match="not the key of the root that signs"):
        rollover.prepare(STEADY, NEW, NEW.root_key, NOW_NS)


def test_a_ca_of_another_hub_or_the_same_root_is_not_taken():
    with pytest.raises(InputError, match="another hub"):
        rollover.prepare(STEADY, make_hierarchy(NOW_NS, OTHER_HUB), OLD.root_key, NOW_NS)
    with pytest.raises(InputError, match="has the key of the one"):
        rollover.prepare(STEADY, OLD, OLD.root_key, NOW_NS)


def test_a_cross_certificate_of_somebody_else_is_not_taken():
    stranger = make_hierarchy(NOW_NS, HUB)
    key = keys.load_signing_key(stranger.root_key)
    foreign = rollover.bridge(stranger, key, NEW, NOW_NS)
    for_another = rollover.bridge(OLD, keys.load_signing_key(OLD.root_key), stranger, NOW_NS)

    with pytest.raises(InputError, match="not the old root's"):
        rollover.accept(STEADY, NEW, foreign)
    with pytest.raises(InputError, match="not for the new CA"):
        rollover.accept(STEADY, NEW, for_another)


FIT = {
    "P-256": lambda: make_root(),
    "P-384": lambda: make_root(ec.generate_private_key(ec.SECP384R1())),
    "RSA 2048": lambda: make_root(rsa.generate_private_key(65537, 2048)),
    "path length 1": lambda: make_root(length=1),
    "an intermediate": lambda: make_root(name="Department", length=1, issuer=make_root()),
}


@pytest.mark.parametrize("make", FIT.values(), ids=FIT)
def test_a_root_that_is_brought_along_carries_a_hub_from_the_beginning(tmp_path, make):
    authority = authority_of(Ring(current=below(make())))

    shake(tmp_path, authority, authority.anchors, authority, authority.anchors)
    assert authority.hub == HUB


@pytest.mark.parametrize("make", FIT.values(), ids=FIT)
def test_a_hub_rolls_to_a_root_that_is_brought_along_and_on_to_one_of_its_own(tmp_path, make):
    corporate = below(make())
    prepared = rollover.prepare(STEADY, corporate, OLD.root_key, NOW_NS)
    activated = rollover.activate(prepared)
    now = authority_of(activated)
    # who holds the old root alone, and who holds both
    shake(tmp_path, now, OLD.root, authority_of(STEADY), now.anchors)
    shake(tmp_path, now, now.anchors, now, now.anchors)

    home = Ring(current=corporate)
    own = make_hierarchy(NOW_NS, HUB)
    back = rollover.activate(rollover.prepare(home, own, corporate.root_key, NOW_NS))
    now = authority_of(back)
    shake(tmp_path, now, corporate.root, authority_of(home), now.anchors)
    shake(tmp_path, now, now.anchors, now, now.anchors)


def test_its_key_need_not_be_kept():
    assert below(make_root(), keep_key=False).root_key is None


UNFIT = {
    "not a CA": (lambda: make_root(ca=False), "not the certificate of a CA"),
    "expired": (lambda: make_root(ends_days=-0.5), "has expired"),
    "not yet valid": (lambda: make_root(starts_days=2), "not yet valid"),
    "ends soon": (lambda: make_root(ends_days=20), "ends within 30 days"),
    "path length": (lambda: make_root(length=0), "path length 0"),
    "may not sign": (lambda: make_root(sign=False), "may not sign certificates"),
    "not critical": (lambda: make_root(critical=False), "not critical"),
    "no usage": (lambda: make_root(without=(x509.KeyUsage,)), "it has no keyUsage"),
    "no key id": (
        lambda: make_root(without=(x509.SubjectKeyIdentifier,)),
        "it has no subjectKeyIdentifier",
    ),
    "no name": (lambda: make_root(name=""), "no subject"),
    "client only": (
        lambda: make_root(more=[x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])]),
        "restricts what stands below it",
    ),
    "names": (
        lambda: make_root(
            more=[
                x509.NameConstraints(
                    permitted_subtrees=[x509.DNSName("corp.example")], excluded_subtrees=None
                )
            ]
        ),
        "restricts what stands below it",
    ),
}


@pytest.mark.parametrize(("make", "why"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_root_is_refused_with_the_reason(make, why):
    with pytest.raises(InputError, match=why):
        below(make())


def test_a_key_of_another_certificate_is_refused():
    with pytest.raises(InputError, match="not that of the certificate"):
        below((make_root()[0], ec.generate_private_key(ec.SECP256R1())))


WEAK = {
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "DSA": lambda: dsa.generate_private_key(2048),
}


@pytest.mark.parametrize("make", WEAK.values(), ids=WEAK)
def test_a_weak_or_unknown_key_is_refused(make):
    with pytest.raises(InputError, match="weak or unknown key"):
        keys.load_signing_key(keys.format_key(make()))


def test_a_hub_is_found_again_by_its_issuer():
    assert hub_of(below(make_root()).agents) == HUB
    with pytest.raises(InputError, match="names no hub"):
        hub_of(keys.format_chain(make_root()[0]))


def test_no_private_key_shows_in_text():
    assert "PRIVATE" not in repr(ACTIVATED)
    assert isinstance(ACTIVATED.current.root_key, Secret)
    assert "PRIVATE" not in str(msgspec.to_builtins(authority_of(ACTIVATED).trust))

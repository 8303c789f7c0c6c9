"""What the CA issues is what its table says, whatever a request asks for."""

import base64
import ipaddress
import shutil
import subprocess

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.errors import InputError
from muster.model.identity import Identity
from muster.pki import keys, profile
from muster.pki.authority import Authority, identity_of, make_hierarchy, refreshed

SECOND_NS = 1_000_000_000
NOW_NS = 1_800_000_000 * SECOND_NS
YEAR_NS = 365 * 86_400 * SECOND_NS
HUB = "0a0a0a0a-1111-4111-8111-111111111111"
SPACE = "0b0b0b0b-1111-4111-8111-111111111111"
NODE = "0c0c0c0c-1111-4111-8111-111111111111"
HIERARCHY = make_hierarchy(NOW_NS, HUB)
AUTHORITY = Authority(HIERARCHY)
IDENTITY = Identity(HUB, SPACE, NODE)
KEY = ec.generate_private_key(ec.SECP256R1())
DER = serialization.Encoding.DER


def issue(request=None, **options):
    request = request or keys.make_request(keys.make_key())
    return AUTHORITY.issue_agent(request, IDENTITY, now_ns=NOW_NS, **options)


def leaf_of(pem):
    return keys.load_chain(pem)[0]


def values(certificate):
    """Extension values by OID, without those that name a key."""
    changing = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
    return {
        each.oid: (each.critical, each.value)
        for each in certificate.extensions
        if not isinstance(each.value, changing)
    }


TEMPLATE = leaf_of(issue().chain)


def assert_equals_template(issued, key):
    certificate = leaf_of(issued.chain)
    ski = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value

    assert values(certificate) == values(TEMPLATE)
    assert len(certificate.extensions) == len(TEMPLATE.extensions)
    assert certificate.subject == TEMPLATE.subject
    assert certificate.issuer == TEMPLATE.issuer
    assert certificate.not_valid_before_utc == TEMPLATE.not_valid_before_utc
    assert certificate.not_valid_after_utc == TEMPLATE.not_valid_after_utc
    assert ski == x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    assert identity_of(issued.der) == IDENTITY


def request_with(*extensions, subject=()):
    names = [x509.NameAttribute(oid, text) for oid, text in subject]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    request = builder.sign(KEY, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


OTHER_NODE = Identity(HUB, SPACE, "0d0d0d0d-1111-4111-8111-111111111111").uri
ZOO = {
    "another name": request_with(subject=[(NameOID.COMMON_NAME, "0d0d0d0d")]),
    "many names": request_with(
        subject=[
            (NameOID.COMMON_NAME, "one"),
            (NameOID.COMMON_NAME, "two"),
            (NameOID.ORGANIZATION_NAME, "system:masters"),
            (NameOID.COUNTRY_NAME, "DE"),
        ]
    ),
    "line break in name": request_with(subject=[(NameOID.COMMON_NAME, "a\nb")]),
    "nul in name": request_with(subject=[(NameOID.COMMON_NAME, "a\x00b")]),
    "wildcard": request_with(x509.SubjectAlternativeName([x509.DNSName("*")])),
    "localhost": request_with(
        x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
    ),
    "another node": request_with(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(OTHER_NODE)])
    ),
    "mail": request_with(x509.SubjectAlternativeName([x509.RFC822Name("root@hub.example")])),
    "authority": request_with(x509.BasicConstraints(ca=True, path_length=None)),
    "server usage": request_with(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
    "any usage": request_with(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])),
    "sign certificates": request_with(
        x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
    ),
    "unknown critical": request_with(
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    ),
    "name constraints": request_with(
        x509.NameConstraints(permitted_subtrees=[x509.DNSName("")], excluded_subtrees=None)
    ),
    "a hundred names": request_with(
        x509.SubjectAlternativeName([x509.DNSName(f"n{each}.example") for each in range(100)])
    ),
}


@pytest.mark.parametrize("request_", ZOO.values(), ids=ZOO)
def test_nothing_of_a_request_but_its_key_reaches_the_certificate(request_):
    assert_equals_template(issue(request_), KEY)


def test_a_request_with_ten_thousand_names_is_refused():
    names = [x509.DNSName(f"n{each}.example") for each in range(10_000)]

    with pytest.raises(keys.BadRequest, match="longer than"):
        issue(request_with(x509.SubjectAlternativeName(names)))


subjects = st.lists(
    st.tuples(
        st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.DN_QUALIFIER]),
        st.text(min_size=1, max_size=40).filter(lambda text: len(text.encode()) <= 64),
    ),
    max_size=5,
)
alternatives = st.lists(
    st.one_of(
        st.from_regex(r"[a-z*.]{1,30}", fullmatch=True).map(x509.DNSName),
        st.ip_addresses().map(x509.IPAddress),
        st.from_regex(r"spiffe://[a-z0-9/-]{1,60}", fullmatch=True).map(
            x509.UniformResourceIdentifier
        ),
    ),
    min_size=1,
    max_size=20,
).map(x509.SubjectAlternativeName)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(subjects, st.none() | alternatives, st.none() | st.booleans())
def test_whatever_is_asked_for_the_certificate_equals_the_template(subject, names, authority):
    extensions = [] if names is None else [names]
    if authority is not None:
        extensions.append(x509.BasicConstraints(ca=authority, path_length=None))
    try:
        request = request_with(*extensions, subject=subject)
    except (ValueError, UnicodeEncodeError):
        return  # it cannot even be written

    assert_equals_template(issue(request), KEY)


ASKED_DER = [x509.load_pem_x509_csr(text.encode()).public_bytes(DER) for text in ZOO.values()]
cuts = st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=40))


@settings(max_examples=400)
@given(st.sampled_from(ASKED_DER), st.lists(cuts, min_size=1, max_size=4))
def test_a_request_with_bytes_put_in_and_cut_out_is_refused_or_gets_the_template(der, changes):
    for at, length, put in changes:
        at %= len(der) + 1
        der = der[:at] + put + der[at + length :]
    body = base64.encodebytes(der).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    try:
        issued = issue(pem)
    except keys.BadRequest:
        return

    assert_equals_template(issued, KEY)


@settings(max_examples=50)
@given(st.lists(st.integers(0, len(ZOO) - 1), min_size=2, max_size=4))
def test_of_several_requests_in_one_text_only_the_key_of_one_counts(which):
    texts = list(ZOO.values())
    try:
        issued = issue("".join(texts[each] for each in which))
    except keys.BadRequest:
        return

    assert_equals_template(issued, KEY)


def test_serials_are_long_and_never_the_same():
    serials = {leaf_of(issue().chain).serial_number for _ in range(50)}

    assert len(serials) == 50
    assert min(serial.bit_length() for serial in serials) > 128


def test_an_identity_of_another_hub_is_refused():
    foreign = Identity(SPACE, SPACE, NODE)

    with pytest.raises(InputError, match="another hub"):
        AUTHORITY.issue_agent(keys.make_request(keys.make_key()), foreign, now_ns=NOW_NS)


@pytest.mark.parametrize("lifetime_s", [-5, 1, 9])
def test_a_lifetime_that_is_too_short_is_refused(lifetime_s):
    with pytest.raises(InputError, match="lifetime"):
        issue(lifetime_s=lifetime_s)


def test_a_certificate_ends_no_later_than_its_issuer():
    end_ns = AUTHORITY.issuers()[0].not_after_ns
    late = AUTHORITY.issue_agent(
        keys.make_request(keys.make_key()), IDENTITY, now_ns=end_ns - 60 * SECOND_NS
    )

    assert late.view.not_after_ns == end_ns
    with pytest.raises(InputError, match="run out"):
        AUTHORITY.issue_agent(keys.make_request(keys.make_key()), IDENTITY, now_ns=end_ns)


def test_a_server_certificate_carries_every_name_and_address():
    issued = AUTHORITY.issue_server(
        ["Hub.example", "localhost", "127.0.0.1", "::1", "hub.example"], now_ns=NOW_NS
    )

    assert issued.view.names == ("hub.example", "localhost", "127.0.0.1", "::1")
    assert keys.own_key_sha256(issued.key) == issued.view.key_sha256
    assert "PRIVATE" not in repr(issued)


@pytest.mark.parametrize(
    "name",
    ["", "*", "*.example", "a b", "a\x00b", "a\nb", "exämple", "a..b", "-a", "a" * 64, "a." * 130],
)
def test_a_server_name_that_is_no_host_name_is_refused(name):
    with pytest.raises(InputError, match="neither a host name"):
        AUTHORITY.issue_server([name], now_ns=NOW_NS)


@pytest.mark.parametrize("names", [[], [f"n{each}.example" for each in range(101)]])
def test_a_server_certificate_without_names_or_with_too_many_is_refused(names):
    with pytest.raises(InputError, match="takes 1 to 100"):
        AUTHORITY.issue_server(names, now_ns=NOW_NS)


NO_NODES = {
    "server": AUTHORITY.issue_server(["hub.example"], now_ns=NOW_NS).chain,
    "root": HIERARCHY.root,
    "issuer": HIERARCHY.agents,
}


@pytest.mark.parametrize("pem", NO_NODES.values(), ids=NO_NODES)
def test_a_certificate_that_is_no_agents_names_no_node(pem):
    with pytest.raises(InputError, match="not the certificate of a node"):
        identity_of(keys.to_der(leaf_of(pem)))


def forged(*extensions):
    """A self-made certificate that TLS would never pass, to try the check alone."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(keys.to_datetime(NOW_NS))
        .not_valid_after(keys.to_datetime(NOW_NS + SECOND_NS))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return keys.to_der(builder.sign(KEY, hashes.SHA256()))


LEAF = x509.BasicConstraints(ca=False, path_length=None)
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
BOTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])


def uris(*texts):
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(text) for text in texts])


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        (LEAF, CLIENT),
        (LEAF, uris(IDENTITY.uri)),
        (CLIENT, uris(IDENTITY.uri)),
        (LEAF, BOTH, uris(IDENTITY.uri)),
        (x509.BasicConstraints(ca=True, path_length=0), CLIENT, uris(IDENTITY.uri)),
        (LEAF, CLIENT, uris(IDENTITY.uri, OTHER_NODE)),
        (LEAF, CLIENT, uris("https://hub.example")),
        (LEAF, CLIENT, uris(IDENTITY.uri + "/x")),
        (LEAF, CLIENT, uris(IDENTITY.uri.upper())),
        (LEAF, CLIENT, x509.SubjectAlternativeName([x509.DNSName("hub.example")])),
        (
            LEAF,
            CLIENT,
            x509.SubjectAlternativeName(
                [x509.UniformResourceIdentifier(IDENTITY.uri), x509.DNSName("hub.example")]
            ),
        ),
    ],
)
def test_a_certificate_that_names_no_single_node_is_refused(extensions):
    with pytest.raises(InputError):
        identity_of(forged(*extensions))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_name_no_node(data):
    with pytest.raises(InputError):
        identity_of(data)


@pytest.mark.parametrize(
    ("part", "other"), [("agents_key", "servers_key"), ("servers_key", "root_key")]
)
def test_an_authority_with_a_key_of_another_part_is_refused(part, other):
    mixed = msgspec.structs.replace(HIERARCHY, **{part: getattr(HIERARCHY, other)})

    with pytest.raises(InputError, match="is not the key of"):
        Authority(mixed)


def test_an_authority_with_an_issuer_of_another_root_is_refused():
    other = make_hierarchy(NOW_NS, HUB)
    mixed = msgspec.structs.replace(HIERARCHY, agents=other.agents, agents_key=other.agents_key)

    with pytest.raises(InputError, match=r"agents\.pem was not issued by root\.pem"):
        Authority(mixed)


def test_an_authority_works_without_the_key_of_its_root():
    offline = msgspec.structs.replace(HIERARCHY, root_key=None)

    assert Authority(offline).pins == AUTHORITY.pins
    assert refreshed(offline, NOW_NS + 10 * YEAR_NS) is offline


def test_an_authority_trusts_every_root_it_is_given_and_signs_under_the_first():
    older = make_hierarchy(NOW_NS, HUB)
    both = Authority(msgspec.structs.replace(HIERARCHY, root=HIERARCHY.root + older.root))

    assert both.pins == (*AUTHORITY.pins, *Authority(older).pins)
    assert both.anchors == HIERARCHY.root + older.root


def test_issuers_are_replaced_in_their_last_year_under_the_same_root():
    assert refreshed(HIERARCHY, NOW_NS + 3 * YEAR_NS) is HIERARCHY
    later_ns = NOW_NS + 4 * YEAR_NS + 86_400 * SECOND_NS
    fresh = refreshed(HIERARCHY, later_ns)

    assert fresh.root == HIERARCHY.root
    assert fresh.agents != HIERARCHY.agents
    assert fresh.servers != HIERARCHY.servers
    assert Authority(fresh).hub == HUB
    assert Authority(fresh).issuers()[0].not_after_ns > later_ns + 4 * YEAR_NS


@pytest.mark.parametrize("hub", ["hub", HUB.upper(), HUB + "0"])
def test_a_hub_id_that_is_no_uuid_is_refused(hub):
    with pytest.raises(InputError, match="hub id"):
        make_hierarchy(NOW_NS, hub)


def test_no_private_key_shows_in_text():
    assert "PRIVATE KEY" not in repr(HIERARCHY)


def test_path_lengths_let_nobody_below_an_issuer_sign():
    constraints = [
        leaf_of(pem).extensions.get_extension_for_class(x509.BasicConstraints).value
        for pem in (HIERARCHY.root, HIERARCHY.agents, HIERARCHY.servers)
    ]

    assert [(each.ca, each.path_length) for each in constraints] == [
        (True, 1),
        (True, 0),
        (True, 0),
    ]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
@pytest.mark.parametrize(
    ("kind", "purpose", "fine"),
    [
        ("agent", "sslclient", True),
        ("agent", "sslserver", False),
        ("server", "sslserver", True),
        ("server", "sslclient", False),
    ],
)
def test_openssl_agrees_strictly_about_chains_and_purposes(tmp_path, kind, purpose, fine):
    chain = (
        issue().chain
        if kind == "agent"
        else AUTHORITY.issue_server(["hub.example"], now_ns=NOW_NS).chain
    )
    (tmp_path / "root.pem").write_text(AUTHORITY.anchors)
    (tmp_path / "chain.pem").write_text(chain)
    command = ["openssl", "verify", "-x509_strict", "-purpose", purpose]
    command += ["-attime", str(NOW_NS // SECOND_NS), "-CAfile", str(tmp_path / "root.pem")]
    command += ["-untrusted", str(tmp_path / "chain.pem"), str(tmp_path / "chain.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode == 0) is fine, done.stderr


def test_the_agents_key_usage_is_signing_alone():
    usage = TEMPLATE.extensions.get_extension_for_class(x509.KeyUsage)

    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    assert profile.AGENT.lifetime_s == 86_400

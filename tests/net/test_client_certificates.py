"""A zoo of client certificates at a listener for agents: each is refused with its own reason.

The reason is read where an operator would: what the listener says in its log of a handshake
that failed, or the 401 of what passed it. What the peer itself is told is the alert.
"""

import asyncio
import logging
import ssl
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from http.client import HTTPSConnection
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from muster.clock import SystemClock
from muster.errors import Denied, InputError
from muster.model.identity import Identity
from muster.net.bind import bind_tcp
from muster.net.http import Public, Request, Route, json_response
from muster.net.server import Listener, ListenerSettings
from muster.net.tls import client_context, server_context
from muster.pki import keys
from muster.pki.authority import Authority, Hierarchy, identity_of, make_hierarchy

NOW_NS = SystemClock().now_ns()  # OpenSSL has no other clock
NOW = keys.to_datetime(NOW_NS)
HIERARCHY = make_hierarchy(NOW_NS)
AUTHORITY = Authority(HIERARCHY)
FOREIGN = make_hierarchy(NOW_NS)
NODE = Identity(
    AUTHORITY.hub, "0b0b0b0b-1111-4111-8111-111111111111", "0c0c0c0c-1111-4111-8111-111111111111"
)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
KEY = ec.generate_private_key(ec.SECP256R1())


class Signer(NamedTuple):
    """What signs, and what the chain has above it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    above: str = ""


def signer(hierarchy: Hierarchy, part: str) -> Signer:
    secret = getattr(hierarchy, f"{part}_key")
    pem = getattr(hierarchy, part)
    return Signer(keys.load_key(secret), keys.load_chain(pem)[0])


def uri(text: str = NODE.uri) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


def made(
    *,
    by: Signer,
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(hours=1),
    usage: tuple = (CLIENT,),
    names: tuple = (uri(),),
    authority: bool = False,
    sha1: bool = False,
    name: str = "zoo",
    key: ec.EllipticCurvePrivateKey = KEY,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(sign=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(by.key, hashes.SHA256())
    return with_sha1(certificate, by.key) if sha1 else certificate


def with_sha1(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The same, signed with SHA-1, which the library makes no more. RFC 5758 section 3.2."""
    sha256, sha1 = (bytes.fromhex(each) for each in (_ECDSA_SHA256, _ECDSA_SHA1))
    body = certificate.tbs_certificate_bytes[4:].replace(sha256, sha1, 1)
    told = sequence(body)
    signature = key.sign(told, ec.ECDSA(hashes.SHA1()))
    bits = b"\x03" + bytes([len(signature) + 1]) + b"\x00" + signature
    return x509.load_der_x509_certificate(sequence(told + sha1 + bits))


_ECDSA_SHA256 = "300a06082a8648ce3d040302"
_ECDSA_SHA1 = "300906072a8648ce3d0401"


def sequence(body: bytes) -> bytes:
    """A DER sequence of 256 bytes to 64 KiB."""
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=sign,
        crl_sign=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


AGENTS = signer(HIERARCHY, "agents")


def below(by: Signer) -> Signer:
    """An authority that an issuer's stolen key was made to sign."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = made(by=by, authority=True, key=key, names=())
    return Signer(key, certificate, keys.format_chain(by.certificate) + by.above)


def deep(by: Signer, levels: int) -> Signer:
    for _ in range(levels):
        by = below(by)
    return by


class Refused(NamedTuple):
    """`alert` is what the peer is told by TLS, empty where the handshake passes."""

    by: Signer
    reason: str
    alert: str = ""
    options: dict = {}  # noqa: RUF012 - never changed


def hours(begins: int, ends: int) -> dict:
    return {"begins": timedelta(hours=begins), "ends": timedelta(hours=ends)}


OTHER = Identity(NODE.hub, NODE.space, "0d0d0d0d-1111-4111-8111-111111111111").uri
ZOO = {
    "expired": Refused(AGENTS, "has expired", "CERTIFICATE_EXPIRED", hours(-2, -1)),
    "not yet valid": Refused(AGENTS, "not yet valid", "BAD_CERTIFICATE", hours(1, 2)),
    "server usage": Refused(
        AGENTS, "unsuitable certificate purpose", "UNSUPPORTED_CERTIFICATE", {"usage": (SERVER,)}
    ),
    "issuer of servers": Refused(
        signer(HIERARCHY, "servers"), "unsuitable certificate purpose", "UNSUPPORTED_CERTIFICATE"
    ),
    "foreign chain": Refused(
        signer(FOREIGN, "agents"), "unable to get local issuer certificate", "UNKNOWN_CA"
    ),
    "an issuer's name with another key": Refused(
        Signer(KEY, AGENTS.certificate), "unable to get local issuer certificate", "UNKNOWN_CA"
    ),
    "an authority below the issuer": Refused(
        below(AGENTS), "path length constraint exceeded", "UNKNOWN_CA"
    ),
    "deep chain": Refused(deep(AGENTS, 10), "path length constraint exceeded", "UNKNOWN_CA"),
    "signed by a node": Refused(
        Signer(KEY, made(by=AGENTS, name="node"), HIERARCHY.agents),
        "invalid CA certificate",
        "UNKNOWN_CA",
    ),
    "SHA-1": Refused(
        AGENTS, "signature digest algorithm too weak", "BAD_CERTIFICATE", {"sha1": True}
    ),
    "authority": Refused(AGENTS, "it is an authority's", options={"authority": True}),
    "both usages": Refused(
        AGENTS, "its usage is another than client", options={"usage": (CLIENT, SERVER)}
    ),
    "no usage": Refused(AGENTS, "it has no extension 2.5.29.37", options={"usage": ()}),
    "no names": Refused(AGENTS, "it has no extension 2.5.29.17", options={"names": ()}),
    "two names": Refused(AGENTS, "it has 2 names", options={"names": (uri(), uri(OTHER))}),
    "a host's name": Refused(
        AGENTS, "its name is no URI", options={"names": (x509.DNSName("hub.example"),)}
    ),
    "another kind of URI": Refused(
        AGENTS, "its name is 'https://hub'", options={"names": (uri("https://hub"),)}
    ),
    "a name with more behind it": Refused(
        AGENTS, "its name is 'spiffe://", options={"names": (uri(NODE.uri + "/admin"),)}
    ),
}


async def nobody(request: Request) -> None:
    return None


def nothing(actor, action) -> None:
    raise Denied("nothing here is for people")


async def who(request: Request):
    return json_response({"node": request.peer.node})


@asynccontextmanager
async def listening(tmp_path):
    """A listener as the hub has it for agents; its address."""
    issued = AUTHORITY.issue_server(["127.0.0.1"], now_ns=NOW_NS)
    file = tmp_path / "server.pem"
    file.write_text(issued.key.reveal() + issued.chain)
    sockets = bind_tcp(["127.0.0.1"], 0, "test")
    listener = Listener(
        name="agents",
        routes=[Route(method="GET", path="/v1/link", allow=Public.PEER, handler=who)],
        sockets=sockets,
        settings=ListenerSettings(),
        authenticate=nobody,
        authorize=nothing,
        context=server_context(file, clients=AUTHORITY.anchors),
    )
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(listener.run())
        try:
            yield sockets[0].getsockname()
        finally:
            listener.stop()


def shown(folder, certificate: x509.Certificate, above: str) -> ssl.SSLContext:
    file = folder / "peer.pem"
    file.write_text(keys.format_key(KEY).reveal() + keys.format_chain(certificate) + above)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # it shows whatever it has
    context.load_verify_locations(cadata=AUTHORITY.anchors)
    context.load_cert_chain(file)
    return context


async def ask(address, context: ssl.SSLContext) -> tuple[int, str]:
    """Status and body. Errors: ssl.SSLError with the alert."""

    def asked() -> tuple[int, str]:
        connection = HTTPSConnection(*address, context=context, timeout=60)
        with closing(connection):
            connection.request("GET", "/v1/link")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    return await asyncio.to_thread(asked)


async def test_a_nodes_own_certificate_is_taken(tmp_path):
    context = shown(tmp_path, made(by=AGENTS), HIERARCHY.agents)

    async with listening(tmp_path) as address:
        assert await ask(address, context) == (200, f'{{"node":"{NODE.node}"}}')


@pytest.mark.parametrize("case", ZOO.values(), ids=ZOO)
async def test_each_other_is_refused_with_its_own_reason(tmp_path, case, caplog):
    caplog.set_level(logging.INFO, "muster.net.refused")
    above = keys.format_chain(case.by.certificate) + case.by.above
    context = shown(tmp_path, made(by=case.by, **case.options), above)
    async with listening(tmp_path) as address:
        if not case.alert:
            status, text = await ask(address, context)
            assert status == 401
            assert case.reason in text
            return
        with pytest.raises(ssl.SSLError) as refused:
            await ask(address, context)

    assert refused.value.reason.endswith(case.alert)
    told = [each.reason for each in caplog.records if each.name == "muster.net.refused"]
    assert len(told) == 1
    assert case.reason in told[0]


async def test_nobody_comes_in_without_a_certificate(tmp_path):
    async with listening(tmp_path) as address:
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            await ask(address, client_context(AUTHORITY.anchors))


@pytest.mark.parametrize(
    "case", [case for case in ZOO.values() if not case.alert], ids=lambda case: case.reason
)
def test_what_names_no_node_is_refused_by_its_reading_too(case):
    der = keys.to_der(made(by=case.by, **case.options))

    with pytest.raises(InputError, match="not the certificate of a node") as refused:
        identity_of(der)
    assert case.reason in str(refused.value)

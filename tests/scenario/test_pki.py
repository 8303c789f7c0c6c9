"""Certificates for other services of a hub that runs, judged by other programs: openssl, ssl."""

import contextlib
import socket
import ssl
import subprocess
import threading
import urllib.request

import pytest
from processes import Hub, free_port_base, run

pytestmark = pytest.mark.scenario


@pytest.fixture
def hub(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield hub
    hub.stop()


def openssl(folder, *words, ok=True):
    done = subprocess.run(
        ["openssl", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def six_files(folder):
    """As the home stack's scripts make them, with a shorter key."""
    folder.mkdir()
    make = "req -newkey rsa:2048 -nodes"
    openssl(folder, *f"{make} -x509 -keyout ca.key -out ca.cer -subj /CN=home -days 36500".split())
    (folder / "extfile.cnf").write_text("subjectAltName=IP:10.0.0.5\n")
    for role, more in (("server", "-extfile extfile.cnf"), ("client", "")):
        openssl(folder, *f"{make} -keyout {role}.key -out {role}.csr -subj /CN={role}".split())
        sign = f"x509 -req -in {role}.csr -CA ca.cer -CAkey ca.key -CAcreateserial -days 36500"
        openssl(folder, *f"{sign} {more} -out {role}.cer".split())
    return folder


def fetch(hub, path, to):
    """A public file of the web listener, over TLS that the hub's root proves."""
    context = ssl.create_default_context(cadata=hub.muster("ca", "show", "--pem"))
    url = f"https://127.0.0.1:{hub.ready['web'].rpartition(':')[2]}{path}"
    with urllib.request.urlopen(url, context=context) as answer:
        to.write_bytes(answer.read())
    return to


def handshake(server, client, ca):
    """One connection of a service with another, both certificates checked; what it ends with."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(f"{server}.pem", f"{server}.key")
    listening.load_verify_locations(ca)
    listening.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile=ca)
    asking.load_cert_chain(f"{client}.pem", f"{client}.key")
    with socket.create_server(("127.0.0.1", 0)) as place:

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = place.accept()
                with listening.wrap_socket(connection, server_side=True) as safe:
                    safe.sendall(b"hello")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(place.getsockname()) as plain,
                asking.wrap_socket(plain, server_hostname="nas.lan") as safe,
            ):
                return safe.recv(5)
        finally:
            thread.join()


def test_two_services_know_each_other_by_certificates_of_the_hub(hub, tmp_path):
    tls = tmp_path / "tls"
    hub.muster("pki", "server", "nas.lan", "--ip", "10.0.0.7", "--out", str(tls))
    hub.muster("pki", "client", "backup-7", "--out", str(tls), "--lifetime", "1d")

    assert handshake(tls / "nas.lan", tls / "backup-7", tls / "ca.pem") == b"hello"
    assert (
        fetch(hub, "/pki/ca.pem", tmp_path / "ca.pem").read_text() == (tls / "ca.pem").read_text()
    )
    verify = ("verify", "-CAfile", "ca.pem", "-x509_strict")
    openssl(tls, *verify, "-purpose", "sslserver", "-verify_hostname", "nas.lan", "nas.lan.pem")
    openssl(tls, *verify, "-purpose", "sslserver", "-verify_ip", "10.0.0.7", "nas.lan.pem")
    openssl(tls, *verify, "-purpose", "sslserver", "backup-7.pem", ok=False)
    openssl(tls, *verify, "-purpose", "sslclient", "nas.lan.pem", ok=False)
    for pem in ("ca.pem", "nas.lan.pem", "backup-7.pem"):
        assert "ASN1 OID: prime256v1" in openssl(tls, "x509", "-in", pem, "-noout", "-text")


def test_what_is_revoked_is_refused_by_the_list_also_after_a_restart(hub, tmp_path):
    tls = tmp_path / "tls"
    for name in ("nas.lan", "printer.lan"):
        hub.muster("pki", "server", name, "--out", str(tls))
    hub.muster("pki", "revoke", "nas.lan", "--reason", "key_compromise")
    hub.muster("pki", "renew", "printer.lan", "--out", str(tls))
    lists = fetch(hub, "/pki/crl.pem", tmp_path / "crl.pem")
    verify = ("verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", str(lists))

    assert "revoked" in openssl(tls, *verify, "nas.lan.pem", ok=False)
    openssl(tls, *verify, "printer.lan.pem")
    base = int(hub.ready["web"].rpartition(":")[2])
    hub.stop()
    again = Hub(hub.data, base, command="hub")
    try:
        states = {each["name"]: each["state"] for each in again.muster("pki", "list", "--json")}
        fetch(again, "/pki/crl.pem", lists)
        assert "revoked" in openssl(tls, *verify, "nas.lan.pem", ok=False)
        assert states["nas.lan"] == "revoked"
        events = again.muster("audit", "list", "--json")
        assert [each["action"] for each in events if each["action"].startswith("pki.")] == [
            "pki.renew",
            "pki.revoke",
            "pki.issue",
            "pki.issue",
        ]
    finally:
        again.stop()


def test_a_ca_made_by_hand_goes_on_and_issues(hub, tmp_path):
    six = six_files(tmp_path / "six")
    told = hub.muster("pki", "import", str(six), "--json")
    assert told["certificates"] == 2
    assert any("100 years" in each for each in told["remarks"])

    tls = tmp_path / "tls"
    hub.muster("pki", "server", "nas.lan", "--out", str(tls))
    hub.muster("pki", "renew", "client", "--out", str(tls), "--lifetime", "30d")
    verify = ("verify", "-CAfile", str(six / "ca.cer"))
    openssl(tls, *verify, "-purpose", "sslserver", "-verify_hostname", "nas.lan", "nas.lan.pem")
    openssl(tls, *verify, "-purpose", "sslclient", "client.pem")
    assert handshake(tls / "nas.lan", tls / "client", six / "ca.cer") == b"hello"

    hub.muster("pki", "revoke", "server")
    lists = fetch(hub, "/pki/crl.pem", tmp_path / "crl.pem")
    refused = openssl(six, *verify, "-crl_check", "-CRLfile", str(lists), "server.cer", ok=False)
    assert "revoked" in refused
    for path in (hub.data / "ca").glob("services.*"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert not (hub.data / "ca.services").exists()


def test_a_certificate_of_a_service_is_neither_node_nor_hub(hub, tmp_path):
    tls = tmp_path / "tls"
    hub.muster("pki", "client", "node-1", "--out", str(tls))
    port = int(hub.ready["agents"].rpartition(":")[2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=hub.muster("ca", "show", "--pem"))
    context.load_cert_chain(tls / "node-1.pem", tls / "node-1.key")

    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as safe,
        pytest.raises(ssl.SSLError),
    ):
        safe.sendall(b"GET /v1/link HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while safe.recv(1000):  # TLS 1.3 tells a client of a refusal when it reads
            pass
    root = tmp_path / "root.pem"
    root.write_text(hub.muster("ca", "show", "--pem"))
    openssl(tls, "verify", "-CAfile", str(root), "node-1.pem", ok=False)


def test_a_request_gives_a_key_and_nothing_else(hub, tmp_path):
    config = "-addext basicConstraints=critical,CA:TRUE -addext subjectAltName=DNS:evil.example"
    words = f"req -new -newkey rsa:2048 -nodes -keyout x.key -out x.csr -subj /CN=evil/O=x {config}"
    openssl(tmp_path, *words.split())
    pem = hub.muster("pki", "sign", str(tmp_path / "x.csr"), "--client", "telegraf")
    (tmp_path / "x.pem").write_text(pem)
    shown = openssl(tmp_path, "x509", "-in", "x.pem", "-noout", "-text")

    assert "CA:FALSE" in shown
    assert "DNS:telegraf" in shown
    assert "evil" not in shown
    refused = run(
        "--data", str(hub.data), "pki", "sign", str(tmp_path / "x.csr"), "--server",
        "--dns", "*.example", ok=False,
    )  # fmt: skip
    assert "neither a host name" in str(refused)

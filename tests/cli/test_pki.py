"""`muster pki`."""

import io
import json

import pytest

from muster.clock import SystemClock
from muster.pki import keys
from muster.pki.services import ServiceIssuers, Wanted, make_services

ALL = "/api/v1/pki/certificates"
NOW = SystemClock().now_ns()
DAY_NS = 86_400 * 10**9
ONE = {
    "id": "00aa11bb22cc33dd",
    "name": "nas.lan",
    "names": ["nas.lan", "10.0.0.7"],
    "client": False,
    "server": True,
    "state": "valid",
    "serial": "0a",
    "issuer": "11" * 32,
    "key_sha256": "22" * 32,
    "not_before_ns": 0,
    "not_after_ns": 1_795_000_000 * 10**9,
    "created_ns": 1_794_000_000 * 10**9,
    "created_by": "ada",
    "imported": False,
    "replaced_by": "",
    "revoked_ns": 0,
    "reason": "",
    "chain": "PEM\n",
}
OLD = ONE | {"id": "ffff", "state": "replaced"}


class Authority:
    """Answers a hub's routes with real certificates."""

    def __init__(self, hub):
        self._key, self._pem = make_services("6a0d6a52-0000-4000-8000-000000000001", NOW)
        self._answer = hub.answer
        hub.answer = self
        self._hub = hub

    def __call__(self, method, target, body):
        status, told = self._answer(method, target, body)
        if method == "POST" and (target == ALL or target.endswith("/renew")):
            asked = self._hub.asked[-1][2]
            wanted = Wanted(names=("nas.lan",), client=False, server=True)
            made = ServiceIssuers(self._key, self._pem).issue(asked["request"], wanted, NOW)
            return 201, json.dumps(ONE | {"chain": keys.format_chain(*made)}).encode()
        return status, told


@pytest.fixture
def authority(hub):
    return Authority(hub)


@pytest.fixture
def known(hub):
    hub.answers[f"GET {ALL}"] = [ONE, OLD]
    hub.answers[f"GET {ALL}/{ONE['id']}"] = ONE


@pytest.fixture
def request_file(tmp_path):
    path = tmp_path / "nas.csr"
    path.write_text(keys.make_request(keys.make_key()))
    return path


def asked(hub):
    method, path, body = hub.asked[-1]
    return method, path, {key: value for key, value in body.items() if key != "request"}


def test_a_request_is_certified_and_printed(hub, authority, request_file):
    words = ("--dns", "nas.lan", "--ip", "10.0.0.7", "--lifetime", "90d")
    code, out, said = hub.run("pki", "sign", str(request_file), "--server", *words)

    assert (code, len(keys.load_chain(out))) == (0, 2)
    assert "certificate 00aa11bb22cc33dd for nas.lan, 10.0.0.7" in said
    assert asked(hub) == (
        "POST",
        ALL,
        {
            "names": ["nas.lan", "10.0.0.7"],
            "client": False,
            "server": True,
            "lifetime_s": 90 * 86_400,
        },
    )


def test_a_request_comes_from_standard_input_too(hub, authority, request_file, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(request_file.read_text()))
    code, _, _ = hub.run("pki", "sign", "-", "--client", "telegraf")

    assert code == 0
    assert asked(hub)[2] == {"names": ["telegraf"], "client": True, "server": False}
    assert hub.asked[-1][2]["request"] == request_file.read_text()


def test_a_request_for_nobody_is_not_sent(hub, request_file):
    code, _, said = hub.run("pki", "sign", str(request_file), "--dns", "nas.lan")

    assert (code, hub.asked) == (2, [])
    assert "give --server" in said
    code, _, said = hub.run("pki", "sign", str(request_file), "--server")
    assert (code, hub.asked) == (2, [])
    assert "give --dns" in said


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (
            ("server", "nas.lan", "--ip", "10.0.0.7"),
            {"names": ["nas.lan", "10.0.0.7"], "server": True, "name": "nas.lan"},
        ),
        (
            ("server", "my-nas", "--dns", "a.lan", "--dns", "b.lan"),
            {"names": ["a.lan", "b.lan"], "server": True, "name": "my-nas"},
        ),
        (
            ("client", "backup", "--lifetime", "1d"),
            {"names": ["backup"], "client": True, "name": "backup", "lifetime_s": 86_400},
        ),
    ],
)
def test_a_key_is_made_here_and_only_its_request_is_sent(hub, authority, tmp_path, words, body):
    code, out, _ = hub.run("pki", *words, "--out", str(tmp_path / "tls"))

    assert code == 0
    assert asked(hub) == ("POST", ALL, body)
    assert "PRIVATE" not in str(hub.asked)
    key = tmp_path / "tls" / f"{words[1]}.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert str(key) in out


def test_a_certificate_is_renewed_by_name_in_its_folder(hub, known, authority, tmp_path):
    folder = tmp_path / "tls"
    hub.run("pki", "server", "nas.lan", "--out", str(folder))
    before = (folder / "nas.lan.key").read_text()
    code, _, _ = hub.run("pki", "renew", "nas.lan", "--out", str(folder))

    assert code == 0
    assert asked(hub) == ("POST", f"{ALL}/{ONE['id']}/renew", {})
    assert (folder / "nas.lan.key").read_text() != before


def test_a_certificate_is_renewed_for_a_request(hub, known, authority, request_file):
    code, out, _ = hub.run(
        "pki", "renew", ONE["id"], "--csr", str(request_file), "--lifetime", "10d"
    )

    assert (code, asked(hub)[2]) == (0, {"lifetime_s": 864_000})
    assert len(keys.load_chain(out)) == 2


def test_a_certificate_is_revoked_with_a_reason(hub, known):
    hub.answers[f"POST {ALL}/{ONE['id']}/revoke"] = ONE | {"state": "revoked"}
    code, _, said = hub.run("pki", "revoke", "nas.lan", "--reason", "superseded")

    assert (code, asked(hub)[2]) == (0, {"reason": "superseded"})
    assert "is revoked" in said
    assert hub.json("pki", "revoke", "nas.lan")["state"] == "revoked"


def test_certificates_are_listed_and_shown(hub, known):
    _, out, _ = hub.run("pki", "list")
    assert [line.split()[0] for line in out.splitlines()] == ["ID", ONE["id"], "ffff"]
    assert hub.json("pki", "list") == [ONE, OLD]

    _, out, _ = hub.run("pki", "show", "nas.lan")
    assert "by ada" in out
    assert hub.run("pki", "show", "nas.lan", "--pem")[1] == "PEM\n"
    assert hub.json("pki", "show", ONE["id"]) == ONE


def test_what_is_not_there_is_said(hub, known):
    code, _, said = hub.run("pki", "show", "printer")

    assert code == 5
    assert "muster pki list" in said


def test_what_ends_soon_is_listed(hub):
    hub.answers["GET /api/v1/pki/expiring"] = []
    assert hub.run("pki", "expiring")[1] == "Nothing ends soon.\n"

    ending = {
        "kind": "web",
        "id": "aa",
        "name": "hub.example",
        "not_after_ns": NOW,
        "days": 3,
        "remedy": "muster doctor",
    }
    hub.answers["GET /api/v1/pki/expiring"] = [ending]
    assert "hub.example" in hub.run("pki", "expiring")[1]
    assert hub.json("pki", "expiring") == [ending]


def test_cas_and_bundles_are_printed_as_files_take_them(hub):
    hub.answers["GET /api/v1/pki"] = {"issuers": [{"subject": "Muster services"}], "pem": "CA\n"}
    hub.answers["GET /api/v1/pki/bundle"] = {"pem": "LEAVES\n"}
    hub.answers["POST /api/v1/pki/issuer"] = hub.answers["GET /api/v1/pki"]

    assert hub.run("pki", "ca") == (0, "CA\n", "")
    assert hub.run("pki", "bundle") == (0, "LEAVES\n", "")
    assert hub.json("pki", "bundle", "--servers") == {"pem": "LEAVES\n"}
    assert hub.asked[-1][1].endswith("?of=servers")
    assert "issues from now on" in hub.run("pki", "new-ca")[2]
    assert hub.json("pki", "new-ca")["pem"] == "CA\n"

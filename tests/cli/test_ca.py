"""`muster ca`."""

import io
import time

import pytest

from muster.log import Secret
from muster.pki import keys
from muster.store.keystore import KeyStore


def certificate(name):
    return {
        "subject": name,
        "serial": "0a1b",
        "sha256": "ff00",
        "not_before_ns": 0,
        "not_after_ns": 1_795_000_000 * 10**9,
    }


CA = {
    "root": certificate("Muster root"),
    "roots": [certificate("Muster root")],
    "phase": "steady",
    "root_key": "here",
    "exported_ns": 0,
    "warnings": ["Muster agents ends in 20 days: do something"],
    "issuers": [certificate("agents"), certificate("servers")],
    "pins": ["ab" * 32],
    "anchors": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
}


@pytest.fixture(autouse=True)
def authority(hub):
    hub.answers["GET /api/v1/ca"] = CA


def test_the_root_alone_is_printed_as_a_file_takes_it(hub):
    assert hub.run("ca", "show", "--pem") == (0, CA["anchors"], "")


def test_every_certificate_and_pin_is_shown(hub):
    _, out, _ = hub.run("ca", "show")

    assert [line.split(maxsplit=1)[1] for line in out.splitlines() if line[:4] == "name"] == [
        "Muster root", "agents", "servers",
    ]  # fmt: skip
    assert "to 2026-11-18T11:06:40Z" in out
    assert f"pins        {'ab' * 32}" in out
    assert "exported    never" in out


def test_scripts_get_what_the_hub_said(hub):
    assert hub.json("ca", "show") == CA


def test_who_may_not_look_is_told_so_with_its_exit_code(hub):
    hub.answers["GET /api/v1/ca"] = (403, "denied", "you may not")

    assert hub.run("ca", "show") == (4, "", "muster: you may not\n")


PASSPHRASE = "correct horse battery"
STATUS = {
    "phase": "activated",
    "nodes": 3,
    "confirmed": 2,
    "renewed": 1,
    "behind": [{"id": "n1", "name": "web", "why": "its certificate is of the old CA"}],
}


@pytest.fixture
def store(hub):
    store = KeyStore(folder=hub.folder / "ca")
    store.open(time.time_ns())
    return store


@pytest.fixture
def passphrase(tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    return str(file)


def export(hub, tmp_path, passphrase):
    file = tmp_path / "exported.key"
    code, _, err = hub.run("ca", "root", "export", str(file), "--passphrase-file", passphrase)
    assert code == 0, err
    return file


def test_what_ends_soon_is_said_on_standard_error(hub):
    assert "ends in 20 days" in hub.run("ca", "show")[2]


def test_the_roots_key_is_exported_verified_and_removed(hub, store, tmp_path, passphrase):
    assert hub.run("ca", "root", "remove")[0] == 6
    file = export(hub, tmp_path, passphrase)
    found = keys.load_signing_key(Secret(file.read_text()), Secret(PASSPHRASE))

    assert keys.key_sha256(found.public_key()) == store.open(time.time_ns()).pins[0]
    assert hub.json("ca", "root", "remove") == {"root_key": "offline"}
    assert not store.has_root_key()


def test_a_passphrase_comes_from_standard_input_or_is_asked_for_twice(
    hub, store, tmp_path, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSPHRASE))
    words = ("ca", "root", "export", str(tmp_path / "a"))
    assert hub.run(*words, "--passphrase-file", "-")[0] == 0
    typed = iter([PASSPHRASE, "something else", PASSPHRASE, PASSPHRASE])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))

    assert hub.run("ca", "root", "export", str(tmp_path / "b"))[0] == 2
    assert hub.run("ca", "root", "export", str(tmp_path / "b"))[0] == 0


@pytest.mark.parametrize("step", ["prepare", "activate", "retire", "abort"])
def test_a_step_is_the_hubs_to_take(hub, step):
    hub.answers[f"POST /api/v1/ca/roll/{step}"] = STATUS

    code, out, _ = hub.run("ca", "roll", step)

    assert code == 0
    assert "the new root signs" in out
    assert "web" in out and "its certificate is of the old CA" in out
    assert hub.asked[-1] == ("POST", f"/api/v1/ca/roll/{step}", {})


def test_nodes_are_left_behind_by_force_alone(hub):
    hub.answers["POST /api/v1/ca/roll/retire"] = STATUS
    hub.run("ca", "roll", "retire", "--force")

    assert hub.asked[-1][2] == {"force": True}


def test_the_status_is_asked_for(hub):
    hub.answers["GET /api/v1/ca/roll"] = STATUS

    assert hub.json("ca", "roll", "status") == STATUS


@pytest.mark.parametrize(
    ("words", "path"),
    [(("ca", "roll", "prepare"), "/api/v1/ca/roll/prepare"), (("ca", "renew"), "/api/v1/ca/renew")],
)
def test_with_a_key_from_elsewhere_it_is_laid_ready_first(
    hub, store, tmp_path, passphrase, words, path
):
    file = export(hub, tmp_path, passphrase)
    hub.answers[f"POST {path}"] = STATUS
    given = ("--root-key", str(file), "--passphrase-file", passphrase)

    assert hub.run(*words, *given)[0] == 0
    assert hub.asked[-1] == ("POST", path, {"staged": True})
    assert store.staged.exists()  # the signer's to take
    hub.answers[f"POST {path}"] = (409, "conflict", "not now")
    assert hub.run(*words, *given) == (6, "", "muster: not now\n")
    assert not store.staged.exists()
    assert "PRIVATE" not in str(hub.asked)


def test_another_root_is_laid_ready_as_the_next_one(hub, store, tmp_path):
    other = KeyStore(folder=tmp_path / "other" / "ca")
    other.open(time.time_ns())
    hub.answers["POST /api/v1/ca/roll/prepare"] = STATUS
    folder = tmp_path / "other" / "ca"
    words = ("--root-cert", str(folder / "root.pem"), "--root-key", str(folder / "root.key"))

    assert hub.run("ca", "import", *words)[0] == 0
    assert hub.asked[-1][2] == {"staged": True}
    assert (store.staged / "root.pem").read_text() == (folder / "root.pem").read_text()


def test_before_the_first_start_it_is_the_root_from_the_beginning(hub, tmp_path):
    other = KeyStore(folder=tmp_path / "other" / "ca")
    other.open(time.time_ns())
    folder = tmp_path / "other" / "ca"
    words = ("--root-cert", str(folder / "root.pem"), "--root-key", str(folder / "root.key"))
    told = hub.json("ca", "import", *words, "--offline")
    store = KeyStore(folder=hub.folder / "ca")

    assert store.open(time.time_ns()).hub == told["hub"]
    assert not store.has_root_key()


def test_a_root_that_does_not_fit_is_refused_with_the_reason(hub, store, tmp_path):
    other = KeyStore(folder=tmp_path / "other" / "ca")
    other.open(time.time_ns())
    folder = tmp_path / "other" / "ca"
    words = ("--root-cert", str(folder / "agents.pem"), "--root-key", str(folder / "agents.key"))

    code, _, err = hub.run("ca", "import", *words)
    assert (code, "path length 0" in err) == (2, True)


def test_keys_are_handled_on_the_hubs_own_machine(hub, tmp_path):
    token = tmp_path / "token"
    token.write_text("x")
    words = ("--hub", "https://hub.example", "--token-file", str(token))

    code, _, err = hub.run(*words, "ca", "root", "remove")
    assert (code, "without --hub" in err) == (2, True)

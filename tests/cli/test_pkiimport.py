"""`muster pki import`."""

import subprocess

import pytest

PATH = "/api/v1/pki/import"


@pytest.fixture
def six(tmp_path):
    folder = tmp_path / "six"
    folder.mkdir()
    words = (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.cer -subj /CN=home -days 36500"
    )
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def ca(tmp_path):
    """The hub's folder of keys."""
    (tmp_path / "ca").mkdir(mode=0o700)


def test_it_looks_first_and_changes_nothing(hub, six, tmp_path):
    code, _, said = hub.run("pki", "import", str(six), "--dry-run")

    assert (code, hub.asked) == (0, [])
    assert "weak: ca.cer: valid for 100 years" in said
    assert "no server.cer is there" in said
    assert "'home', until 21" in said
    assert "nothing was changed" in said
    assert not (tmp_path / "ca.services").exists()


def test_the_key_is_laid_ready_for_the_signer_and_only_certificates_are_sent(
    hub, six, ca, tmp_path
):
    seen = {}

    def answer(method, target, body):
        folder = tmp_path / "ca.services"
        seen.update({each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()})
        assert b"PRIVATE" not in body
        return 200, b'{"certificates": 0}'

    hub.answer = answer
    told = hub.json("pki", "import", str(six))

    assert seen == {"services.key": 0o600, "services.pem": 0o600}
    assert told["certificates"] == 0
    assert not (tmp_path / "ca.services").exists()


def test_what_the_hub_refuses_leaves_no_key_behind(hub, six, ca, tmp_path):
    hub.answers[f"POST {PATH}"] = (409, "conflict", "this CA is known")

    assert hub.run("pki", "import", str(six))[0] == 6
    assert not (tmp_path / "ca.services").exists()


def test_a_hub_that_does_not_run_is_told_and_leaves_no_key_behind(hub, six, ca, tmp_path):
    (tmp_path / "hub.sock").rename(tmp_path / "away.sock")

    assert hub.run("pki", "import", str(six))[0] == 3
    assert not (tmp_path / "ca.services").exists()


def test_an_encrypted_key_takes_a_passphrase_from_a_file(hub, six, tmp_path):
    words = "pkcs8 -topk8 -in ca.key -out closed -passout pass:secret"
    subprocess.run(["openssl", *words.split()], cwd=six, check=True, capture_output=True)
    (six / "closed").replace(six / "ca.key")
    (tmp_path / "pass").write_text("secret\n")

    code, _, _ = hub.run(
        "pki", "import", str(six), "--dry-run", "--passphrase-file", str(tmp_path / "pass")
    )
    assert code == 0


def test_keys_are_not_handled_from_elsewhere(hub, six, tmp_path):
    (tmp_path / "token").write_text("x")
    code, _, said = hub.run("--hub", "https://hub:7443", "pki", "import", str(six))

    assert code == 2
    assert "on the hub's own machine" in said

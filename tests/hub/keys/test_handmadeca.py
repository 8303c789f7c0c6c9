"""Six files as scripts around openssl leave them: read whole, or refused with the fault."""

import shutil
import subprocess

import pytest

from muster.clock import SystemClock
from muster.errors import InputError
from muster.hub.keys.handmadeca import read_handmade_ca
from muster.log import Secret

NOW = SystemClock().now_ns()
SECRET = "a passphrase"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """As the home stack's three scripts make them, with shorter keys."""
    folder = tmp_path_factory.mktemp("six")
    request = "req -newkey rsa:2048 -nodes"
    openssl(
        folder, *f"{request} -x509 -keyout ca.key -out ca.cer -subj /CN=home -days 36500".split()
    )
    (folder / "extfile.cnf").write_text("subjectAltName=IP:10.0.0.5\n")
    for role, more in (("server", "-extfile extfile.cnf"), ("client", "")):
        openssl(folder, *f"{request} -keyout {role}.key -out {role}.csr -subj /CN={role}".split())
        sign = f"x509 -req -in {role}.csr -CA ca.cer -CAkey ca.key -CAcreateserial -days 36500"
        openssl(folder, *f"{sign} {more} -out {role}.cer".split())
    return folder


@pytest.fixture
def six(made, tmp_path):
    return shutil.copytree(made, tmp_path / "six")


def never(path):
    raise AssertionError(f"asked for {path}")


def test_they_fit_together_and_what_is_weak_is_named(six):
    found = read_handmade_ca(six, never, NOW)

    assert [role for role, _ in found.leaves] == ["server", "client"]
    assert "PRIVATE KEY" in found.key.reveal()
    assert any("ca.cer: valid for 100 years" in each for each in found.remarks)
    assert any("client.cer: valid for 100 years" in each for each in found.remarks)


def test_other_endings_and_a_chain_behind_the_server_are_read(six):
    chain = (six / "server.cer").read_text() + (six / "ca.cer").read_text()
    (six / "server.cer").unlink()
    (six / "server.pem").write_text(chain)
    (six / "ca.cer").rename(six / "ca.crt")

    assert [role for role, _ in read_handmade_ca(six, never, NOW).leaves] == ["server", "client"]


def test_a_ca_alone_is_taken_and_said_to_be_alone(six):
    for role in ("server", "client"):
        (six / f"{role}.cer").unlink()

    found = read_handmade_ca(six, never, NOW)
    assert found.leaves == ()
    assert sum("is taken without it" in each for each in found.remarks) == 2


def test_encrypted_keys_ask_for_their_passphrase(six):
    for name in ("ca", "server"):
        plain, closed = six / f"{name}.key", six / "closed"
        words = f"pkcs8 -topk8 -in {plain.name} -out closed -passout".split()
        openssl(six, *words, f"pass:{SECRET}")
        closed.replace(plain)
    asked = []

    def passphrase(path):
        asked.append(path.name)
        return Secret(SECRET)

    assert len(read_handmade_ca(six, passphrase, NOW).leaves) == 2
    assert asked == ["ca.key", "server.key"]
    with pytest.raises(InputError, match=r"ca\.key.*another passphrase"):
        read_handmade_ca(six, lambda path: Secret("wrong"), NOW)


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda six: (six / "ca.cer").unlink(), r"no ca\.cer"),
        (lambda six: (six / "ca.key").unlink(), r"ca\.key.* cannot be read"),
        (lambda six: (six / "ca.key").write_text("nothing"), r"ca\.key: not a private key"),
        (lambda six: shutil.copy(six / "server.key", six / "ca.key"), r"ca\.key is not the key"),
        (
            lambda six: shutil.copy(six / "ca.key", six / "client.key"),
            r"client\.key is not the key",
        ),
        (lambda six: (six / "server.key").write_text("x"), r"server\.key: not a private key"),
        (lambda six: (six / "server.cer").write_text("x"), r"server\.cer"),
        (lambda six: (six / "server.cer").write_bytes(b"\xff"), r"not PEM"),
        (lambda six: (six / "server.cer").write_text("x" * 70_000), r"longer than"),
        (shutil.rmtree, "no such folder"),
    ],
)
def test_what_is_amiss_is_named_with_its_file(six, damage, match):
    damage(six)

    with pytest.raises(InputError, match=match):
        read_handmade_ca(six, never, NOW)


def test_what_another_ca_gave_is_not_taken(six):
    words = "req -x509 -newkey rsa:2048 -nodes -keyout client.key -out client.cer -subj /CN=x"
    openssl(six, *words.split())

    with pytest.raises(InputError, match=r"client\.cer was not issued by the CA beside it"):
        read_handmade_ca(six, never, NOW)


def test_a_leaf_in_the_place_of_the_ca_is_not_taken(six):
    config = "-addext basicConstraints=critical,CA:FALSE"
    words = f"req -x509 -key ca.key -out ca.cer -subj /CN=home -days 30 {config}"
    openssl(six, *words.split())

    with pytest.raises(InputError, match="this is no CA"):
        read_handmade_ca(six, never, NOW)

"""Signatures by SSH keys, checked against those of the real ssh-keygen."""

import base64
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.pki.sshsig import BadSignature, check_signature

KEYGEN = shutil.which("ssh-keygen")
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
KINDS = [
    ("ed25519", ""),
    ("ecdsa", "256"),
    ("ecdsa", "384"),
    ("ecdsa", "521"),
    ("rsa", "2048"),
]
pytestmark = pytest.mark.skipif(KEYGEN is None, reason="ssh-keygen is not installed")


def make(folder, kind="ed25519", bits=""):
    size = ("-b", bits) if bits else ()
    file = folder / f"{kind}{bits}"
    subprocess.run(
        [KEYGEN, "-q", "-t", kind, *size, "-N", "", "-C", "a comment", "-f", file], check=True
    )
    return file


def sign(file, message=b"digest", namespace="muster-claim", *options):
    done = subprocess.run(
        [KEYGEN, "-q", "-Y", "sign", "-n", namespace, "-f", file, *options],
        input=message,
        capture_output=True,
        check=True,
    )
    return file.with_suffix(".pub").read_text(), done.stdout.decode()


def check(key, armour, message=b"digest", namespace="muster-claim"):
    return check_signature(key, armour, message, namespace=namespace)


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_each_kind_of_key_is_known_by_its_fingerprint(tmp_path, kind, bits):
    file = make(tmp_path, kind, bits)
    listed = subprocess.run([KEYGEN, "-l", "-f", file], capture_output=True, check=True)

    assert check(*sign(file)) == listed.stdout.decode().split()[1]


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_a_signature_for_another_message_or_purpose_does_not_hold(tmp_path, kind, bits):
    key, armour = sign(make(tmp_path, kind, bits))

    with pytest.raises(BadSignature, match="does not hold"):
        check(key, armour, b"another")
    with pytest.raises(BadSignature, match="purpose"):
        check(key, armour, namespace="file")


def test_both_hashes_are_taken(tmp_path):
    file = make(tmp_path)
    for algorithm in ("sha256", "sha512"):
        assert check(*sign(file, b"digest", "muster-claim", "-O", f"hashalg={algorithm}"))


def test_a_key_cannot_be_shown_with_anothers_signature(tmp_path):
    key, _ = sign(make(tmp_path, "ed25519"))
    _, armour = sign(make(tmp_path, "ecdsa", "256"))

    with pytest.raises(BadSignature, match="another key"):
        check(key, armour)


def test_a_short_rsa_key_proves_nothing(tmp_path):
    file = make(tmp_path, "rsa", "1024")

    with pytest.raises(BadSignature, match="kind of key"):
        check(*sign(file))


@given(data=st.data())
def test_whatever_is_changed_is_refused(data, tmp_path_factory):
    key, armour = signed(tmp_path_factory)
    lines = armour.strip().split("\n")
    raw = bytearray(base64.b64decode("".join(lines[1:-1])))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    changed = "\n".join((lines[0], base64.b64encode(raw).decode(), lines[-1]))

    with pytest.raises(BadSignature):
        check(key, changed)


_KNOWN: list[tuple[str, str]] = []


def signed(factory):
    if not _KNOWN:
        _KNOWN.append(sign(make(factory.mktemp("key"))))
    return _KNOWN[0]


@given(st.text(), st.text())
def test_arbitrary_texts_are_refused(key, armour):
    with pytest.raises(BadSignature):
        check(key, armour)
    with pytest.raises(BadSignature):
        check(
            "ssh-ed25519 AAAA", f"-----BEGIN SSH SIGNATURE-----{armour}-----END SSH SIGNATURE-----"
        )

"""A key that is made here is private, and is never left without its certificate."""

import pytest

from muster.cli.keyfiles import certify
from muster.clock import SystemClock
from muster.errors import Conflict, Denied, InputError, Unavailable
from muster.log import Secret
from muster.pki import keys
from muster.pki.services import ServiceIssuers, Wanted, make_services

NOW = SystemClock().now_ns()
WANTED = Wanted(names=("nas",), client=False, server=True)


@pytest.fixture
def ask():
    key, pem = make_services("6a0d6a52-0000-4000-8000-000000000001", NOW)

    def certified(request):
        leaf, issuer = ServiceIssuers(key, pem).issue(request, WANTED, NOW)
        return {"chain": keys.format_chain(leaf, issuer), "id": "aa"}

    return certified


def refusing(request):
    raise Denied("you may not")


def test_key_certificate_and_ca_lie_side_by_side(tmp_path, ask):
    made = certify(tmp_path / "tls", "nas.lan", ask)

    folder = tmp_path / "tls"
    assert sorted(each.name for each in folder.iterdir()) == [
        "ca.pem",
        "nas.lan.key",
        "nas.lan.pem",
    ]
    assert (folder / "nas.lan.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "nas.lan.pem").stat().st_mode & 0o777 == 0o644
    leaf = keys.views((folder / "nas.lan.pem").read_text())[0]
    assert leaf.key_sha256 == keys.own_key_sha256(Secret((folder / "nas.lan.key").read_text()))
    assert made["key_file"] == str(folder / "nas.lan.key")
    assert "PRIVATE" not in str(made)


def test_a_key_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path, ask):
    certify(tmp_path, "nas", ask)
    before = (tmp_path / "nas.key").read_text()

    with pytest.raises(Conflict, match="is there already"):
        certify(tmp_path, "nas", ask)
    with pytest.raises(Denied):
        certify(tmp_path, "nas", refusing, replace=True)
    assert (tmp_path / "nas.key").read_text() == before
    certify(tmp_path, "nas", ask, replace=True)
    assert (tmp_path / "nas.key").read_text() != before


def test_what_the_hub_refuses_leaves_nothing(tmp_path):
    with pytest.raises(Denied):
        certify(tmp_path, "nas", refusing)

    assert list(tmp_path.iterdir()) == []


def test_a_name_is_no_path(tmp_path, ask):
    certify(tmp_path / "a", "../../b/nas", ask)
    with pytest.raises(InputError, match="no name for files"):
        certify(tmp_path, "...", ask)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["a"]
    assert (tmp_path / "a" / "_.._b_nas.key").exists()


def test_a_folder_that_cannot_be_is_named_before_the_hub_is_asked(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Unavailable, match="file"):
        certify(tmp_path / "file" / "tls", "nas", refusing)

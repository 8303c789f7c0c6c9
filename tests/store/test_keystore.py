"""The CA's folder: whole or not at all, and for its owner alone."""

import os
import shutil

import pytest

from muster.errors import SettingsError, Unavailable
from muster.log import Secret
from muster.store import keystore
from muster.store.keystore import FILES, KeyStore, PasswordFile

SECOND_NS = 1_000_000_000
NOW_NS = 1_800_000_000 * SECOND_NS
YEAR_NS = 365 * 86_400 * SECOND_NS


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "ca"


def open_(folder, now_ns=NOW_NS):
    return KeyStore(folder=folder).open(now_ns)


class Killed(BaseException):
    """Stands for kill -9: no handler may swallow it."""


def test_a_first_start_makes_a_ca_that_the_second_start_keeps(folder):
    first, second = open_(folder), open_(folder)

    assert second.hub == first.hub
    assert second.anchors == first.anchors
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_its_files_are_for_the_owner_alone(folder):
    open_(folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700, 0o644])
def test_a_file_with_a_wider_mode_stops_the_start_and_the_remedy_is_said(folder, name, mode):
    open_(folder)
    (folder / name).chmod(mode)

    with pytest.raises(SettingsError, match=f"chmod 600 .*{name}"):
        open_(folder)


def test_a_folder_with_a_wider_mode_stops_the_start(folder):
    open_(folder)
    folder.chmod(0o755)

    with pytest.raises(SettingsError, match="chmod 700"):
        open_(folder)


@pytest.mark.parametrize("name", [name for name in FILES if name != "root.key"])
def test_an_incomplete_ca_is_never_completed_in_silence(folder, name):
    open_(folder)
    (folder / name).unlink()

    with pytest.raises(SettingsError, match="incomplete"):
        open_(folder)


def test_the_key_of_the_root_may_be_kept_elsewhere(folder):
    before = open_(folder)
    (folder / "root.key").unlink()

    assert open_(folder).pins == before.pins


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"x" * 70_000])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_stops_the_start(folder, name, content):
    open_(folder)
    (folder / name).write_bytes(content)

    with pytest.raises(SettingsError):
        open_(folder)


def test_files_of_two_cas_do_not_mix(folder, tmp_path):
    open_(folder)
    open_(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "agents.pem", folder / "agents.pem")

    with pytest.raises(SettingsError, match=r"agents\.key is not the key of agents\.pem"):
        open_(folder)


def test_issuers_in_their_last_year_are_replaced_under_the_same_root(folder):
    before = open_(folder)
    after = open_(folder, NOW_NS + 4 * YEAR_NS + YEAR_NS // 2)

    assert after.pins == before.pins
    assert after.issuers() != before.issuers()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["ca"]


def killing_at(step, monkeypatch):
    """Kill at the n-th call that changes the disk; count the calls."""
    calls = [0]

    def counted(real):
        def call(*arguments, **options):
            calls[0] += 1
            if calls[0] == step:
                raise Killed
            return real(*arguments, **options)

        return call

    monkeypatch.setattr(os, "open", counted(os.open))
    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    for name in ("rename", "mkdir"):
        monkeypatch.setattr(keystore.Path, name, counted(getattr(keystore.Path, name)))
    monkeypatch.setattr(keystore.shutil, "rmtree", counted(shutil.rmtree))
    return calls


def test_killed_at_any_step_of_making_it_the_next_start_has_a_whole_ca(folder, monkeypatch):
    killed = 0
    for step in range(1, 100):
        shutil.rmtree(folder.parent, ignore_errors=True)
        with monkeypatch.context() as patch:
            killing_at(step, patch)
            try:
                open_(folder)
            except Killed:
                killed += 1
            else:
                break
        assert open_(folder).pins

    assert killed > 15


def test_killed_at_any_step_of_replacing_issuers_the_root_stays(folder, monkeypatch):
    pins, killed = open_(folder).pins, 0
    spare = folder.parent.parent / "spare"
    shutil.copytree(folder, spare)
    late_ns = NOW_NS + 4 * YEAR_NS + YEAR_NS // 2
    for step in range(1, 100):
        shutil.rmtree(folder.parent)
        shutil.copytree(spare, folder)
        with monkeypatch.context() as patch:
            killing_at(step, patch)
            try:
                open_(folder, late_ns)
            except Killed:
                killed += 1
            else:
                break
        assert open_(folder, late_ns).pins == pins
        assert sorted(path.name for path in folder.parent.iterdir()) == ["ca"]

    assert killed > 15


def test_a_disk_that_refuses_is_said_with_its_path(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Unavailable, match="No space left"):
        open_(folder)


def test_the_password_file_holds_one_line(tmp_path):
    path = PasswordFile(path=tmp_path / "admin-password").write(Secret("abc"))

    assert path.read_text() == "abc\n"
    assert path.stat().st_mode & 0o777 == 0o600

"""The process that packs the CA, started."""

import subprocess

import pytest

from muster.errors import Unavailable
from muster.hub.keys import keypackerclient
from muster.hub.keys.keypackerclient import check_archive, pack_keys
from muster.store.archive import (
    FORMAT,
    ArchiveWriter,
    BackupDamaged,
    Manifest,
    read_archive,
    sha256_of,
)

SUMMARY = b'{"hub":"h","version":"1","time_ns":0,"rows":0,"files":0,"contents":{}}'
CHECKED = b'{"type":"Checked","sha256":"x","summary":' + SUMMARY + b"}"


def test_another_process_packs_the_keys_and_reads_them(tmp_path):
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca/root.key").write_text("the key")
    (tmp_path / "hub.toml").write_text("")
    target = tmp_path / "b.tar.zst"
    with ArchiveWriter(target) as archive:
        archive.add_frame(lambda descriptor: pack_keys(tmp_path / "ca", descriptor))
        archive.add("hub.toml", tmp_path / "hub.toml")
        archive.finish(Manifest(format=FORMAT, hub="h", version="1", time_ns=0, rows={}))
    found = {}
    read_archive(target, lambda name, body, _size: found.update({name: body.read()}))

    assert found == {"ca/root.key": b"the key", "hub.toml": b""}
    checked = check_archive(target)
    assert checked.sha256 == sha256_of(target)
    assert checked.summary.files == 2
    assert checked.summary.contents == {"ca": 7, "hub.toml": 0}
    target.write_bytes(target.read_bytes()[:-20])
    with pytest.raises(BackupDamaged):
        check_archive(target)


def test_an_archive_that_is_gone_is_not_called_damaged(tmp_path):
    with pytest.raises(Unavailable, match="none"):
        check_archive(tmp_path / "none")


@pytest.mark.parametrize(
    ("out", "text"),
    [(b"", "ended with -9"), (CHECKED, "said checked")],
)
def test_a_process_that_says_nothing_sensible_is_unavailable(tmp_path, monkeypatch, out, text):
    ended = subprocess.CompletedProcess([], -9, stdout=out)
    monkeypatch.setattr(keypackerclient.subprocess, "run", lambda *_words, **_options: ended)

    with pytest.raises(Unavailable, match=text):
        pack_keys(tmp_path, 1)


@pytest.mark.parametrize(
    "error", [OSError(12, "no memory"), subprocess.TimeoutExpired("python", 60)]
)
def test_a_process_that_cannot_be_had_is_unavailable(tmp_path, monkeypatch, error):
    def run(*_words, **_options):
        raise error

    monkeypatch.setattr(keypackerclient.subprocess, "run", run)
    with pytest.raises(Unavailable):
        pack_keys(tmp_path, 1)

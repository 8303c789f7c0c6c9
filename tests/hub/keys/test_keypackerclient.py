"""The process that packs the CA, started."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Event

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
AWAITED = Event()  # never set
CHECKED = b'{"type":"Checked","sha256":"x","summary":' + SUMMARY + b"}"


def test_another_process_packs_the_keys_and_reads_them(tmp_path):
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca/root.key").write_text("the key")
    (tmp_path / "hub.toml").write_text("")
    target = tmp_path / "b.tar.zst"
    with ArchiveWriter(target) as archive:
        archive.add_frame(lambda descriptor: pack_keys(tmp_path / "ca", descriptor, AWAITED))
        archive.add("hub.toml", tmp_path / "hub.toml")
        archive.finish(Manifest(format=FORMAT, hub="h", version="1", time_ns=0, rows={}))
    found = {}
    read_archive(target, lambda name, body, _size: found.update({name: body.read()}))

    assert found == {"ca/root.key": b"the key", "hub.toml": b""}
    checked = check_archive(target, AWAITED)
    assert checked.sha256 == sha256_of(target)
    assert checked.summary.files == 2
    assert checked.summary.contents == {"ca": 7, "hub.toml": 0}
    target.write_bytes(target.read_bytes()[:-20])
    with pytest.raises(BackupDamaged):
        check_archive(target, AWAITED)


def test_an_archive_that_is_gone_is_not_called_damaged(tmp_path):
    with pytest.raises(Unavailable, match="none"):
        check_archive(tmp_path / "none", AWAITED)


class Said:
    """A process that says something, or fails to be there."""

    returncode = -9

    def __init__(self, out=b""):
        self.out = out
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def communicate(self, timeout):
        if self.out is None:
            raise subprocess.TimeoutExpired("python", timeout)
        return self.out, None

    def kill(self):
        self.ended = True


@pytest.mark.parametrize(
    ("out", "text"),
    [(b"", "ended with -9"), (CHECKED, "said checked"), (None, "took over 60 s")],
)
def test_a_process_that_says_nothing_sensible_is_unavailable(tmp_path, monkeypatch, out, text):
    said = Said(out)
    monkeypatch.setattr(keypackerclient.subprocess, "Popen", lambda *_words, **_options: said)

    with pytest.raises(Unavailable, match=text):
        pack_keys(tmp_path, 1, AWAITED)
    assert said.ended


def test_a_process_that_cannot_be_had_is_unavailable(tmp_path, monkeypatch):
    def start(*_words, **_options):
        raise OSError(12, "no memory")

    monkeypatch.setattr(keypackerclient.subprocess, "Popen", start)
    with pytest.raises(Unavailable, match="no memory"):
        pack_keys(tmp_path, 1, AWAITED)


def test_a_backup_that_nobody_waits_for_any_more_is_not_read_on(tmp_path):
    """It would never come to an end by itself: nothing is written to the pipe."""
    pipe, given_up = tmp_path / "b.tar.zst", Event()
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(check_archive, pipe, given_up)
        with pipe.open("wb"):  # opens as soon as the process reads
            given_up.set()
            with pytest.raises(Unavailable, match="given up"):
                reading.result(60)

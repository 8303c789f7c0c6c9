"""What the process that packs the CA does, and says of it."""

from pathlib import Path

import msgspec
import pytest

from muster.hub.keys import keypacker
from muster.hub.keys.keypacker import Checked, Done, Failed
from muster.store.archive import FORMAT, ArchiveWriter, Manifest, sha256_of

KEY = b"-----BEGIN PRIVATE KEY-----\nMHcCAQ\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ca"
    folder.mkdir()
    for name in ("root.pem", "agents.key", "agents.pem", "notes.txt"):
        (folder / name).write_bytes(KEY)
    return folder


@pytest.fixture
def outcomes():
    return []


@pytest.fixture
def target(tmp_path, folder, outcomes):
    """An archive with the folder's files in it."""

    def pack(descriptor):
        outcomes.append(keypacker.pack(folder, descriptor))
        return outcomes[0].packed

    with ArchiveWriter(tmp_path / "b.tar.zst") as archive:
        archive.add_frame(pack)
        archive.finish(Manifest(format=FORMAT, hub="h", version="1", time_ns=0, rows={}))
    return tmp_path / "b.tar.zst"


def test_the_files_of_the_ca_that_are_there_are_packed_and_no_others(target, outcomes):
    (done,) = outcomes

    assert isinstance(done, Done)
    assert sorted(entry.path for entry in done.packed.files) == [
        "ca/agents.key", "ca/agents.pem", "ca/root.pem",
    ]  # fmt: skip


def test_what_is_said_holds_no_key(target, outcomes):
    said = msgspec.json.encode([*outcomes, keypacker.check(target)])

    assert KEY.splitlines()[1] not in said


def test_a_whole_archive_is_told_by_its_digest(target):
    checked = keypacker.check(target)

    assert isinstance(checked, Checked)
    assert checked.sha256 == sha256_of(target)
    assert sum(checked.summary.contents.values()) > 0


def test_a_damaged_archive_is_told_from_one_that_cannot_be_read(target, tmp_path):
    data = bytearray(target.read_bytes())
    data[20] ^= 0xFF
    target.write_bytes(data)
    damaged, missing = keypacker.check(target), keypacker.check(tmp_path / "none")

    assert isinstance(damaged, Failed) and damaged.damaged
    assert isinstance(missing, Failed) and not missing.damaged


def test_a_file_that_cannot_be_written_is_told(folder):
    with Path("/dev/full").open("wb", buffering=0) as full:
        outcome = keypacker.pack(folder, full.fileno())

    assert isinstance(outcome, Failed) and not outcome.damaged


def test_other_words_are_refused(monkeypatch, capsys):
    monkeypatch.setattr(keypacker, "lock_up", lambda: ())

    assert keypacker.main(["pack", "--folder", "x"]) == 2
    assert "usage" in capsys.readouterr().err

"""Backups are told as JSON."""

import msgspec

from muster.model.backup import BackupStep, BackupView


def test_a_step_says_only_what_there_is():
    step = BackupStep(text="packing", done_bytes=3)

    assert msgspec.json.decode(msgspec.json.encode(step)) == {"text": "packing", "done_bytes": 3}


def test_what_is_noted_of_a_backup_is_read_back():
    view = BackupView(name="a.tar.zst", bytes=4, time_ns=5, contents={"ca": 1}, planned=True)

    assert msgspec.json.decode(msgspec.json.encode(view), type=BackupView) == view

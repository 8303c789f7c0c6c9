"""`muster backup` and `muster restore`: the command's part; the work is tested in tests/hub."""

import json

import pytest

STEPS = (
    {"done_bytes": 10, "total_bytes": 20},
    {"done": True, "file": "/b.tar.zst", "done_bytes": 20, "total_bytes": 20, "sha256": "ab"},
)


def lines(*steps):
    return b"".join(json.dumps(step).encode() + b"\n" for step in steps)


def test_a_backup_is_followed_to_its_end(hub, tmp_path):
    hub.answers["POST /api/v1/backup"] = lines(*STEPS)
    target = str(tmp_path / "b.tar.zst")
    code, out, err = hub.run("backup", target)

    assert (code, out, err) == (0, "", "/b.tar.zst is written, SHA-256 ab\n")
    assert hub.asked == [("POST", "/api/v1/backup", {"target": target})]
    assert hub.json("backup", target) == {"file": "/b.tar.zst", "bytes": 20, "sha256": "ab"}


def test_a_refused_backup_keeps_its_exit_code(hub):
    hub.answers["POST /api/v1/backup"] = (409, "conflict", "the file is there already")

    assert hub.run("backup", "b") == (6, "", "muster: the file is there already\n")


def test_a_backup_that_fails_on_the_way_is_an_error(hub):
    failed = {"error": {"code": "unavailable", "text": "the disk is full"}}
    hub.answers["POST /api/v1/backup"] = lines(STEPS[0], failed)
    code, _, err = hub.run("backup", "b")

    assert code == 3
    assert "the disk is full" in err


@pytest.mark.parametrize("said", [lines(), lines(STEPS[0])])
def test_a_hub_that_ends_before_the_backup_is_done_has_made_none(hub, said):
    hub.answers["POST /api/v1/backup"] = said
    code, _, err = hub.run("backup", "b")

    assert code == 2
    assert "nothing was left behind" in err


def test_a_file_that_is_no_backup_is_neither_verified_nor_restored(hub, tmp_path):
    file = tmp_path / "b.tar.zst"
    file.write_bytes(b"no backup")
    for words in (("backup", "--verify", str(file)),
                  ("restore", str(file), "--data", str(tmp_path / "new"))):  # fmt: skip
        code, out, err = hub.run(*words)

        assert code not in (0, 1)
        assert out == ""
        assert "b.tar.zst" in err
    assert not (tmp_path / "new").exists()

"""`muster backup` and `muster restore`: the command's part; the work is tested in tests/hub."""

import json

import pytest

from muster.cli import backup
from muster.cli.exits import Exit

STEPS = (
    {"done_bytes": 10, "total_bytes": 20},
    {"done": True, "file": "/b.tar.zst", "done_bytes": 20, "total_bytes": 20, "sha256": "ab"},
)
NAME = "muster-2027-03-01T040000Z.tar.zst"
BACKUP = {
    "name": NAME,
    "bytes": 700,
    "time_ns": 1_803_873_600 * 10**9,
    "by": "ada",
    "planned": False,
    "checked_ns": 1_803_873_660 * 10**9,
    "fault": "",
    "sha256": "ab",
    "rows": 12,
    "files": 3,
}
RUN = {"deed": "create", "name": NAME, "text": "packing", "done_bytes": 1, "total_bytes": 2}
FAILED = {"deed": "create", "name": NAME, "time_ns": 1, "code": "unavailable", "text": "no room"}
UNREAD = {**BACKUP, "by": "", "checked_ns": 0, "rows": 0, "files": 0}


def lines(*steps):
    return b"".join(json.dumps(step).encode() + b"\n" for step in steps)


def view(*backups, **given):
    told = {"folder": "/srv/b", "free_bytes": 5 << 20, "next_ns": 0, "refusal": ""}
    return {**told, "run": None, "failed": None, "backups": list(backups), **given}


class InTurn(dict):
    """Answers of which some change from one look to the next."""

    def get(self, key, default=None):
        known = super().get(key, default)
        return known.pop(0) if isinstance(known, InOrder) else known


class InOrder(list):
    pass


@pytest.fixture
def looking(hub, monkeypatch):
    """A hub that is looked at several times, without a pause."""
    monkeypatch.setattr(backup, "_LOOK_S", 0)
    hub.answers = InTurn()

    def told(*views):
        hub.answers["GET /api/v1/backups"] = InOrder(views)
        return hub

    return told


def test_backups_are_listed_with_what_is_known_of_them(hub):
    hub.answers["GET /api/v1/backups"] = view(
        BACKUP, UNREAD, run=RUN, failed=FAILED, next_ns=BACKUP["time_ns"]
    )
    code, out, err = hub.run("backup", "list")
    first, second = out.splitlines()[1:]

    assert code == 0
    assert first.split() == [
        NAME, "2027-03-01T04:00:00Z", "700", "12", "ada", "2027-03-01T04:01:00Z",
    ]  # fmt: skip
    assert second.split()[2:] == ["700", "-", "-", "not", "yet"]
    assert "in /srv/b on the hub's machine; 5 MiB are free there" in err
    assert f"create under way: {NAME}" in err
    assert f"not done: create {NAME}: no room" in err
    assert "the next is planned for 2027-03-01T04:00:00Z" in err
    assert hub.json("backup", "list")["backups"][0]["name"] == NAME


def test_a_hub_without_backups_says_so(hub):
    hub.answers["GET /api/v1/backups"] = view(refusal="the engine is a cluster")
    code, out, err = hub.run("backup", "list")

    assert (code, out) == (0, "There is no backup.\n")
    assert "a cluster" in err


def test_a_backup_in_the_hubs_folder_is_followed_to_its_end(looking):
    hub = looking(view(run=RUN), view(run=RUN), view(BACKUP))
    hub.answers["POST /api/v1/backups"] = RUN
    code, out, err = hub.run("backup", "create")

    assert (code, out, err) == (0, "", f"{NAME} is made and verified, SHA-256 ab\n")
    assert len(hub.asked) == 4


def test_a_backup_that_is_not_made_is_an_error_with_its_code(looking):
    hub = looking(view(run=RUN), view(failed=FAILED))
    hub.answers["POST /api/v1/backups"] = RUN

    assert hub.run("backup", "create") == (Exit.UNAVAILABLE, "", "muster: no room\n")


def test_a_backup_that_somebody_deletes_at_once_is_not_there(looking):
    hub = looking(view())
    hub.answers["POST /api/v1/backups"] = RUN

    assert hub.run("backup", "create")[0] == Exit.NOT_FOUND


def test_a_backup_is_verified_by_the_hub(looking):
    path = f"POST /api/v1/backups/{NAME}/verify"
    hub = looking(view(BACKUP))
    hub.answers[path] = {**RUN, "deed": "verify"}
    assert hub.run("backup", "verify", NAME)[0] == 0
    looking(view({**BACKUP, "fault": "cut off"}))
    code, _, err = hub.run("backup", "verify", NAME)

    assert (code, err) == (Exit.CHECK_FAILED, "muster: cut off\n")


def test_a_backup_is_deleted_by_its_name(hub):
    assert hub.run("backup", "delete", NAME) == (0, "", f"{NAME} is deleted\n")
    assert hub.asked == [("DELETE", f"/api/v1/backups/{NAME}", None)]


@pytest.mark.parametrize("words", [("create", "b.tar.zst"), ("verify", "./b.tar.zst")])
def test_a_file_is_not_looked_for_on_a_hub_elsewhere(hub, words):
    code, _, err = hub.run("--hub", "https://hub:7443", "backup", *words)

    assert code == Exit.USAGE
    assert "leave --hub out" in err


def test_a_backup_into_a_file_is_followed_to_its_end(hub, tmp_path):
    hub.answers["POST /api/v1/backup"] = lines(*STEPS)
    target = str(tmp_path / "b.tar.zst")
    code, out, err = hub.run("backup", "create", target)

    assert (code, out, err) == (0, "", "/b.tar.zst is written, SHA-256 ab\n")
    assert hub.asked == [("POST", "/api/v1/backup", {"target": target})]
    told = {"file": "/b.tar.zst", "bytes": 20, "sha256": "ab"}
    assert hub.json("backup", "create", target) == told


def test_a_refused_backup_keeps_its_exit_code(hub):
    hub.answers["POST /api/v1/backup"] = (409, "conflict", "the file is there already")

    assert hub.run("backup", "create", "b") == (6, "", "muster: the file is there already\n")


def test_a_backup_that_fails_on_the_way_is_an_error(hub):
    failed = {"error": {"code": "unavailable", "text": "the disk is full"}}
    hub.answers["POST /api/v1/backup"] = lines(STEPS[0], failed)
    code, _, err = hub.run("backup", "create", "b")

    assert code == 3
    assert "the disk is full" in err


@pytest.mark.parametrize("said", [lines(), lines(STEPS[0])])
def test_a_hub_that_ends_before_the_backup_is_done_has_made_none(hub, said):
    hub.answers["POST /api/v1/backup"] = said
    code, _, err = hub.run("backup", "create", "b")

    assert code == 2
    assert "nothing was left behind" in err


def test_a_file_that_is_no_backup_is_neither_verified_nor_restored(hub, tmp_path):
    file = tmp_path / "b.tar.zst"
    file.write_bytes(b"no backup")
    for words, code in (
        (("backup", "verify", str(file)), Exit.CHECK_FAILED),
        (("restore", str(file), "--data", str(tmp_path / "new")), Exit.USAGE),
    ):
        refused, out, err = hub.run(*words)

        assert refused == code
        assert out == ""
        assert "b.tar.zst" in err
    assert not (tmp_path / "new").exists()

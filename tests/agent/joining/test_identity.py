"""An identity is switched in one step: whoever looks finds the old one or the new one."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from muster.agent.joining.identity import (
    DiskRefused,
    NodeFile,
    NotClaimed,
    PermissionRefused,
    install_identity,
    is_claimed,
    load_identity,
    refused,
    remove_identity,
)
from muster.errors import MusterError, SettingsError
from muster.log import Secret

STEPS = ("mkdir", "open", "fsync", "symlink", "replace", "unlink")


def node(serial: str = "a1") -> NodeFile:
    return NodeFile(
        node="n",
        space="s",
        name="web-1",
        hub="h",
        agents="hub:8401",
        serial=serial,
        sha256="",
        not_before_ns=1,
        not_after_ns=2,
    )


def install(data: Path, serial: str = "a1") -> None:
    install_identity(
        data,
        key=Secret(f"key {serial}"),
        chain=f"chain {serial}",
        anchors=f"anchors {serial}",
        node=node(serial),
    )


def found(data: Path) -> tuple[str, str, str, str]:
    identity = load_identity(data)
    return (
        identity.key.read_text(),
        identity.chain.read_text(),
        identity.anchors(),
        identity.node.serial,
    )


def whole(serial: str) -> tuple[str, str, str, str]:
    return f"key {serial}", f"chain {serial}", f"anchors {serial}", serial


def test_what_is_installed_is_loaded(tmp_path):
    install(tmp_path)

    assert found(tmp_path) == whole("a1")
    assert load_identity(tmp_path).node == node()


def test_only_the_owner_may_read_it(tmp_path):
    install(tmp_path / "data")

    for path in (tmp_path / "data").rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_newer_identity_replaces_the_older_one_wholly(tmp_path):
    install(tmp_path, "a1")
    install(tmp_path, "b2")

    assert found(tmp_path) == whole("b2")
    assert [folder.name for folder in (tmp_path / "identities").iterdir()] == ["b2"]


def test_a_folder_without_identity_is_not_claimed(tmp_path):
    assert not is_claimed(tmp_path)
    with pytest.raises(NotClaimed, match="muster agent claim"):
        load_identity(tmp_path)


class Killed(BaseException):
    """The process ends here."""


def kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Die at the n-th call that changes the disk."""
    left = [step]

    def wrap(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments, **named):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(*arguments, **named)

        monkeypatch.setattr(os, name, call)

    for name in STEPS:
        wrap(name)


@pytest.mark.parametrize("step", range(60))
def test_a_kill_at_any_step_leaves_the_old_or_the_new_identity_whole(tmp_path, monkeypatch, step):
    install(tmp_path, "a1")
    kill_at(monkeypatch, step)
    try:
        install(tmp_path, "b2")
        ended = True
    except Killed:
        ended = False
    monkeypatch.undo()

    assert found(tmp_path) in (whole("b2"),) if ended else (whole("a1"), whole("b2"))
    install(tmp_path, "c3")
    assert found(tmp_path) == whole("c3")


@pytest.mark.parametrize("step", range(30))
def test_a_kill_at_any_step_of_the_first_leaves_it_claimed_or_unclaimed(
    tmp_path, monkeypatch, step
):
    kill_at(monkeypatch, step)
    with contextlib.suppress(Killed):
        install(tmp_path, "a1")
    monkeypatch.undo()

    assert found(tmp_path) == whole("a1") if is_claimed(tmp_path) else True
    install(tmp_path, "b2")
    assert found(tmp_path) == whole("b2")


def test_removing_frees_the_folder_and_its_spool(tmp_path):
    install(tmp_path)
    (tmp_path / "spool").mkdir()
    (tmp_path / "agent.lock").touch()

    remove_identity(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["agent.lock"]
    with pytest.raises(NotClaimed):
        remove_identity(tmp_path)


def test_a_folder_whose_claim_waits_says_that_it_was_begun(tmp_path):
    (tmp_path / "claim.pending").mkdir()
    with pytest.raises(NotClaimed, match="the same muster agent claim again"):
        load_identity(tmp_path)


def followed(data: Path) -> Path:
    """A copy made by a program that follows links: a folder where the link was."""
    install(data)
    copy = data.with_name("copy")
    shutil.copytree(data, copy)
    assert not (copy / "identity").is_symlink()
    return copy


def test_a_copy_that_followed_links_takes_a_newer_identity_too(tmp_path):
    copy = followed(tmp_path / "agent")
    assert found(copy) == whole("a1")
    install(copy, "b2")

    assert found(copy) == whole("b2")
    assert (copy / "identity").is_symlink()
    assert [each.name for each in (copy / "identities").iterdir()] == ["b2"]


def test_a_copy_that_followed_links_is_freed_too(tmp_path):
    copy = followed(tmp_path / "agent")
    remove_identity(copy)

    assert not is_claimed(copy)
    assert not (copy / "identities").exists()


def test_a_key_that_others_may_read_is_not_used(tmp_path):
    install(tmp_path)
    load_identity(tmp_path).key.chmod(0o640)

    with pytest.raises(SettingsError, match="0640"):
        load_identity(tmp_path)


@pytest.mark.parametrize("name", ["key.pem", "chain.pem", "anchors.pem", "node.json"])
def test_a_missing_file_is_named(tmp_path, name):
    install(tmp_path)
    (tmp_path / "identity" / name).unlink()

    with pytest.raises(SettingsError, match=name):
        load_identity(tmp_path)


def test_a_damaged_node_file_is_named(tmp_path):
    install(tmp_path)
    (tmp_path / "identity" / "node.json").write_text("{")

    with pytest.raises(SettingsError, match=r"node\.json"):
        load_identity(tmp_path)


def test_a_disk_that_refuses_leaves_the_old_identity_in_force(tmp_path, monkeypatch):
    install(tmp_path, "a1")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "disk")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DiskRefused, match="No space left"):
        install(tmp_path, "b2")
    monkeypatch.undo()

    assert found(tmp_path) == whole("a1")


def test_a_lack_of_permission_is_told_apart():
    error: MusterError = refused(PermissionError(13, "Permission denied", "/etc/x"))

    assert isinstance(error, PermissionRefused)
    assert str(error) == "/etc/x: Permission denied; run it as the user who owns the folder"

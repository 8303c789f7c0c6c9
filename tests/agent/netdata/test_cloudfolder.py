"""cloud.d: names, modes, and that a kill at any moment leaves a claim whole or not there."""

import contextlib
import os
import uuid

import pytest

from muster.agent.netdata import cloudfolder
from muster.agent.netdata.cloudfolder import CloudFolder, lib_folder
from muster.agent.netdata.outcome import ClaimFailed

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
CONF = {"enabled": "yes", "cloud base url": "https://hub:1"}


@pytest.fixture
def cloud(tmp_path):
    folder = CloudFolder(tmp_path)
    folder.make()
    return folder


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_library_folder_is_the_agents_own_unless_netdata_names_one(tmp_path):
    assert lib_folder(tmp_path, {}) == tmp_path
    assert str(lib_folder(tmp_path, {"NETDATA_VARLIB_DIR": "/srv/lib"})) == "/srv/lib"


def test_the_folder_is_0770_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        CloudFolder(tmp_path).make()
    finally:
        os.umask(before)

    assert mode(tmp_path / "cloud.d") == 0o770


def test_a_folder_that_cannot_be_made_is_code_2(tmp_path):
    (tmp_path / "lib").write_text("a file")
    with pytest.raises(ClaimFailed, match="Failed to create claiming working directory") as caught:
        CloudFolder(tmp_path / "lib").make()

    assert caught.value.exit_code == 2


def test_id_and_settings_come_into_force_together_and_the_token_goes(cloud):
    cloud.token.write_text("secret")
    cloud.put_in_force(ID, CONF)

    assert cloud.claimed_id.read_bytes() == ID.encode()  # 36 characters, no newline
    assert cloud.conf.read_text() == (
        "[global]\n  enabled = yes\n  cloud base url = https://hub:1\n"
    )
    assert (mode(cloud.claimed_id), mode(cloud.conf)) == (0o640, 0o640)
    assert sorted(path.name for path in cloud.folder.iterdir()) == ["claimed_id", "cloud.conf"]


def test_without_an_id_the_old_one_stays(cloud):
    cloud.put_in_force(ID, CONF)
    cloud.put_in_force("", CONF | {"cloud base url": "https://other:1"})

    assert cloud.read_claim_id() == ID
    assert cloud.read_conf()["cloud base url"] == "https://other:1"


class Killed(Exception):
    pass


def test_a_kill_at_any_write_leaves_the_old_claim_or_the_new_one(tmp_path, monkeypatch):
    old, new = str(uuid.uuid4()), str(uuid.uuid4())
    real = cloudfolder.sync
    seen = set()
    for fatal in range(12):
        cloud = CloudFolder(tmp_path / str(fatal))
        cloud.make()
        cloud.put_in_force(old, {"url": "old"})
        calls = iter(range(100))

        def sync(path, fatal=fatal, calls=calls):
            if next(calls) == fatal:
                raise Killed
            real(path)

        monkeypatch.setattr(cloudfolder, "sync", sync)
        with contextlib.suppress(Killed):
            cloud.put_in_force(new, {"url": "new"})
        monkeypatch.setattr(cloudfolder, "sync", real)
        found = (cloud.read_claim_id(), cloud.read_conf()["url"])
        seen.add(found)

        assert found in {(old, "old"), (new, "new")}
        assert not list(cloud.folder.glob(".*new"))
    assert (new, "new") in seen


def test_what_is_no_uuid_is_no_claim_and_is_noticed(cloud):
    cloud.claimed_id.write_text("garbage")

    assert (cloud.read_claim_id(), cloud.has_broken_id()) == ("", True)
    cloud.claimed_id.write_text(ID.upper() + "\n")
    assert (cloud.read_claim_id(), cloud.has_broken_id()) == (ID, False)


def test_leaving_takes_the_token_that_would_claim_again(cloud):
    cloud.put_in_force(ID, CONF)
    for path in (cloud.token, cloud.rooms, cloud.private):
        path.write_text("x")
    cloud.drop_claim()

    assert [path.name for path in cloud.folder.iterdir()] == ["private.pem"]


def test_the_machine_id_is_made_once_in_lower_case(cloud):
    first = cloud.machine_guid()

    assert cloud.machine_guid() == first == cloud.guid.read_text()
    assert uuid.UUID(first).version == 4
    assert mode(cloud.guid) == 0o640


@pytest.mark.parametrize(
    "bad",
    [
        "8a795b0c-2311-11e6-8563-000c295076a6",
        "4aed1458-1c3e-11e6-a53f-000c290fc8f5\n",
        "no uuid",
    ],
)
def test_an_id_that_many_machines_have_is_made_anew(cloud, bad):
    cloud.guid.parent.mkdir()
    cloud.guid.write_text(bad)

    assert cloud.machine_guid() != bad.strip()


def test_an_id_of_another_installation_is_kept(cloud):
    cloud.guid.parent.mkdir()
    cloud.guid.write_text("7B7F2C1E-1111-11EF-8000-0242AC110002\n")

    assert cloud.machine_guid() == "7b7f2c1e-1111-11ef-8000-0242ac110002"


def test_an_id_that_cannot_be_written_is_code_18(tmp_path):
    (tmp_path / "registry").write_text("a file")
    with pytest.raises(ClaimFailed, match="Failed to write new machine GUID") as caught:
        CloudFolder(tmp_path).machine_guid()

    assert caught.value.exit_code == 18


def test_an_id_that_cannot_be_read_is_code_18(cloud, monkeypatch):
    cloud.machine_guid()
    monkeypatch.setattr(cloudfolder.os, "access", lambda *_: False)
    with pytest.raises(ClaimFailed, match="is not readable") as caught:
        cloud.machine_guid()

    assert caught.value.exit_code == 18


def test_the_one_time_key_is_its_owners_alone_and_another_one_each_time(cloud):
    keys = {cloud.fresh_one_time_key() for _ in range(20)}

    assert len(keys) == 20
    assert cloud.one_time_key.read_text().strip() in keys
    assert mode(cloud.one_time_key) == 0o600


def test_a_folder_given_to_nobody_that_is_known_is_code_2(cloud, monkeypatch):
    cloud.machine_guid()
    monkeypatch.setattr(cloudfolder.os, "geteuid", lambda: 0)
    with pytest.raises(ClaimFailed) as caught:
        cloud.give_to("no-such-user-here")

    assert caught.value.exit_code == 2

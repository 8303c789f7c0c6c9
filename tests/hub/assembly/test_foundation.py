import stat
from pathlib import Path

import pytest

from muster.clock import ManualClock, SystemClock
from muster.core.nodes.inventory import Inventory
from muster.core.people.accounts import Accounts
from muster.core.people.sessions import AccountSettings
from muster.errors import SettingsError
from muster.hub.assembly.foundation import Foundation, in_own_process
from muster.hub.places import Places
from muster.hub.settings import ListenSettings, Settings
from muster.pki import keys


@pytest.fixture
def foundation(tmp_path):
    made = build(tmp_path)
    made.open()
    yield made
    made.close()


def build(folder):
    settings = Settings(data=folder, listen=ListenSettings(names=("hub.example",)))
    return Foundation(settings=settings, places=Places(folder), clock=ManualClock())


async def start(foundation):
    clock = ManualClock()
    accounts = Accounts(records=foundation.records, clock=clock, settings=AccountSettings())
    inventory = Inventory(records=foundation.records.nodes, clock=clock)
    return await foundation.first_start(accounts, inventory)


async def test_the_first_start_makes_ca_certificate_space_and_administrator(tmp_path, foundation):
    password_file = await start(foundation)

    assert password_file == str(tmp_path / "admin-password")
    assert stat.S_IMODE((tmp_path / "admin-password").stat().st_mode) == 0o600
    certificate = keys.views((tmp_path / "tls" / "server.pem").read_text())[0]
    assert "hub.example" in certificate.names
    assert [space.name for space in foundation.records.nodes.spaces()] == ["Home"]


async def test_the_second_start_keeps_them(tmp_path, foundation):
    await start(foundation)
    hub = foundation.authority.hub
    foundation.close()
    again = build(tmp_path)
    again.open()

    assert again.authority.hub == hub
    assert await start(again) == ""
    again.close()


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_a_hub_that_lost_its_records_does_not_begin_anew(tmp_path, foundation, spoil):
    foundation.close()
    spoil(tmp_path / "records.sqlite")

    with pytest.raises(SettingsError, match=r"records\.sqlite: is missing or empty.*backup"):
        build(tmp_path).open()


def test_a_key_that_others_may_read_stops_the_start(tmp_path, foundation):
    (tmp_path / "ca" / "root.key").chmod(0o644)

    with pytest.raises(SettingsError, match=r"root\.key"):
        build(tmp_path).open()


def test_a_hubs_signer_is_a_process_that_ends_with_the_foundation(tmp_path):
    foundation = Foundation(
        settings=Settings(data=tmp_path),
        places=Places(tmp_path),
        clock=SystemClock(),
        signer=in_own_process,
    )
    foundation.open()
    pid = foundation.authority.pid
    assert Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[3] == b"muster.hub.keys.signer"
    foundation.authority.prepare(staged=False)
    foundation.show_certificates()
    foundation.close()

    assert not Path(f"/proc/{pid}").exists()

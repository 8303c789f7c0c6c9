"""The backups of a hub are put together with its folder and its settings."""

from muster.clock import ManualClock
from muster.hub.assembly.backups import backups_of
from muster.hub.places import Places
from muster.hub.upkeep.backupplan import BackupSettings
from muster.testing.house import OPERATOR


class Cluster:
    """A data plane whose engine is nobody's to back up."""

    store = None


async def test_backups_lie_in_the_data_folder_or_where_settings_say(tmp_path):
    for given, folder in ((None, tmp_path / "backups"), (tmp_path / "disk", tmp_path / "disk")):
        settings = BackupSettings(folder=given)
        lane = backups_of(settings, Places(tmp_path), None, Cluster(), "hub", ManualClock())

        assert (await lane.view(OPERATOR)).folder == str(folder)

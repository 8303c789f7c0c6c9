"""When backups are made by themselves, and which stay."""

from datetime import timedelta

import pytest

from muster.clock import SECOND_NS
from muster.errors import SettingsError
from muster.hub.upkeep.backupplan import MOST, BackupSettings, check, next_ns, too_old
from muster.model.backup import BackupDeed, BackupFailure, BackupView

HOUR_NS = 3600 * SECOND_NS
DAILY = BackupSettings(every=timedelta(days=1), keep=2)
NOW_NS = 1000 * HOUR_NS


def backup(hours_ago, *, planned=True):
    name = f"{hours_ago}.tar.zst"
    return BackupView(name=name, bytes=1, time_ns=NOW_NS - hours_ago * HOUR_NS, planned=planned)


def failed(hours_ago, deed=BackupDeed.CREATE):
    time_ns = NOW_NS - hours_ago * HOUR_NS
    return BackupFailure(deed=deed, name="x", time_ns=time_ns, code="unavailable", text="full")


def test_without_a_setting_none_is_planned():
    assert next_ns(BackupSettings(), [], None, NOW_NS) == 0


@pytest.mark.parametrize(
    ("found", "in_hours"),
    [
        ([], 0),
        ([backup(3)], 21),
        ([backup(1, planned=False), backup(23)], 1),  # one of a person changes no plan
        ([backup(-5000), backup(30)], -6),  # made by a clock that was ahead
    ],
)
def test_the_next_is_due_a_while_after_the_newest_planned_one(found, in_hours):
    assert next_ns(DAILY, found, None, NOW_NS) == NOW_NS + in_hours * HOUR_NS


def test_one_that_failed_is_tried_again_an_hour_later():
    assert next_ns(DAILY, [backup(30)], failed(0.5), NOW_NS) == NOW_NS + HOUR_NS / 2
    assert next_ns(DAILY, [], failed(0.5, BackupDeed.VERIFY), NOW_NS) == NOW_NS


def test_the_newest_planned_ones_stay_and_all_of_people():
    found = [backup(-9), backup(1), backup(2, planned=False), backup(25), backup(49), backup(73)]
    gone = too_old(DAILY, found, NOW_NS)

    assert gone == [backup(49), backup(73)]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (BackupSettings(every=timedelta(minutes=5)), "backup.every"),
        (BackupSettings(keep=0), "backup.keep"),
        (BackupSettings(keep=MOST), "backup.keep"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, key):
    with pytest.raises(SettingsError, match=key):
        check(settings)


def test_settings_may_plan_backups():
    check(BackupSettings())
    check(DAILY)

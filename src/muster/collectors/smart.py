"""Health of disks, as smartctl tells it.

Every 300 seconds: a disk changes slowly, and asking one takes 20 to 500 ms. Disks that are asleep
are not woken; of them only that is told. Disks are asked by a helper with the capabilities for
it ([guide](../guide/smart.md)); an agent that is root does it by itself, and any other agent
without that helper collects nothing here.

Source: smartctl(8), its JSON of smartmontools 7; Telegraf's smart
Golden: tests/golden/collectors/*/expected/smart.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, Measurement, Sample, Service, Talk, Want, fields
from muster.model.metric import Kind, Point

NAME = "smart"
SOCKET = "/run/muster/smart.sock"
MAX_DISKS = 64


def talk() -> Talk:
    """One request; an answer is a line for each disk."""
    answer = yield Want(b"smart 1\n")
    lines = answer.splitlines()[:MAX_DISKS]
    return {f"{number:02}": line for number, line in enumerate(lines)}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield a point of each disk, and one of each of its attributes."""
    group = sample.group(NAME)
    if not group:
        return ()
    from muster.collectors import smartpoints  # most machines have no such helper

    return smartpoints.points(group, sample.time_ns)


_TAGS = ("capacity", "enabled", "model", "serial_no", "wwn", "device_type")

COLLECTOR = Collector(
    name=NAME,
    sources=(Service(NAME, (f"unix:{SOCKET}", "own:smarthelper"), talk, timeout_s=240.0),),
    collect=collect,
    interval_s=300,
    needs=(SOCKET, "/usr/sbin/smartctl", "/usr/bin/smartctl", "/usr/local/sbin/smartctl"),
    measurements=(
        Measurement(
            name="smart_device",
            tags=("device",),
            some_tags=(*_TAGS, "power"),
            fields=(
                *fields(Kind.BOOLEAN, "yes or no", "health_ok"),
                *fields(Kind.INTEGER, "bits, see smartctl(8)", "exit_status"),
                *fields(Kind.INTEGER, "degrees Celsius", "temp_c"),
                *fields(Kind.INTEGER, "hours", "power_on_hours"),
                *fields(
                    Kind.INTEGER,
                    "count",
                    "power_cycle_count read_error_rate seek_error_rate udma_crc_errors"
                    " reallocated_sectors_count pending_sector_count uncorrectable_sector_count"
                    " unsafe_shutdowns media_errors error_log_entries",
                ),
                *fields(
                    Kind.INTEGER,
                    "percent",
                    "wear_leveling_count media_wearout_indicator percent_lifetime_remain"
                    " available_spare available_spare_threshold percentage_used",
                ),
                *fields(Kind.INTEGER, "bits", "critical_warning"),
                *fields(
                    Kind.INTEGER, "minutes", "critical_temperature_time warning_temperature_time"
                ),
            ),
        ),
        Measurement(
            name="smart_attribute",
            tags=("device", "name"),
            some_tags=(*_TAGS, "fail", "flags", "id"),
            fields=(
                *fields(Kind.INTEGER, "bits, see smartctl(8)", "exit_status"),
                *fields(Kind.INTEGER, "of the attribute", "raw_value"),
                *fields(Kind.INTEGER, "normalised, the higher the better", "value worst"),
                *fields(Kind.INTEGER, "normalised", "threshold"),
            ),
        ),
    ),
)

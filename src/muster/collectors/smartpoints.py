"""Points of what smartctl says of disks: ATA, NVMe and SCSI.

Loaded where disks are asked. Source: as collectors/smart.py
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from muster.collectors.api import parsing
from muster.model.metric import Point, Value

MAX_ATTRIBUTES = 256  # of one disk

# ATA: attributes whose raw value is a field of the disk, and those whose normalised value is.
BY_ID = {
    1: "read_error_rate",
    5: "reallocated_sectors_count",
    7: "seek_error_rate",
    197: "pending_sector_count",
    198: "uncorrectable_sector_count",
    199: "udma_crc_errors",
}
BY_NAME = {
    "Wear_Leveling_Count": "wear_leveling_count",
    "Media_Wearout_Indicator": "media_wearout_indicator",
    "Percent_Lifetime_Remain": "percent_lifetime_remain",
}
# NVMe: what its log says -> the field of the disk (empty: none), the name of the attribute.
NVME = {
    "critical_warning": ("critical_warning", "Critical_Warning"),
    "temperature": ("", "Temperature"),
    "available_spare": ("available_spare", "Available_Spare"),
    "available_spare_threshold": ("available_spare_threshold", "Available_Spare_Threshold"),
    "percentage_used": ("percentage_used", "Percentage_Used"),
    "data_units_read": ("", "Data_Units_Read"),
    "data_units_written": ("", "Data_Units_Written"),
    "host_reads": ("", "Host_Read_Commands"),
    "host_writes": ("", "Host_Write_Commands"),
    "controller_busy_time": ("", "Controller_Busy_Time"),
    "power_cycles": ("power_cycle_count", "Power_Cycle_Count"),
    "power_on_hours": ("power_on_hours", "Power_On_Hours"),
    "unsafe_shutdowns": ("unsafe_shutdowns", "Unsafe_Shutdowns"),
    "media_errors": ("media_errors", "Media_and_Data_Integrity_Errors"),
    "num_err_log_entries": ("error_log_entries", "Error_Information_Log_Entries"),
    "warning_temp_time": ("warning_temperature_time", "Warning_Temperature_Time"),
    "critical_comp_time": ("critical_temperature_time", "Critical_Temperature_Time"),
}
_INTEGER = (1 << 63) - 1
_SPAN = re.compile(r"(?:(\d+)h)?\+?(?:(\d+)m)?\+?(?:(\d+)(?:\.\d+)?s)?")
_ASLEEP = re.compile(r"Device is in (STANDBY|SLEEP)", re.IGNORECASE)

Json = Mapping[str, Any]


def points(group: Mapping[str, bytes], time_ns: int) -> Iterator[Point]:
    """Points of all disks, in their order."""
    disks = []
    for text in group.values():
        with parsing("smartctl", text):
            disks.append(_object(msgspec.json.decode(text)))
    names = [_name(disk) for disk in disks]
    for disk, name, text in zip(disks, names, group.values(), strict=True):
        if not name:
            continue
        with parsing(f"smartctl {name}", text):
            yield from _points(disk, name, time_ns, is_repeated=names.count(name) > 1)


def _points(disk: Json, name: str, time_ns: int, *, is_repeated: bool) -> Iterable[Point]:
    status = _integer(_object(disk.get("smartctl", {})).get("exit_status"), 0)
    tags = {"device": name, **_tags(disk)}
    if is_repeated:  # disks behind one controller are told apart by their number there
        tags["device_type"] = str(_object(disk["device"])["type"])
    fields: dict[str, Value] = {"exit_status": status}
    if power := _asleep(disk):
        return [Point("smart_device", fields, time_ns, tags | {"power": power})]
    fields |= _fields(disk)
    found = [Point("smart_device", fields, time_ns, tags)]
    log = _object(disk.get("nvme_smart_health_information_log", {}))
    for key, (_field, attribute) in NVME.items():
        if key in log:
            raw: dict[str, Value] = {"raw_value": _integer(log[key]), "exit_status": status}
            found.append(Point("smart_attribute", raw, time_ns, tags | {"name": attribute}))
    for each in _attributes(disk):
        found.append(_attribute(each, status, tags, time_ns))  # noqa: PERF401 - two kinds
    return found


def _tags(disk: Json) -> dict[str, str]:
    capacity = _object(disk.get("user_capacity", {})).get("bytes")
    enabled = _object(disk.get("smart_support", {})).get("enabled")
    vendor = " ".join(str(disk[key]) for key in ("scsi_vendor", "scsi_product") if disk.get(key))
    tags = {
        "model": str(disk.get("model_name") or disk.get("scsi_model_name") or vendor),
        "serial_no": str(disk.get("serial_number", "")),
        "wwn": _wwn(disk),
        "capacity": str(capacity or ""),
        "enabled": "Enabled" if enabled else "" if enabled is None else "Disabled",
    }
    return {name: value.strip() for name, value in tags.items() if value.strip()}


def _wwn(disk: Json) -> str:
    wwn = _object(disk.get("wwn", {}))
    if not wwn:
        return ""
    naa, oui, number = (_integer(wwn[part]) for part in ("naa", "oui", "id"))
    return f"{naa:x}{oui:06x}{number:09x}"


def _asleep(disk: Json) -> str:
    """The state of a disk that was not woken; empty when it answered."""
    messages = _object(disk.get("smartctl", {})).get("messages", [])
    for each in messages if isinstance(messages, list) else []:
        if found := _ASLEEP.search(str(_object(each).get("string", ""))):
            return found[1].upper()
    return ""


def _fields(disk: Json) -> dict[str, Value]:
    found: dict[str, Value] = {}
    passed = _object(disk.get("smart_status", {})).get("passed")
    if isinstance(passed, bool):
        found["health_ok"] = passed
    places = {
        "temp_c": ("temperature", "current"),
        "power_on_hours": ("power_on_time", "hours"),
        "power_cycle_count": (
            "scsi_start_stop_cycle_counter",
            "accumulated_start_stop_cycles",
        ),
    }
    for field, (part, key) in places.items():
        value = _object(disk.get(part, {})).get(key)
        if value is not None:
            found[field] = _integer(value)
    if "power_cycle_count" in disk:
        found["power_cycle_count"] = _integer(disk["power_cycle_count"])
    log = _object(disk.get("nvme_smart_health_information_log", {}))
    for key, (field, _attribute) in NVME.items():
        if field and key in log:
            found[field] = _integer(log[key])
    for each in _attributes(disk):
        if field := BY_ID.get(_integer(each["id"]), ""):
            found[field] = _raw(each)
        if field := BY_NAME.get(str(each["name"]), ""):
            found[field] = _integer(each["value"])
    return found


def _attributes(disk: Json) -> list[Json]:
    table = _object(disk.get("ata_smart_attributes", {})).get("table", [])
    return [_object(each) for each in table[:MAX_ATTRIBUTES]] if isinstance(table, list) else []


def _attribute(each: Json, status: int, tags: Mapping[str, str], time_ns: int) -> Point:
    failed = str(each.get("when_failed", ""))
    more = {
        "id": str(_integer(each["id"])),
        "name": str(each["name"]),
        "flags": str(_object(each["flags"])["string"]).strip(),
        "fail": {"now": "FAILING_NOW", "past": "Past"}.get(failed, "-"),
    }
    fields: dict[str, Value] = {
        "exit_status": status,
        "raw_value": _raw(each),
        "value": _integer(each["value"]),
        "worst": _integer(each["worst"]),
        "threshold": _integer(each.get("thresh"), 0),
    }
    known = {name: value for name, value in more.items() if value}
    return Point("smart_attribute", fields, time_ns, {**tags, **known})


def _raw(each: Json) -> int:
    """As people read it: "31 (Min/Max 20/45)" is 31, "12h+34m+05.6s" a number of seconds."""
    raw = _object(each["raw"])
    text = str(raw.get("string", "")).split(" ")[0]
    if text.isdecimal() and len(text) < 19:
        return int(text)
    found = _SPAN.fullmatch(text)
    if text and found is not None:
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return min(hours * 3_600 + minutes * 60 + seconds, _INTEGER)
    return _integer(raw["value"])


def _name(disk: Json) -> str:
    """The last part of its path."""
    return str(_object(disk.get("device", {})).get("name", "")).rpartition("/")[2]


def _object(value: object) -> Json:
    """Errors: ValueError for what is none."""
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _integer(value: object, default: int | None = None) -> int:
    """Errors: ValueError for what is none, with a default only for what is there and wrong."""
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"not a whole number: {str(value)[:40]!r}")
    return max(min(value, _INTEGER), -_INTEGER)

"""UPSes that Network UPS Tools know, from upsd.

Every ten seconds, for an answer costs 2 ms of each UPS and drivers ask theirs no more often. What
a UPS does not tell is left out. A UPS whose driver is away is left out too. `status_flags` has
the bits of apcupsd, so that both kinds are read alike.

Source: NUT's RFC 9271 (network protocol), Telegraf's upsd
Golden: tests/golden/collectors/*/expected/upsd.json
"""

from collections.abc import Iterable, Mapping
from functools import partial

from muster.collectors.api import (
    Collector,
    Measurement,
    Sample,
    Service,
    Talk,
    Want,
    fields,
    parsing,
    real,
    tag,
)
from muster.model.metric import Kind, Point, Value

NAME = "upsd"
MAX_UPSES = 64
_MOST = 256 << 10  # bytes of one list

FLAGS = {"CAL": 0, "TRIM": 1, "BOOST": 2, "OL": 3, "OB": 4, "OVER": 5, "LB": 6, "RB": 7}
REALS = {
    "battery.charge": "battery_charge_percent",
    "battery.voltage": "battery_voltage",
    "battery.voltage.nominal": "nominal_battery_voltage",
    "input.voltage": "input_voltage",
    "input.voltage.nominal": "nominal_input_voltage",
    "input.frequency": "input_frequency",
    "output.voltage": "output_voltage",
    "ups.load": "load_percent",
    "ups.temperature": "internal_temp",
    "ups.realpower": "real_power",
}
TEXTS = {
    "battery.date": "battery_date",
    "battery.mfr.date": "battery_mfr_date",
    "ups.firmware": "firmware",
    "ups.status": "ups_status",
}


def talk() -> Talk:
    """Names of UPSes, then the variables of each."""
    listed = yield Want(b"LIST UPS\n", partial(_whole, b"LIST UPS"))
    found: dict[str, bytes] = {}
    for line in listed.splitlines():
        words = line.split(b" ", 2)
        if words[0] == b"UPS" and len(words) > 1 and len(found) < MAX_UPSES:
            list_ = b"LIST VAR " + words[1]
            found[tag(words[1])] = yield Want(list_ + b"\n", partial(_whole, list_))
    yield Want(b"LOGOUT\n", lambda data: data.find(b"\n") + 1)
    return found


def _whole(list_: bytes, data: bytes) -> int:
    """Up to the line that ends the list, or the error in its place."""
    if len(data) > _MOST:
        raise ValueError("a list that does not end")
    if data.startswith(b"ERR ") and b"\n" in data:
        return data.index(b"\n") + 1
    end = b"END " + list_ + b"\n"
    place = data.find(end)
    return place + len(end) if place >= 0 else 0


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `upsd` point per UPS whose driver answers."""
    for ups, text in (sample.group(NAME) or {}).items():
        if text.startswith(b"ERR "):
            continue
        with parsing(f"{NAME} {ups}", text):
            told = dict(_variables(text))
            found = _fields(told)
        flags = told.get("ups.status", "").split()
        tags = {f"status_{flag}": "true" for flag in flags if flag in FLAGS}
        names = {"serial": told.get("device.serial", ""), "model": told.get("device.model", "")}
        tags |= {name: value for name, value in names.items() if value}
        yield Point(NAME, found, sample.time_ns, tags | {"ups_name": ups})


def _variables(text: bytes) -> Iterable[tuple[str, str]]:
    """Read 'VAR name ups.status "OL CHRG"', with quotes and backslashes escaped."""
    for line in tag(text).splitlines():
        if line.startswith("VAR "):
            _var, _ups, name, value = line.split(" ", 3)
            if not (len(value) >= 2 and value[0] == value[-1] == '"'):
                raise ValueError("a value without quotes")
            yield name, value[1:-1].replace('\\"', '"').replace("\\\\", "\\").strip()


def _fields(told: Mapping[str, str]) -> dict[str, Value]:
    flags = told.get("ups.status", "").split()
    found: dict[str, Value] = {
        "status_flags": sum(1 << bit for flag, bit in FLAGS.items() if flag in flags)
    }
    for key, name in REALS.items():
        if told.get(key):
            found[name] = real(told[key].encode())
    if runtime := told.get("battery.runtime"):
        found["time_left_ns"] = round(float(runtime) * 1_000_000_000)
    if power := told.get("ups.realpower.nominal") or told.get("ups.power.nominal"):
        found["nominal_power"] = int(float(power))
    for key, name in TEXTS.items():
        if told.get(key):
            found[name] = told[key]
    return found


COLLECTOR = Collector(
    name=NAME,
    sources=(Service(NAME, ("tcp:127.0.0.1:3493",), talk),),
    collect=collect,
    interval_s=10,
    needs=("/run/nut", "/etc/nut/upsd.conf", "/etc/ups/upsd.conf"),
    measurements=(
        Measurement(
            name=NAME,
            tags=("ups_name",),
            some_tags=("serial", "model", *(f"status_{flag}" for flag in FLAGS)),
            fields=(
                *fields(Kind.INTEGER, "bits, 8 is on line, 16 on battery", "status_flags"),
                *fields(Kind.INTEGER, "nanoseconds", "time_left_ns"),
                *fields(Kind.FLOAT, "percent", "battery_charge_percent load_percent"),
                *fields(Kind.FLOAT, "volts", "battery_voltage nominal_battery_voltage"),
                *fields(Kind.FLOAT, "volts", "input_voltage nominal_input_voltage"),
                *fields(Kind.FLOAT, "volts", "output_voltage"),
                *fields(Kind.FLOAT, "hertz", "input_frequency"),
                *fields(Kind.FLOAT, "degrees Celsius", "internal_temp"),
                *fields(Kind.FLOAT, "watts", "real_power"),
                *fields(Kind.INTEGER, "watts", "nominal_power"),
                *fields(Kind.STRING, "text", " ".join(TEXTS.values())),
            ),
        ),
    ),
)

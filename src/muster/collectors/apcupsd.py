"""A UPS of APC, as apcupsd tells it over its network information server.

Every ten seconds: the daemon itself asks its UPS that often, and an answer costs 2 ms. What the
UPS does not tell is left out.

Source: apcupsd's manual, "NIS network server protocol"; Telegraf's apcupsd
Golden: tests/golden/collectors/*/expected/apcupsd.json
"""

from collections.abc import Iterable, Mapping

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

NAME = "apcupsd"
STATUS = "status"
_ASK = b"\x00\x06status"

TAGS = {"SERIALNO": "serial", "UPSNAME": "ups_name", "STATUS": "status", "MODEL": "model"}
REALS = {
    "LINEV": "input_voltage",
    "LOADPCT": "load_percent",
    "BCHARGE": "battery_charge_percent",
    "OUTPUTV": "output_voltage",
    "ITEMP": "internal_temp",
    "BATTV": "battery_voltage",
    "LINEFREQ": "input_frequency",
    "NOMINV": "nominal_input_voltage",
    "NOMBATTV": "nominal_battery_voltage",
}
TIMES = {
    "TIMELEFT": "time_left_ns",
    "TONBATT": "time_on_battery_ns",
    "CUMONBATT": "cumulative_time_on_battery_ns",
}
COUNTS = {"NOMPOWER": "nominal_power", "NUMXFERS": "number_transfers"}
TEXTS = {"FIRMWARE": "firmware", "BATTDATE": "battery_date", "LASTXFER": "last_transfer"}
_UNITS_NS = {
    "seconds": 1_000_000_000,
    "minutes": 60 * 1_000_000_000,
    "hours": 3_600 * 1_000_000_000,
}


def talk() -> Talk:
    """One question; the answer is lines with their lengths, ended by one of length 0."""
    answer = yield Want(_ASK, _whole)
    lines, place = [], 0
    while length := int.from_bytes(answer[place : place + 2], "big"):
        lines.append(answer[place + 2 : place + 2 + length])
        place += 2 + length
    return {STATUS: b"".join(lines)}


def _whole(data: bytes) -> int:
    place = 0
    while place + 2 <= len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        place += 2 + length
        if not length:
            return place
    return 0


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `apcupsd` point; none while the daemon has lost its UPS."""
    group = sample.group(NAME)
    if group is None:
        return
    text = group[STATUS]
    lines = (line.partition(b":") for line in text.splitlines())
    told = {tag(key).strip(): tag(value).strip() for key, _, value in lines}
    if told.get("STATUS", "") == "COMMLOST" or "STATFLAG" not in told:
        return
    tags = {name: told[key] for key, name in TAGS.items() if told.get(key)}
    with parsing(NAME, text):
        found = _fields(told)
    yield Point(NAME, found, sample.time_ns, tags)


def _fields(told: Mapping[str, str]) -> dict[str, Value]:
    """Errors: ValueError, KeyError, IndexError for a value of another form."""
    found: dict[str, Value] = {"status_flags": int(told["STATFLAG"].split()[0], 16) & (1 << 62) - 1}
    known = {key: value for key, value in told.items() if value and value != "N/A"}
    for key, name in REALS.items():
        if key in known:
            found[name] = real(known[key].split()[0].encode())
    for key, name in TIMES.items():
        if key in known:
            number, unit = known[key].split()[:2]
            found[name] = round(float(number) * _UNITS_NS[unit.lower()])
    for key, name in COUNTS.items():
        if key in known:
            found[name] = int(known[key].split()[0])
    for key, name in TEXTS.items():
        if key in known:
            found[name] = known[key]
    return found


COLLECTOR = Collector(
    name=NAME,
    sources=(Service(NAME, ("tcp:127.0.0.1:3551",), talk),),
    collect=collect,
    interval_s=10,
    needs=("/etc/apcupsd", "/run/apcupsd.pid", "/usr/sbin/apcupsd", "/sbin/apcupsd"),
    measurements=(
        Measurement(
            name=NAME,
            tags=("status",),
            some_tags=("serial", "ups_name", "model"),
            fields=(
                *fields(Kind.INTEGER, "bits, 8 is on line", "status_flags"),
                *fields(Kind.INTEGER, "nanoseconds", " ".join(TIMES.values())),
                *fields(Kind.FLOAT, "volts", "input_voltage output_voltage battery_voltage"),
                *fields(Kind.FLOAT, "volts", "nominal_input_voltage nominal_battery_voltage"),
                *fields(Kind.FLOAT, "percent", "load_percent battery_charge_percent"),
                *fields(Kind.FLOAT, "degrees Celsius", "internal_temp"),
                *fields(Kind.FLOAT, "hertz", "input_frequency"),
                *fields(Kind.INTEGER, "watts", "nominal_power"),
                *fields(Kind.INTEGER, "count", "number_transfers"),
                *fields(Kind.STRING, "text", " ".join(TEXTS.values())),
            ),
        ),
    ),
)

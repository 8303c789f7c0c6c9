"""States of systemd's services, from `systemctl list-units`.

Starting systemctl alone takes 2.5 ms of processor time (252), before it has asked anything:
each second, that would be half the agent's budget. So every thirty seconds. At most 512 units
are shown, failed ones first.

Source: systemctl(1), Telegraf's systemd_units.
Golden: tests/golden/collectors/*/expected/systemd_units.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, Command, Measurement, Sample, fields, parsing, tag
from muster.model.metric import Kind, Point

OUTPUT = "systemctl"
MAX_UNITS = 512

LOAD = {
    "loaded": 0,
    "stub": 1,
    "not-found": 2,
    "bad-setting": 3,
    "error": 4,
    "merged": 5,
    "masked": 6,
}
ACTIVE = {
    "active": 0,
    "reloading": 1,
    "inactive": 2,
    "failed": 3,
    "activating": 4,
    "deactivating": 5,
}
SUB = {
    "running": 0x00,
    "dead": 0x01,
    "start-pre": 0x02,
    "start": 0x03,
    "exited": 0x04,
    "reload": 0x05,
    "stop": 0x06,
    "stop-watchdog": 0x07,
    "stop-sigterm": 0x08,
    "stop-sigkill": 0x09,
    "stop-post": 0x0A,
    "final-sigterm": 0x0B,
    "failed": 0x0C,
    "auto-restart": 0x0D,
    "condition": 0x0E,
    "cleaning": 0x0F,
    "waiting": 0x10,
    "tentative": 0x20,
    "plugged": 0x21,
    "mounting": 0x30,
    "mounting-done": 0x31,
    "mounted": 0x32,
    "remounting": 0x33,
    "unmounting": 0x34,
    "remounting-sigterm": 0x35,
    "remounting-sigkill": 0x36,
    "unmounting-sigterm": 0x37,
    "unmounting-sigkill": 0x38,
    "abandoned": 0x50,
    "active": 0x60,
    "start-chown": 0x70,
    "start-post": 0x71,
    "listening": 0x72,
    "stop-pre": 0x73,
    "stop-pre-sigterm": 0x74,
    "stop-pre-sigkill": 0x75,
    "final-sigkill": 0x76,
    "activating": 0x80,
    "activating-done": 0x81,
    "deactivating": 0x82,
    "deactivating-sigterm": 0x83,
    "deactivating-sigkill": 0x84,
    "elapsed": 0xA0,
}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `systemd_units` point per service; none where systemd does not run."""
    text = sample.texts.get(OUTPUT)
    if text is None:
        return
    with parsing(OUTPUT, text):
        units = [_words(line) for line in text.splitlines() if line.strip()]
    units.sort(key=lambda unit: unit[2] != "failed")
    for name, load, active, sub in units[:MAX_UNITS]:
        codes = {"load_code": LOAD.get(load), "active_code": ACTIVE.get(active)}
        codes["sub_code"] = SUB.get(sub)
        # A later systemd may know states that this table does not: their code is left out.
        known = {field: code for field, code in codes.items() if code is not None}
        tags = {"name": name, "load": load, "active": active, "sub": sub}
        yield Point("systemd_units", known, sample.time_ns, tags)


def _words(line: bytes) -> tuple[str, str, str, str]:
    """Read "cron.service loaded active running Regular background program"."""
    words = line.split(None, 5)
    if b"." not in words[0]:  # some versions lead units in trouble by a dot, --plain or not
        del words[0]
    name, load, active, sub = words[:4]
    return tag(name), tag(load), tag(active), tag(sub)


COLLECTOR = Collector(
    name="systemd_units",
    sources=(
        Command(
            name=OUTPUT,
            argv=(
                "systemctl",
                "list-units",
                "--all",
                "--plain",
                "--full",
                "--no-legend",
                "--no-pager",
                "--type=service",
            ),
            needs="/run/systemd/system",
        ),
    ),
    collect=collect,
    interval_s=30,
    measurements=(
        Measurement(
            name="systemd_units",
            tags=("name", "load", "active", "sub"),
            fields=fields(Kind.INTEGER, "code of the state", "load_code active_code sub_code"),
        ),
    ),
)

import pytest

from muster.collectors.api import Sample
from muster.collectors.system import LOAD, SIBLINGS, STAT, UPTIME, UTMP, collect, format_uptime
from muster.errors import InputError

TEXTS = {
    LOAD: b"0.50 0.25 0.10 2/345 6789\n",
    STAT: b"cpu 1\ncpu0 1\ncpu2 1\nintr 5\n",
    UPTIME: b"93511.44 182455.10\n",
}


def fields(groups=None, **texts):
    sample = Sample(time_ns=5, texts={**TEXTS, **texts}, groups=groups or {})
    merged = {}
    for point in collect(sample, None):
        merged |= point.fields
    return merged


def record(kind, user, size=384):
    return (bytes((kind, 0)) + bytes(42) + user.encode().ljust(32, b"\0")).ljust(size, b"\0")


def test_load_processors_and_uptime_are_read():
    assert fields() == {
        "load1": 0.5,
        "load5": 0.25,
        "load15": 0.1,
        "n_cpus": 2,
        "uptime": 93_511,
        "uptime_format": "1 day,  1:58",
    }


def test_sessions_are_user_processes_in_utmp():
    utmp = record(7, "alice") + record(8, "gone") + record(7, "alice") + record(7, "bob")

    found = fields(**{UTMP: utmp})
    assert (found["n_users"], found["n_unique_users"]) == (3, 2)


def test_wide_records_of_arm_are_known():
    assert fields(**{UTMP: record(7, "alice", 400)})["n_users"] == 1


def test_threads_of_one_core_are_counted_once():
    siblings = {
        f"/sys/devices/system/cpu/cpu{n}/x": t for n, t in enumerate((b"0,2", b"1", b"0,2"))
    }

    assert fields(groups={SIBLINGS: siblings})["n_physical_cpus"] == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, " 0:00"),
        (59, " 0:00"),
        (3661, " 1:01"),
        (86_400, "1 day,  0:00"),
        (14 * 86_400 + 11 * 3600 + 7 * 60, "14 days, 11:07"),
    ],
)
def test_uptime_in_words_is_telegrafs(seconds, text):
    assert format_uptime(seconds) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (LOAD, b"0.50 0.25 0.10 2/345"),
        (LOAD, b"nan 0.25 0.10 2/345 1"),
        (STAT, b"cpu 1\nintr 5\n"),
        (UPTIME, b""),
        (UTMP, bytes(385)),
    ],
)
def test_another_shape_is_an_input_error(path, text):
    with pytest.raises(InputError, match=path):
        fields(**{path: text})

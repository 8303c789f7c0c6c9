import pytest

from muster.collectors.api import Sample
from muster.collectors.gpu import CARDS, COLLECTOR, UEVENT, collect
from muster.errors import InputError

CLASS = "/sys/class/drm/"
AMD = b"DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_SLOT_NAME=0000:03:00.0\n"


def points(uevents=None, **cards):
    """Cards by number, each a map of file to text."""
    groups = {
        UEVENT: {f"{CLASS}{card}/device/uevent": text for card, text in (uevents or {}).items()}
    }
    for source in COLLECTOR.sources[1:]:
        tail = source.pattern.removeprefix(CARDS)
        for card, files in cards.items():
            for file, text in files.items():
                if file.replace("hwmon7", "hwmon*") == tail:
                    groups.setdefault(source.pattern, {})[f"{CLASS}{card}/{file}"] = text
    return list(collect(Sample(time_ns=5, groups=groups), None))


def test_a_gpu_of_amd_is_told_with_driver_and_slot():
    (point,) = points(
        {"card0": AMD},
        card0={
            "device/gpu_busy_percent": b"37\n",
            "device/mem_info_vram_total": b"17163091968\n",
            "device/mem_info_vram_used": b"1073741824\n",
            "device/hwmon/hwmon7/power1_average": b"42000000\n",
            "device/hwmon/hwmon7/power1_input": b"99000000\n",
            "device/hwmon/hwmon7/freq1_input": b"2100000000\n",
        },
    )

    assert point.tags == {"card": "card0", "driver": "amdgpu", "slot": "0000:03:00.0"}
    assert point.fields == {
        "utilization_gpu": 37,
        "memory_total": 17163091968,
        "memory_used": 1073741824,
        "power_draw": 42.0,
        "clocks_current_graphics": 2100,
    }


def test_gpus_of_intel_tell_how_long_they_idle():
    (old, new) = points(
        card0={"gt/gt0/rc6_residency_ms": b"123456\n", "gt/gt0/rps_act_freq_mhz": b"350\n"},
        card1={
            "device/tile0/gt0/gtidle/idle_residency_ms": b"99\n",
            "device/tile0/gt0/freq0/act_freq": b"1200\n",
        },
    )

    assert old.fields == {"idle_ms": 123456, "clocks_current_graphics": 350}
    assert (new.tags, new.fields) == (
        {"card": "card1"},
        {"idle_ms": 99, "clocks_current_graphics": 1200},
    )


def test_a_card_that_shows_nothing_gives_nothing():
    assert points({"card0": b"DRIVER=bochs-drm\n"}, card0={}) == []
    assert points(card0={"device/gpu_busy_percent": b"\n"}) == []


def test_another_shape_is_an_input_error():
    with pytest.raises(InputError, match="gpu_busy_percent"):
        points(card0={"device/gpu_busy_percent": b"much"})


def test_of_a_card_that_sleeps_nothing_is_read_but_its_name():
    assert COLLECTOR.sources[0].asleep == ""
    assert all(source.asleep.startswith(CARDS) for source in COLLECTOR.sources[1:])

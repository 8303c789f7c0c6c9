"""Offsets of time zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.values.zones import SECOND_NS, Zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offset(name, second):
    moment = (_EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(name))
    return int(moment.utcoffset().total_seconds()) * SECOND_NS


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]),
    st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=5),
)
def test_offsets_are_those_of_the_time_zone_database(name, seconds):
    times = np.array(seconds, np.int64) * SECOND_NS

    assert Zone(name).offsets_ns(times).tolist() == [offset(name, each) for each in seconds]


def test_the_offset_changes_at_the_very_second():
    zone = Zone("Europe/Berlin")
    change = 1_585_443_600 * SECOND_NS  # 2020-03-29T01:00:00Z

    assert zone.offset_ns(change - 1) == 3_600 * SECOND_NS
    assert zone.offset_ns(change) == 7_200 * SECOND_NS


def test_no_times_have_no_offsets():
    assert not len(Zone("UTC").offsets_ns(np.zeros(0, np.int64)))


def test_an_offset_holds_from_one_change_to_the_next():
    zone = Zone("Europe/Berlin")
    spring, autumn = 1_585_443_600 * SECOND_NS, 1_603_587_600 * SECOND_NS
    year = (1_577_836_800 * SECOND_NS, 1_609_459_200 * SECOND_NS)

    assert zone.regime(spring, *year) == (spring, autumn)
    assert zone.regime(spring - 1, *year)[1] == spring
    assert zone.regime(autumn, *year)[0] == autumn
    assert Zone("UTC").regime(spring, *year)[1] > year[1]


def test_clocks_of_a_range_are_its_offsets_and_the_times_of_their_change():
    change = int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()) * SECOND_NS
    hour = 3_600 * SECOND_NS
    zone = Zone("Europe/Berlin")

    assert sorted(zone.clocks(change - hour, change + hour)) == [hour, 2 * hour, change]
    assert zone.clocks(change, change + hour) == [hour]
    assert zone.clocks(change - 2 * hour, change - hour) == [2 * hour]

import pytest

from muster.clock import ManualClock
from muster.core.intake.ingest import Counts
from muster.core.intake.pulse import Vitals


class FakeJournal:
    sync_ms = 0.4321
    waiting = 3
    refusal = ""


class Hub:
    def __init__(self):
        self.clock = ManualClock()
        self.journal = FakeJournal()
        self.values = 0
        self.trouble = ""
        self.vitals = Vitals(
            clock=self.clock,
            version="1.2.3",
            links=["a", "b"],
            journal=self.journal,
            series_total=lambda: 1500,
            ingest=lambda: Counts(self.values, 20, 3, 2, 0, {"live": 1}),
            disk_used_percent=lambda: 41.26,
            engine_trouble=lambda: self.trouble,
        )


@pytest.fixture
def hub():
    return Hub()


def test_the_rate_is_that_of_the_last_seconds(hub):
    for _ in range(60):
        hub.clock.advance(1)
        hub.values += 1500
        hub.vitals.measure()
    steady = hub.vitals.take().ingest_values_s
    for _ in range(6):
        hub.clock.advance(1)
        hub.vitals.measure()

    assert steady == 1500.0
    assert hub.vitals.take().ingest_values_s == 0.0


def test_the_pulse_tells_what_people_operate_by(hub):
    hub.vitals.starting = ""
    hub.clock.advance(2)
    hub.vitals.measure()
    pulse = hub.vitals.take()

    assert (pulse.links, pulse.series, pulse.uptime_s, pulse.version) == (2, 1500, 2.0, "1.2.3")
    assert (pulse.journal_sync_ms, pulse.journal_waiting) == (0.432, 3)
    assert (pulse.disk_used_percent, pulse.state, pulse.reason) == (41.3, "ok", "")


def test_the_pulse_tells_what_became_of_batches(hub):
    pulse = hub.vitals.take()

    assert (pulse.ingest_batches_total, pulse.ingest_duplicates_total) == (20, 3)
    assert (pulse.ingest_skewed_rows_total, pulse.ingest_dropped_total) == (2, {"live": 1})


def test_a_hub_that_starts_or_cannot_write_says_so(hub):
    starting = hub.vitals.take()
    hub.vitals.starting = ""
    hub.journal.refusal = "the disk is full"
    full = hub.vitals.take()

    assert (starting.state, starting.reason) == ("read_only", "the hub is starting")
    assert (full.state, full.reason) == ("read_only", "the disk is full")


def test_an_engine_in_trouble_keeps_no_values_out_but_is_told(hub):
    hub.vitals.starting = ""
    hub.trouble = "disk error"
    pulse = hub.vitals.take()

    assert pulse.state == "ok"
    assert pulse.reason == "values are safe and wait for the engine: disk error"

from muster.clock import ManualClock
from muster.core.pace import Pace


def test_a_pace_lets_a_burst_through_and_then_waits():
    clock = ManualClock()
    pace = Pace(clock, 100)

    assert pace.spend(1_000) == 0.0
    assert pace.spend(50) == 0.5
    clock.advance(1)
    assert pace.spend(0) == 0.0

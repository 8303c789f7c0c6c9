"""A hub whose clock begins in the past and is moved on by signal, for bench/queries_http.py.

What a hub that ran for hours would hold where (recent minutes in memory, the rest in the
engine) cannot be had by pushing hours of data in a minute. SIGUSR1 moves both clocks by the
next of the given steps.

    python bench/hub_at.py DATA PORT_BASE STEP_S [STEP_S ...]     (starts sum(STEPS) ago)

INFLUX_PORT in its environment: there it also listens for InfluxDB's clients, without passwords.
"""

import os
import signal
import sys
from pathlib import Path

import msgspec

from muster.clock import SECOND_NS, SystemClock
from muster.faces.influx.callers import Way
from muster.hub.app import Hub
from muster.hub.runner import serve
from muster.hub.settings import ListenSettings, Settings
from muster.hub.wires.influx import InfluxSettings


class ShiftedClock(SystemClock):
    def __init__(self, steps_s: list[int]) -> None:
        self._steps = steps_s
        self._behind_s = sum(steps_s)
        self._total_s = self._behind_s

    def step(self, *_: object) -> None:
        self._behind_s -= self._steps.pop(0) if self._steps else 0

    def now_ns(self) -> int:
        return super().now_ns() - self._behind_s * SECOND_NS

    def monotonic(self) -> float:
        return super().monotonic() + self._total_s - self._behind_s


def main() -> None:
    data, base, *steps = sys.argv[1:]
    clock = ShiftedClock([int(step) for step in steps])
    signal.signal(signal.SIGUSR1, clock.step)
    listen = ListenSettings(addresses=("127.0.0.1",), port_base=int(base))
    influx = InfluxSettings(port=int(os.environ.get("INFLUX_PORT", "0")), auth=Way.OFF)
    hub = Hub(Settings(data=Path(data), listen=listen, influx=influx), clock=clock)
    serve(hub, lambda ready: print(msgspec.json.encode(ready).decode(), flush=True))


if __name__ == "__main__":
    main()

"""The agent that bench/agent.py measures, alone in its process.

    python bench/agent_process.py DATA EXTRA

As users run it, but for `nstat` every second and a collector that reads EXTRA more numbers.
"""

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import muster.agent.__main__  # noqa: F401 - first: what it keeps out of the process counts
from muster.agent import app
from muster.agent.linking.links import LinkSettings
from muster.agent.settings import AgentSettings, CollectSettings
from muster.collectors import COLLECTORS
from muster.collectors.api import Collector, File, Sample
from muster.model.metric import Point
from muster.net.proxy import ProxySetting

FILES = tuple(
    f"/proc/{name}"
    for name in ("vmstat", "zoneinfo", "interrupts", "softirqs", "schedstat", "buddyinfo", "stat")
)


def numbers_collector(limit: int) -> Collector:
    """A collector that reads `limit` more numbers from /proc."""

    def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
        left = limit
        for path in FILES:
            words = sample.texts.get(path, b"").split()
            numbers = [int(word) for word in words if word.isdigit()][:left]
            if numbers:
                fields = {f"n{place}": number for place, number in enumerate(numbers)}
                yield Point("bench", fields, sample.time_ns, {"file": path})
            left -= len(numbers)

    return Collector(
        name="bench", sources=tuple(map(File, FILES)), collect=collect, measurements=()
    )


if __name__ == "__main__":
    if extra := int(sys.argv[2]):
        app.COLLECTORS = (*COLLECTORS, numbers_collector(extra))
    settings = AgentSettings(
        data=Path(sys.argv[1]),
        link=LinkSettings(proxy=ProxySetting("none")),
        collect=CollectSettings(intervals={"nstat": timedelta(seconds=1)}),
    )
    raise SystemExit(app.run(settings))

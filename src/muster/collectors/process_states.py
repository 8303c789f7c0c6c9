"""Processes by state, from a look at each: the other half of processes.py.

It costs 10 us a process (measured on 6.18: 0.8 ms for 82 of them), which is half the agent's
budget at 250 of them: so it is done every ten seconds and in a thread. Telegraf's code names
one field `zombies`, its older tables `zombie`: queries written for either find theirs.
Of each text three bytes are held: whole, they would be 2.6 KB of the agent for each process.

Source: proc(5), Telegraf's processes.
Golden: tests/golden/collectors/*/expected/process_states.json
"""

from collections import Counter
from collections.abc import Iterable

from muster.collectors.api import Collector, Glob, Measurement, Sample, fields
from muster.errors import InputError
from muster.model.metric import Kind, Point

STATS = "/proc/[0-9]*/stat"
# Running and blocked ones are counted in the total only: processes.py has them each second.
STATES = {
    ord("S"): "sleeping",
    ord("Z"): "zombie",
    ord("X"): "dead",
    ord("x"): "dead",
    ord("T"): "stopped",
    ord("t"): "stopped",
    ord("W"): "paging",
    ord("I"): "idle",
    ord("P"): "parked",
}
COUNTED_ELSEWHERE = frozenset(b"RD")


def digest(text: bytes) -> bytes:
    """Keep the state alone, with what stands before it; what has none is left to `collect`."""
    # The name before it is in parentheses and may hold any byte, parentheses too.
    at = text.rfind(b") ")
    return text[:80] if at < 0 else text[at : at + 3]


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `processes` point of states; none where processes cannot be listed."""
    texts = sample.groups.get(STATS)
    if not texts:
        return
    seen: Counter[int] = Counter()
    for path, text in texts.items():
        if len(text) != 3 or not text.startswith(b") "):
            raise InputError(f"{path}: unexpected shape {text!r}")
        seen[text[2]] += 1
    counts = dict.fromkeys([*STATES.values(), "unknown"], 0)
    for state, count in seen.items():
        if state not in COUNTED_ELSEWHERE:
            counts[STATES.get(state, "unknown")] += count
    point = {**counts, "zombies": counts["zombie"], "total": len(texts)}
    yield Point("processes", point, sample.time_ns)


COLLECTOR = Collector(
    name="process_states",
    sources=(Glob(STATS, blocking=True, kept=False, limit=65_536, digest=digest),),
    collect=collect,
    interval_s=10,
    measurements=(
        Measurement(
            name="processes",
            fields=fields(
                Kind.INTEGER,
                "count",
                "sleeping zombie zombies dead stopped paging idle parked unknown total",
            ),
        ),
    ),
)

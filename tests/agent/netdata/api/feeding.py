"""Blocks as the scheduler makes them, for tests of the ring and of what is read from it."""

from muster.agent.collecting.rows import Columns, Table
from muster.clock import SECOND_NS
from muster.model.metric import Point

T0 = 1_800_000_000


class Feed:
    """One collector's rows; `feed` makes a block of points."""

    def __init__(self, ring):
        self.ring = ring
        self.columns = Columns()
        self.table = Table([self.columns])

    def __call__(self, second, *points):
        strings = []
        time_ns = (T0 + second) * SECOND_NS
        part = self.columns.fill(
            [Point(name, fields, time_ns, tags) for name, tags, fields in points], strings
        )
        self.ring.feed([self.table.block(time_ns, (part,), strings)])


def cpu(user, system=0.0):
    names = ["guest_nice", "guest", "steal", "softirq", "irq", "nice", "iowait"]
    idle = dict.fromkeys((f"usage_{name}" for name in names), 0.0)
    fields = {"usage_user": user, "usage_system": system, **idle}
    return ("cpu", {"cpu": "cpu-total"}, fields)


def load(value):
    return ("system", {}, {"load1": value, "load5": value / 2, "load15": value / 4})


def disk(name, read, written):
    return ("diskio", {"name": name}, {"read_bytes": read, "write_bytes": written})

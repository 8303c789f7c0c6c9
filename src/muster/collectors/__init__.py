"""Collectors: one file is one kind of measurement. COLLECTORS lists them; a test compares."""

from muster.collectors import (
    cpu,
    disk,
    diskio,
    kernel,
    mem,
    net,
    netstat,
    nstat,
    pressure,
    process_states,
    processes,
    swap,
    system,
    systemd_units,
    temp,
)
from muster.collectors.api import Collector

COLLECTORS: tuple[Collector, ...] = (
    cpu.COLLECTOR,
    disk.COLLECTOR,
    diskio.COLLECTOR,
    kernel.COLLECTOR,
    mem.COLLECTOR,
    net.COLLECTOR,
    netstat.COLLECTOR,
    nstat.COLLECTOR,
    pressure.COLLECTOR,
    process_states.COLLECTOR,
    processes.COLLECTOR,
    swap.COLLECTOR,
    system.COLLECTOR,
    systemd_units.COLLECTOR,
    temp.COLLECTOR,
)

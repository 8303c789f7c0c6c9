"""The declared schema beside Telegraf's, written down by hand from its inputs' documentation."""

from pathlib import Path

import muster.collectors
from muster.collectors import COLLECTORS
from muster.model.metric import Kind

INT, F, S = Kind.INTEGER, Kind.FLOAT, Kind.STRING

# measurement -> tags, {kind: fields}
TELEGRAF = {
    "cpu": (
        "cpu",
        {
            F: "usage_user usage_system usage_idle usage_nice usage_iowait usage_irq usage_softirq"
            " usage_steal usage_guest usage_guest_nice usage_active"
        },
    ),
    "mem": (
        "",
        {
            INT: "active available buffered cached commit_limit committed_as dirty free high_free"
            " high_total huge_page_size inactive low_free low_total mapped page_tables shared slab"
            " sreclaimable sunreclaim swap_cached swap_free swap_total total used vmalloc_chunk"
            " vmalloc_total vmalloc_used write_back write_back_tmp huge_pages_free"
            " huge_pages_total",
            F: "available_percent used_percent",
        },
    ),
    "swap": ("", {INT: "total used free in out", F: "used_percent"}),
    "system": (
        "",
        {
            F: "load1 load5 load15",
            INT: "n_cpus n_users n_unique_users n_physical_cpus uptime",
            S: "uptime_format",
        },
    ),
    "processes": (
        "",
        {
            INT: "blocked running sleeping stopped total zombie zombies dead paging total_threads"
            " idle parked unknown"
        },
    ),
    "kernel": (
        "",
        {
            INT: "boot_time context_switches disk_pages_in disk_pages_out interrupts"
            " processes_forked entropy_avail"
        },
    ),
    "pressure": ("resource type", {F: "avg10 avg60 avg300", INT: "total"}),
    "disk": (
        "device fstype mode path",
        {
            INT: "free total used inodes_free inodes_total inodes_used",
            F: "used_percent inodes_used_percent",
        },
    ),
    "diskio": (
        "name",
        {
            INT: "reads writes read_bytes write_bytes read_time write_time io_time weighted_io_time"
            " merged_reads merged_writes iops_in_progress",
            F: "io_util io_await io_svctm",
        },
    ),
    "net": (
        "interface",
        {
            INT: "bytes_sent bytes_recv packets_sent packets_recv err_in err_out drop_in drop_out"
            " speed"
        },
    ),
    "netstat": (
        "",
        {
            INT: "tcp_established tcp_syn_sent tcp_syn_recv tcp_fin_wait1 tcp_fin_wait2"
            " tcp_time_wait tcp_close tcp_close_wait tcp_last_ack tcp_listen tcp_closing tcp_none"
            " udp_socket"
        },
    ),
    "nstat": ("name", {}),
    "temp": ("sensor", {F: "temp"}),
    "systemd_units": ("name load active sub", {INT: "load_code active_code sub_code"}),
}


def test_measurements_tags_fields_and_types_are_telegrafs():
    declared: dict[str, tuple[set[str], dict[str, Kind]]] = {}
    for collector in COLLECTORS:
        for measurement in collector.measurements:
            _tags, fields = declared.setdefault(measurement.name, (set(measurement.tags), {}))
            for field in measurement.fields:
                assert field.name not in fields, f"{field.name} comes from two collectors"
                fields[field.name] = field.kind
    telegraf = {
        name: (
            set(tags.split()),
            {field: kind for kind, names in kinds.items() for field in names.split()},
        )
        for name, (tags, kinds) in TELEGRAF.items()
    }

    assert declared == telegraf


def test_names_without_a_list_are_only_those_of_the_protocol_tables():
    open_ones = [m.name for c in COLLECTORS for m in c.measurements if m.open_fields]

    assert open_ones == ["net", "nstat"]


def test_the_tuple_of_collectors_lists_every_module_that_has_one():
    folder = Path(muster.collectors.__path__[0])
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    others = {"api", "reference"}

    assert [collector.name for collector in COLLECTORS] == [n for n in modules if n not in others]


def test_an_interval_longer_than_a_second_has_its_reason_in_the_docstring():
    for collector in COLLECTORS:
        module = getattr(muster.collectors, collector.name)
        if collector.interval_s > 1:
            assert "seconds" in module.__doc__, collector.name
            assert any(figure in module.__doc__ for figure in ("ms", "values")), collector.name

"""The declared schema beside Telegraf's, written down by hand from its inputs' documentation."""

from pathlib import Path

import muster.collectors
from muster.collectors import COLLECTORS
from muster.model.metric import Kind

INT, F, S, B = Kind.INTEGER, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN

CONTAINER = (
    "container_image container_name container_status container_version engine_host server_version"
)
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
    "apcupsd": (
        "serial ups_name status model",
        {
            INT: "status_flags time_left_ns time_on_battery_ns cumulative_time_on_battery_ns"
            " nominal_power number_transfers",
            F: "input_voltage load_percent battery_charge_percent output_voltage internal_temp"
            " battery_voltage input_frequency nominal_input_voltage nominal_battery_voltage",
            S: "firmware battery_date last_transfer",
        },
    ),
    "upsd": (
        "serial ups_name model status_CAL status_TRIM status_BOOST status_OL status_OB"
        " status_OVER status_LB status_RB",
        {
            INT: "status_flags time_left_ns nominal_power",
            F: "battery_charge_percent battery_voltage nominal_battery_voltage input_voltage"
            " nominal_input_voltage input_frequency output_voltage load_percent internal_temp"
            " real_power",
            S: "battery_date battery_mfr_date firmware ups_status",
        },
    ),
    "sensors": (
        "chip feature",
        {
            F: "temp_input temp_max temp_crit temp_crit_alarm fan_input in_input power_average"
            " power_input curr_input"
        },
    ),
    "smart_device": (
        "capacity device enabled model serial_no wwn device_type power",
        {
            B: "health_ok",
            INT: "exit_status temp_c power_on_hours power_cycle_count read_error_rate"
            " seek_error_rate udma_crc_errors wear_leveling_count media_wearout_indicator"
            " percent_lifetime_remain available_spare available_spare_threshold critical_warning"
            " percentage_used media_errors error_log_entries unsafe_shutdowns"
            " critical_temperature_time warning_temperature_time reallocated_sectors_count"
            " pending_sector_count uncorrectable_sector_count",
        },
    ),
    "smart_attribute": (
        "capacity device enabled model serial_no wwn device_type fail flags id name",
        {INT: "exit_status raw_value threshold value worst"},
    ),
    "nvidia_smi": (
        "index name uuid compute_mode pstate",
        {
            INT: "utilization_gpu utilization_memory utilization_encoder utilization_decoder"
            " memory_total memory_used memory_free memory_reserved temperature_gpu fan_speed"
            " clocks_current_graphics clocks_current_sm clocks_current_memory"
            " clocks_current_video pcie_link_gen_current pcie_link_width_current"
            " encoder_stats_session_count encoder_stats_average_fps encoder_stats_average_latency"
            " fbc_stats_session_count fbc_stats_average_fps fbc_stats_average_latency",
            F: "power_draw",
            S: "driver_version cuda_version",
        },
    ),
    "docker": (
        "engine_host server_version unit",
        {
            INT: "n_containers n_containers_running n_containers_stopped n_containers_paused"
            " n_images n_cpus n_goroutines n_listener_events n_used_file_descriptors memory_total"
        },
    ),
    "docker_container_cpu": (
        f"{CONTAINER} cpu",
        {
            INT: "usage_total usage_in_usermode usage_in_kernelmode usage_system"
            " throttling_periods throttling_throttled_periods throttling_throttled_time",
            F: "usage_percent",
            S: "container_id",
        },
    ),
    "docker_container_mem": (
        CONTAINER,
        {INT: "usage limit max_usage", F: "usage_percent", S: "container_id"},
    ),
    "docker_container_net": (
        f"{CONTAINER} network",
        {
            INT: "rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors"
            " tx_dropped",
            S: "container_id",
        },
    ),
    "docker_container_blkio": (f"{CONTAINER} device", {S: "container_id"}),
    "docker_container_status": (
        CONTAINER,
        {B: "oomkilled", INT: "pid exitcode started_at finished_at uptime_ns", S: "container_id"},
    ),
    "docker_container_health": (CONTAINER, {S: "health_status", INT: "failing_streak"}),
    "systemd_units": ("name load active sub", {INT: "load_code active_code sub_code"}),
}


OWN = ("gpu", "vm")  # Telegraf asks programs for these, which say other things


def test_measurements_tags_fields_and_types_are_telegrafs():
    declared: dict[str, tuple[set[str], dict[str, Kind]]] = {}
    for collector in COLLECTORS:
        for measurement in () if collector.name in OWN else collector.measurements:
            tags = {*measurement.tags, *measurement.some_tags}
            _tags, fields = declared.setdefault(measurement.name, (tags, {}))
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


def test_names_without_a_list_are_only_those_of_the_kernel_and_of_chips():
    open_ones = [m.name for c in COLLECTORS for m in c.measurements if m.open_fields]

    assert open_ones == [
        "docker_container_mem",
        "docker_container_blkio",
        "net",
        "nstat",
        "sensors",
    ]


def test_the_tuple_of_collectors_lists_every_module_that_has_one():
    folder = Path(muster.collectors.__path__[0])
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    others = {"api", "reference", "dockerpoints", "dockersaid", "smartpoints"}

    assert [collector.name for collector in COLLECTORS] == [n for n in modules if n not in others]


def test_an_interval_longer_than_a_second_has_its_reason_in_the_docstring():
    for collector in COLLECTORS:
        module = getattr(muster.collectors, collector.name)
        if collector.interval_s > 1:
            assert "seconds" in module.__doc__, collector.name
            assert any(figure in module.__doc__ for figure in ("ms", "values")), collector.name

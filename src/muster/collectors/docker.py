"""Containers of Docker or Podman, over their socket.

Every ten seconds: the daemon needs some 5 ms for each container. Containers that run, restart
or are paused, at most 256. Processor use in percent is over the time since the last sample.
Whoever may use Docker's socket is root on the machine: it is asked only where the agent was
given that right ([guide](../guide/smart.md)); where it has not, nothing is collected.

Source: Docker's Engine API 1.24 to 1.47, Podman's compatible API; Telegraf's docker
Golden: tests/golden/collectors/*/expected/docker.json
"""

from collections.abc import Iterable

from muster.collectors.api import Collector, Measurement, Sample, Service, Talk, fields
from muster.model.metric import Kind, Point

NAME = "docker"


def talk() -> Talk:
    """See dockerpoints.talk."""
    from muster.collectors import dockerpoints  # most machines have no such daemon

    return dockerpoints.talk()


def collect(sample: Sample, previous: Sample | None) -> Iterable[Point]:
    """Yield the daemon's two points and some per container."""
    if sample.group(NAME) is None:
        return ()
    from muster.collectors import dockerpoints

    return dockerpoints.collect(sample, previous)


_CONTAINER = ("container_name", "container_status")
_SOME = ("container_image", "container_version", "engine_host", "server_version")
_OF_CGROUPS = "counters of the kernel's memory controller (`cache`, `rss`, `active_anon`), integers"

COLLECTOR = Collector(
    name=NAME,
    sources=(
        Service(
            NAME, ("unix:/run/docker.sock", "unix:/run/podman/podman.sock"), talk, timeout_s=8.0
        ),
    ),
    collect=collect,
    interval_s=10,
    compares=True,
    needs=("/run/docker.sock", "/run/podman/podman.sock"),
    measurements=(
        Measurement(
            name=NAME,
            some_tags=("engine_host", "server_version", "unit"),
            fields=(
                *fields(
                    Kind.INTEGER,
                    "count",
                    "n_containers n_containers_running n_containers_stopped n_containers_paused"
                    " n_images n_cpus n_goroutines n_listener_events n_used_file_descriptors",
                ),
                *fields(Kind.INTEGER, "bytes", "memory_total"),
            ),
        ),
        Measurement(
            name="docker_container_cpu",
            tags=(*_CONTAINER, "cpu"),
            some_tags=_SOME,
            fields=(
                *fields(
                    Kind.INTEGER,
                    "nanoseconds",
                    "usage_total usage_in_usermode usage_in_kernelmode usage_system"
                    " throttling_throttled_time",
                ),
                *fields(Kind.INTEGER, "count", "throttling_periods throttling_throttled_periods"),
                *fields(Kind.FLOAT, "percent of one core", "usage_percent"),
                *fields(Kind.STRING, "id", "container_id"),
            ),
        ),
        Measurement(
            name="docker_container_mem",
            tags=_CONTAINER,
            some_tags=_SOME,
            fields=(
                *fields(Kind.INTEGER, "bytes", "usage limit max_usage"),
                *fields(Kind.FLOAT, "percent", "usage_percent"),
                *fields(Kind.STRING, "id", "container_id"),
            ),
            open_fields=_OF_CGROUPS,
        ),
        Measurement(
            name="docker_container_net",
            tags=(*_CONTAINER, "network"),
            some_tags=_SOME,
            fields=(
                *fields(
                    Kind.INTEGER,
                    "count; bytes",
                    "rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors"
                    " tx_dropped",
                ),
                *fields(Kind.STRING, "id", "container_id"),
            ),
        ),
        Measurement(
            name="docker_container_blkio",
            tags=(*_CONTAINER, "device"),
            some_tags=_SOME,
            fields=fields(Kind.STRING, "id", "container_id"),
            open_fields="`io_service_bytes_recursive_` (bytes) and `io_serviced_recursive_`"
            " (count) with the kind of access (`read`, `write`, `sync`, `total`), integers",
        ),
        Measurement(
            name="docker_container_status",
            tags=_CONTAINER,
            some_tags=_SOME,
            fields=(
                *fields(Kind.BOOLEAN, "yes or no", "oomkilled"),
                *fields(Kind.INTEGER, "number", "pid exitcode"),
                *fields(Kind.INTEGER, "nanoseconds since 1970", "started_at finished_at"),
                *fields(Kind.INTEGER, "nanoseconds", "uptime_ns"),
                *fields(Kind.STRING, "id", "container_id"),
            ),
        ),
        Measurement(
            name="docker_container_health",
            tags=_CONTAINER,
            some_tags=_SOME,
            fields=(
                *fields(Kind.STRING, "healthy, unhealthy, starting", "health_status"),
                *fields(Kind.INTEGER, "count", "failing_streak"),
            ),
        ),
    ),
)

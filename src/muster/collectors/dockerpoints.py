"""Containers of Docker or Podman: what their daemon is asked, and points of what it says.

Loaded where there is such a daemon. Source: as collectors/docker.py
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from muster.collectors.api import Sample, Talk, Want, parsing, percent
from muster.collectors.dockersaid import Container, Info, Inspected, Stats, nanoseconds
from muster.model.metric import Point, Value

NAME = "docker"
MAX_CONTAINERS = 256
_LISTED = "%7B%22status%22%3A%5B%22running%22%2C%22restarting%22%2C%22paused%22%5D%7D"
_INTEGER = (1 << 63) - 1

_Points = Iterator[tuple[str, dict[str, Value], dict[str, str]]]  # measurement, fields, tags


class _Told(NamedTuple):
    """What is known of one container."""

    id: str
    stats: Stats
    inspected: Inspected
    before: Stats | None


def talk() -> Talk:
    """The daemon, its containers, and of each its counters and state."""
    info = yield _get("/info")
    listed = yield _get(f"/containers/json?all=1&filters={_LISTED}")
    found = {"info": _body(info), "containers": _body(listed)}
    known = msgspec.json.decode(found["containers"], type=list[Container])
    for each in known[:MAX_CONTAINERS]:
        if not each.id.isalnum():
            raise ValueError(f"not the id of a container: {each.id[:40]!r}")
        # A container may end meanwhile: then there is an answer without its values.
        stats = yield _get(f"/containers/{each.id}/stats?stream=0&one-shot=1")
        inspected = yield _get(f"/containers/{each.id}/json")
        if _status(stats) == _status(inspected) == 200:
            found[f"stats-{each.id}"] = _body(stats)
            found[f"inspect-{each.id}"] = _body(inspected)
    return found


def _get(path: str) -> Want:
    """HTTP/1.0: the answer ends with its connection, and is in one piece."""
    return Want(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode(), anew=True)


def _status(answer: bytes) -> int:
    """Errors: ValueError, IndexError for what is no HTTP."""
    if not answer.startswith(b"HTTP/1."):
        raise ValueError(f"not an answer in HTTP: {answer[:40]!r}")
    return int(answer.split(b" ", 2)[1][:3])


def _body(answer: bytes) -> bytes:
    if _status(answer) != 200:
        raise ValueError(f"the daemon answers {_status(answer)}")
    return answer.partition(b"\r\n\r\n")[2]


def collect(sample: Sample, previous: Sample | None) -> Iterable[Point]:
    """Yield the daemon's two points and some per container."""
    group = sample.group(NAME)
    if group is None:
        return
    with parsing(NAME, group["info"]):
        info = msgspec.json.decode(group["info"], type=Info)
    daemon = {"engine_host": info.name, "server_version": info.version}
    daemon = {name: value for name, value in daemon.items() if value}
    yield Point(NAME, _counts(info), sample.time_ns, daemon)
    if info.memory_total:
        memory: dict[str, Value] = {"memory_total": info.memory_total}
        yield Point(NAME, memory, sample.time_ns, daemon | {"unit": "bytes"})
    before = previous.groups.get(NAME, {}) if previous is not None else {}
    with parsing(NAME, group["containers"]):
        known = msgspec.json.decode(group["containers"], type=list[Container])
    for container in known[:MAX_CONTAINERS]:
        told = _told(container.id, group, before)
        if told is None:
            continue
        tags = {**daemon, **_tags(container)}
        with parsing(f"{NAME} {container.id[:12]}", group[f"inspect-{container.id}"]):
            found = list(_points(told, sample.time_ns))
        for measurement, values, more in found:
            yield Point(measurement, values, sample.time_ns, tags | more)


def _told(id: str, group: Mapping[str, bytes], before: Mapping[str, bytes]) -> _Told | None:
    texts = group.get(f"stats-{id}"), group.get(f"inspect-{id}")
    if texts[0] is None or texts[1] is None:
        return None
    with parsing(f"{NAME} {id[:12]}", texts[0]):
        stats = msgspec.json.decode(texts[0], type=Stats)
        inspected = msgspec.json.decode(texts[1], type=Inspected)
        old = before.get(f"stats-{id}")
        return _Told(id, stats, inspected, msgspec.json.decode(old, type=Stats) if old else None)


def _counts(info: Info) -> dict[str, Value]:
    return {
        "n_containers": info.containers,
        "n_containers_running": info.running,
        "n_containers_stopped": info.stopped,
        "n_containers_paused": info.paused,
        "n_images": info.images,
        "n_cpus": info.cpus,
        "n_goroutines": info.goroutines,
        "n_listener_events": info.listeners,
        "n_used_file_descriptors": info.descriptors,
    }


def _tags(container: Container) -> dict[str, str]:
    name, version = _image(container.image)
    given = container.names[0].lstrip("/") if container.names else container.id[:12]
    tags = {
        "container_image": name,
        "container_version": version,
        "container_name": given,
        "container_status": container.state,
    }
    return {key: value for key, value in tags.items() if value}


def _image(image: str) -> tuple[str, str]:
    """Name and version; a port of the registry is no version."""
    name = image.partition("@")[0]
    head, colon, version = name.rpartition(":")
    return (head, version) if colon and "/" not in version else (name, "unknown")


def _points(told: _Told, time_ns: int) -> _Points:
    yield "docker_container_cpu", _cpu(told), {"cpu": "cpu-total"}
    if told.stats.memory.limit or told.stats.memory.usage:
        yield "docker_container_mem", _memory(told), {}
    total: dict[str, int] = {}
    for network, counters in (told.stats.networks or {}).items():
        for name, value in counters.items():
            total[name] = total.get(name, 0) + value
        yield "docker_container_net", _bounded(counters, told), {"network": network}
    if told.stats.networks:
        yield "docker_container_net", _bounded(total, told), {"network": "total"}
    for device, found in _blocks(told.stats).items():
        yield "docker_container_blkio", _bounded(found, told), {"device": device}
    yield "docker_container_status", _state(told, time_ns), {}
    health = told.inspected.state.health
    if health is not None and health.status:
        streak: dict[str, Value] = {
            "health_status": health.status,
            "failing_streak": health.failing_streak,
        }
        yield "docker_container_health", streak, {}


def _bounded(counters: Mapping[str, int], told: _Told) -> dict[str, Value]:
    found: dict[str, Value] = {name: value & _INTEGER for name, value in counters.items()}
    return found | {"container_id": told.id}


def _cpu(told: _Told) -> dict[str, Value]:
    cpu, before = told.stats.cpu, told.before
    found: dict[str, Value] = {
        "usage_total": cpu.usage.total & _INTEGER,
        "usage_in_usermode": cpu.usage.user & _INTEGER,
        "usage_in_kernelmode": cpu.usage.kernel & _INTEGER,
        "usage_system": cpu.system & _INTEGER,
        "throttling_periods": cpu.throttling.periods & _INTEGER,
        "throttling_throttled_periods": cpu.throttling.throttled_periods & _INTEGER,
        "throttling_throttled_time": cpu.throttling.throttled_time & _INTEGER,
        "container_id": told.id,
    }
    if before is not None and cpu.system > before.cpu.system:
        used = max(cpu.usage.total - before.cpu.usage.total, 0)
        cpus = cpu.online or len(cpu.usage.by_cpu or ()) or 1
        found["usage_percent"] = percent(used, cpu.system - before.cpu.system) * cpus
    return found


def _memory(told: _Told) -> dict[str, Value]:
    """`usage` without what the kernel may drop at any time, as `docker stats` shows it."""
    memory = told.stats.memory
    stats = memory.stats or {}
    droppable = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    usage = memory.usage - droppable if droppable < memory.usage else memory.usage
    found: dict[str, Value] = {name: value & _INTEGER for name, value in stats.items()}
    found |= {
        "usage": usage & _INTEGER,
        "limit": memory.limit & _INTEGER,
        "usage_percent": percent(usage, memory.limit),
        "container_id": told.id,
    }
    if memory.max_usage:
        found["max_usage"] = memory.max_usage & _INTEGER
    return found


def _blocks(stats: Stats) -> dict[str, dict[str, int]]:
    """Counters per device, and of all together when there are some."""
    found: dict[str, dict[str, int]] = {}
    tables = {
        "io_service_bytes_recursive": stats.blocks.bytes_ or (),
        "io_serviced_recursive": stats.blocks.requests or (),
    }
    for table, entries in tables.items():
        for entry in entries:
            name = f"{table}_{entry.operation.lower()}"
            for device in (f"{entry.major}:{entry.minor}", "total"):
                counters = found.setdefault(device, {})
                counters[name] = counters.get(name, 0) + entry.value
    return found


def _state(told: _Told, time_ns: int) -> dict[str, Value]:
    state = told.inspected.state
    found: dict[str, Value] = {
        "oomkilled": state.oom_killed,
        "pid": state.pid,
        "exitcode": state.exit_code,
        "container_id": told.id,
    }
    started, finished = nanoseconds(state.started), nanoseconds(state.finished)
    if started:
        found["started_at"] = started
        until = finished if finished > started and not state.running else time_ns
        found["uptime_ns"] = max(until - started, 0)
    if finished:
        found["finished_at"] = finished
    return found

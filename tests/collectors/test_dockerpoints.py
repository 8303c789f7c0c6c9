import json

import msgspec
import pytest

from muster.collectors.api import Sample
from muster.collectors.dockerpoints import MAX_CONTAINERS, collect, talk
from muster.errors import InputError

ID = "a1" * 32


def answer(body, status="200 OK"):
    return f"HTTP/1.0 {status}\r\nServer: x\r\n\r\n{json.dumps(body)}".encode()


def group(stats=None, inspected=None, info=None, **container):
    known = {"Id": ID, "Names": ["/web"], "Image": "web:1", "State": "running"} | container
    return {
        "info": json.dumps(info or {}).encode(),
        "containers": json.dumps([known]).encode(),
        f"stats-{ID}": json.dumps(stats or {}).encode(),
        f"inspect-{ID}": json.dumps(inspected or {}).encode(),
    }


def points(now, before=None):
    previous = None if before is None else Sample(time_ns=1, groups={"docker": before})
    found = collect(Sample(time_ns=10**19 // 2, groups={"docker": now}), previous)
    return {each.measurement: each for each in found}


def cpu(total, system, **more):
    usage = {"total_usage": total}
    return {"cpu_stats": {"cpu_usage": usage, "system_cpu_usage": system, **more}}


def test_the_daemon_its_containers_and_each_of_them_are_asked():
    conversation = talk()
    assert b"GET /info " in next(conversation).say
    listing = conversation.send(answer({}))
    assert b"GET /containers/json?all=1&filters=%7B%22status%22" in listing.say
    stats = conversation.send(answer([{"Id": "aa"}, {"Id": "bb"}]))
    assert stats.say.startswith(b"GET /containers/aa/stats?stream=0&one-shot=1 HTTP/1.0")
    conversation.send(answer({"a": 1}))
    conversation.send(answer({"a": 2}))
    conversation.send(answer({}, "404 Not Found"))
    with pytest.raises(StopIteration) as end:
        conversation.send(answer({}))
    assert set(end.value.value) == {"info", "containers", "stats-aa", "inspect-aa"}


def test_there_is_a_bound_on_containers():
    conversation = talk()
    next(conversation)
    conversation.send(answer({}))
    want = conversation.send(answer([{"Id": f"a{n}"} for n in range(1_000)]))
    asked = 0
    with pytest.raises(StopIteration):
        while want:
            asked += 1
            want = conversation.send(answer({}))
    assert asked == 2 * MAX_CONTAINERS


@pytest.mark.parametrize(
    "listed", [answer([], "403 Forbidden"), answer([{"Id": "../x"}]), b"nonsense", answer({})]
)
def test_an_answer_that_makes_no_sense_ends_it(listed):
    conversation = talk()
    next(conversation)
    conversation.send(answer({}))
    with pytest.raises((ValueError, msgspec.DecodeError)):
        conversation.send(listed)


def test_use_of_the_processor_is_over_the_time_since_the_last_sample():
    before = group(cpu(100, 1_000))
    now = points(group(cpu(150, 2_000, online_cpus=4)), before)["docker_container_cpu"]
    assert now.fields["usage_percent"] == 20.0
    for old in (None, group(cpu(100, 2_000)), {}):
        again = points(group(cpu(150, 2_000)), old)["docker_container_cpu"]
        assert "usage_percent" not in again.fields
    restarted = points(group(cpu(10, 2_000)), before)["docker_container_cpu"]
    assert restarted.fields["usage_percent"] == 0.0


@pytest.mark.parametrize(
    ("image", "name", "version"),
    [
        ("nginx", "nginx", "unknown"),
        ("nginx:1.2", "nginx", "1.2"),
        ("host:5000/nginx", "host:5000/nginx", "unknown"),
        ("host:5000/nginx:2@sha256:ab", "host:5000/nginx", "2"),
    ],
)
def test_an_image_has_a_name_and_a_version(image, name, version):
    tags = points(group(Image=image))["docker_container_cpu"].tags

    assert (tags["container_image"], tags["container_version"]) == (name, version)


def test_memory_is_without_what_the_kernel_may_drop():
    memory = {"usage": 100, "limit": 200, "stats": {"inactive_file": 50}}
    fields = points(group({"memory_stats": memory}))["docker_container_mem"].fields

    assert (fields["usage"], fields["usage_percent"]) == (50, 25.0)


def test_a_container_that_ended_was_up_until_then():
    state = {
        "StartedAt": "2026-01-01T00:00:00Z",
        "FinishedAt": "2026-01-01T00:01:00.5Z",
        "Running": False,
    }
    fields = points(group(inspected={"State": state}))["docker_container_status"].fields

    assert fields["uptime_ns"] == 60_500_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        group({"cpu_stats": 5}),
        group({"memory_stats": {"usage": -1}}),
        group(inspected={"State": {"StartedAt": "yesterday"}}),
        group(info={"NCPU": "many"}),
        group() | {"containers": b"{"},
    ],
)
def test_what_has_another_form_is_an_input_error(wrong):
    with pytest.raises(InputError):
        points(wrong)

"""Kernel, libseccomp and Docker as they are found on machines."""

import gzip
import os

import pytest

from muster.agent.diagnosis.seccomp import (
    docker_says,
    engine,
    examine,
    kernel,
    library,
    library_version,
)


def machine(tmp_path, *, boot="", proc="", status=""):
    (tmp_path / "boot").mkdir()
    (tmp_path / "proc/self").mkdir(parents=True)
    if boot:
        (tmp_path / f"boot/config-{os.uname().release}").write_text(boot)
    if proc:
        (tmp_path / "proc/config.gz").write_bytes(gzip.compress(proc.encode()))
    if status:
        (tmp_path / "proc/self/status").write_text(status)
    return tmp_path


ON, OFF = "CONFIG_X=m\nCONFIG_SECCOMP=y\n", "CONFIG_X=m\n# CONFIG_SECCOMP is not set\n"


@pytest.mark.parametrize("place", ["boot", "proc"])
def test_the_kernels_configuration_is_read_where_it_lies(tmp_path, place):
    found = kernel(machine(tmp_path, **{place: ON}), has_docker=True)

    assert found.ok is True
    assert found.text.startswith("CONFIG_SECCOMP=y (")
    assert place in found.text


@pytest.mark.parametrize(("has_docker", "ok"), [(True, False), (False, None)])
def test_a_kernel_without_it_is_a_fault_where_docker_is(tmp_path, has_docker, ok):
    found = kernel(machine(tmp_path, boot=OFF), has_docker=has_docker)

    assert (found.ok, found.text[:29]) == (ok, "CONFIG_SECCOMP is not set (/t")
    assert "seccomp=unconfined" in found.remedy


def test_without_a_file_the_running_kernel_tells_or_it_is_not_known(tmp_path):
    assert kernel(machine(tmp_path, status="Name:\tx\nSeccomp:\t0\n"), has_docker=True).ok is True
    (tmp_path / "proc/self/status").unlink()
    (tmp_path / "proc/config.gz").write_bytes(b"no gzip")

    assert kernel(tmp_path, has_docker=True).ok is None


@pytest.mark.parametrize(
    ("version", "ok"), [((2, 3, 3), True), ((2, 5, 4), True), ((2, 3, 2), False), (None, None)]
)
def test_a_library_before_2_3_3_is_too_old(version, ok):
    assert library(version, has_docker=True).ok is ok
    assert library(version, has_docker=False).ok is (ok or None)


@pytest.mark.parametrize(
    ("told", "ok"),
    [
        ("Docker version 18.03.1-ce, build 9ee9f40", False),
        ("Docker version 18.04.0-ce, build 3d479c0", True),
        ("Docker version 27.3.1, build ce12230", True),
        ("podman", None),
        ("", None),
    ],
)
def test_docker_before_18_04_is_too_old(told, ok):
    found = engine(told)

    assert found.ok is ok
    assert (ok is False) == ("18.04 is the least" in found.text)


def test_an_old_machine_is_told_each_item_that_fails(tmp_path):
    found = examine(
        machine(tmp_path, boot=OFF),
        docker=lambda: "Docker version 17.12.0",
        libseccomp=lambda: (2, 2),
    )

    assert [(each.step, each.ok) for each in found] == [
        ("seccomp", False), ("libseccomp", False), ("docker", False)
    ]  # fmt: skip


def test_this_machine_can_be_asked():
    assert len(list(examine())) == 3
    assert library_version() is None or library_version() >= (2, 2)
    assert isinstance(docker_says(), str)

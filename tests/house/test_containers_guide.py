"""The recipes of the guide to containers are ones that shells, Compose and Docker can read."""

import json
import re
import shlex
import shutil
import subprocess

import pytest
from checkout import ROOT

yaml = pytest.importorskip("yaml")

GUIDE = ROOT / "docs/guide/containers.md"
BLOCKS = re.findall(r"^```(sh|yaml|json)\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
WITH_VALUE = {
    "--name", "--publish", "--volume", "--env-file", "--restart", "--cap-add", "--cap-drop",
    "--security-opt", "--network", "--tmpfs", "--hostname",
}  # fmt: skip
FLAGS = {"--detach", "--read-only"}
SERVICE = {
    "image", "hostname", "restart", "environment", "env_file", "secrets", "volumes",
    "security_opt", "network_mode", "read_only", "tmpfs", "cap_drop",
}  # fmt: skip


def of(kind):
    found = [text for language, text in BLOCKS if language == kind]
    assert found, f"no block of {kind}"
    return found


@pytest.mark.parametrize("script", of("sh"))
def test_commands_are_sound_shell(script):
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not here")
    done = subprocess.run(
        ["shellcheck", "-s", "sh", "-"], input=script, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", [text for text in of("sh") if text.startswith("docker run")])
def test_docker_run_has_options_that_there_are_and_one_image(script):
    words = shlex.split(script.replace("\\\n", " "))[2:]
    options = {}
    while words and words[0].startswith("--"):
        name, equals, value = words.pop(0).partition("=")
        if name in WITH_VALUE and not equals:
            value = words.pop(0)
        assert name in WITH_VALUE or (name in FLAGS and not equals), name
        options.setdefault(name, []).append(value)

    assert words == ["muster-agent:latest"]
    for volume in options["--volume"]:
        assert re.fullmatch(r"[\w/-]+:/[\w/-]+(:ro)?", volume), volume
    assert any(place in " ".join(options["--volume"]) for place in ("lib/muster", "lib/netdata"))
    for each in options.get("--security-opt", []):
        assert re.fullmatch(r"(seccomp|apparmor)=[\w./-]+", each), each


@pytest.mark.parametrize("text", of("yaml"))
def test_compose_files_are_ones_and_keep_their_state(text):
    file = yaml.safe_load(text)
    assert set(file) <= {"services", "volumes", "secrets"}
    for service in file["services"].values():
        assert set(service) <= SERVICE
        assert "muster-agent:/var/lib/muster" in service["volumes"]
        assert set(service.get("secrets", [])) <= set(file.get("secrets", {}))
        for each in service.get("security_opt", []):
            assert re.fullmatch(r"[a-z-]+:[\w./-]+", each), each

    assert "muster-agent" in file["volumes"]


def test_one_of_them_names_the_node_and_one_has_a_profile():
    (services,) = zip(
        *(yaml.safe_load(text)["services"].values() for text in of("yaml")), strict=True
    )

    assert any(service.get("hostname", "").count(".") >= 1 for service in services)
    assert any("security_opt" in service for service in services)


def test_the_daemons_default_is_json_that_names_a_profile():
    (text,) = of("json")

    assert json.loads(text) == {"seccomp-profile": "/etc/docker/default.json"}


def test_it_is_said_that_swarm_ignores_the_profile():
    assert "Swarm ignores `security_opt`" in GUIDE.read_text()

"""What the hub hands out for other worlds passes their own linters."""

import json
import os
import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

PACKAGING = ROOT / "src/muster/hub/packaging"
SCRIPTS = [
    "kickstart.sh",
    "docker/entrypoint.sh",
    "docker/netdata-claim.sh",
    "connect/installer.sh",
]
BESIDE = Path(sys.executable).parent  # where linters that are Python packages put themselves
VALUES = {
    "PYTHON": "3.13", "VERSION": "1.0-abc", "PREFIX": "/opt/muster", "USER": "muster",
    "GROUP": "muster", "DATA": "/var/lib/muster/agent", "TOKEN": "mst1.x", "URL": "https://h:1",
}  # fmt: skip


def filled(place):
    text = (PACKAGING / place).read_text()
    return re.sub(r"@([A-Z_]+)@", lambda match: VALUES.get(match[1], ""), text)


def run(*words, cwd=None, stdin=None):
    """Run a linter, which must say nothing."""
    path = f"{BESIDE}:{os.environ['PATH']}"
    if not shutil.which(words[0], path=path):
        pytest.skip(f"{words[0]} is not here")
    done = subprocess.run(
        words, cwd=cwd, input=stdin, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": path, "HOME": str(cwd or ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_sound_posix_shell(script):
    run("shellcheck", "-s", "sh", "-", stdin=filled(script))


def test_the_dockerfile_is_sound():
    run("hadolint", "-", stdin=filled("docker/Dockerfile"))


@pytest.mark.parametrize("place", ["docker/compose.yaml", "connect/muster.yaml"])
def test_yaml_is_sound(place):
    rules = "{extends: default, rules: {line-length: {max: 100}, document-start: disable}}"
    run("yamllint", "--strict", "-d", rules, "-", stdin=filled(place))


def test_the_role_is_sound_and_a_playbook_with_it_is_one(tmp_path):
    shutil.copytree(PACKAGING / "role", tmp_path / "roles/muster_agent")
    (tmp_path / "roles/muster_agent/files").mkdir()
    (tmp_path / "roles/muster_agent/files/kickstart.sh").write_text("#!/bin/sh\n")
    for name in ("muster.yaml", "muster-claim.yaml"):
        (tmp_path / name).write_text(filled(f"connect/{name}").rstrip() + "\n")
    run("ansible-lint", "--offline", "--nocolor", "-q", cwd=tmp_path)
    run("ansible-playbook", "--syntax-check", "-i", "localhost,", "muster.yaml", cwd=tmp_path)


@pytest.fixture
def chart(tmp_path):
    shutil.copytree(PACKAGING / "chart", tmp_path / "muster-agent")
    return tmp_path / "muster-agent"


def test_the_chart_is_sound_and_renders(chart):
    helm = pytest.importorskip("helm_python")
    given = {"claim": {"token": "mst1.x"}}
    said = helm.lint(chart, given, strict=True, kube_version="v1.31.0")
    rendered = "".join(helm.Chart.load(chart).render(given, name="muster-agent").values())

    assert said["errors"] == []
    assert [each["error"] for each in said["messages"]] == ["icon is recommended"]
    assert rendered.count("kind: DaemonSet") == rendered.count("kind: Secret\n") == 1


def pod_of(chart, **values):
    helm, yaml = pytest.importorskip("helm_python"), pytest.importorskip("yaml")
    given = {"claim": {"token": "mst1.x"}, **values}
    rendered = helm.Chart.load(chart).render(given, name="muster-agent").values()
    found = next(text for text in rendered if "kind: DaemonSet" in text)
    return yaml.safe_load(found)["spec"]["template"]["spec"]


def test_a_pod_that_keeps_nothing_on_the_node_is_restricted(chart):
    """By the Pod Security Standard of that name, which knows no hostPath and no root."""
    kept = pod_of(chart)
    pod = pod_of(chart, stateOnNode="", hostNetwork=False)

    assert [each["hostPath"]["path"] for each in kept["volumes"] if "hostPath" in each] == [
        "/var/lib/muster-agent", "/etc/os-release",
    ]  # fmt: skip
    assert not any("hostPath" in each for each in pod["volumes"])
    (agent,) = pod["containers"]
    names = {each["name"] for each in pod["volumes"]}
    assert {each["name"] for each in agent["volumeMounts"]} == names
    assert "initContainers" not in pod and not pod["hostNetwork"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert agent["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_each_node_is_called_as_the_cluster_calls_it(chart):
    for own in (True, False):
        (agent,) = pod_of(chart, hostNetwork=own)["containers"]
        (name,) = (each for each in agent["env"] if each["name"] == "MUSTER_HOSTNAME")

        assert name["valueFrom"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}


def test_the_agent_is_ready_once_it_is_a_node_and_not_restarted_before(chart):
    pod = pod_of(chart)
    startup = pod["containers"][0]["startupProbe"]
    state = chart.parent / "agent"
    probe = startup["exec"]["command"]
    probe[-1] = probe[-1].replace("/var/lib/muster/agent", str(state))

    def is_ready():
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0

    assert startup["periodSeconds"] * startup["failureThreshold"] == 86_400
    assert not is_ready()
    (state / "identity").mkdir(parents=True)
    assert not is_ready()
    (state / "identity/node.json").touch()
    assert is_ready()
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux"}


def test_the_chart_refuses_values_that_its_schema_does_not_know(chart):
    helm = pytest.importorskip("helm_python")

    with pytest.raises(helm.HelmValuesError, match="'clam' not allowed"):
        helm.Chart.load(chart).render({"clam": {}})


def test_the_charts_schema_names_every_value_and_no_other():
    """Without helm this much holds all the same."""
    schema = json.loads((PACKAGING / "chart/values.schema.json").read_text())
    text = (PACKAGING / "chart/values.yaml").read_text()
    top = set(re.findall(r"^([A-Za-z]+):", text, re.MULTILINE))

    assert top == set(schema["properties"]) - {"global"}
    templates = "".join(path.read_text() for path in (PACKAGING / "chart/templates").iterdir())
    used = set(re.findall(r"\.Values\.([A-Za-z]+)", templates))
    assert used == top
    assert templates.count("{{- if") + templates.count("{{- with") + templates.count(
        "{{- range"
    ) + templates.count("{{- define") == templates.count("{{- end")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_unit_is_exposed_to_little(tmp_path):
    unit = tmp_path / "muster-agent.service"
    unit.write_text(filled("systemd/muster-agent.service"))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-300:]
    assert float(re.search(r"service: (\d+\.\d)", done.stdout)[1]) <= 2.5


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_helper_for_disks_has_two_rights_and_little_else(tmp_path):
    unit = tmp_path / "muster-smart@.service"
    unit.write_text(filled("systemd/muster-smart@.service"))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=40", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-300:]


def test_the_helper_for_disks_is_bounded_and_speaks_to_the_agents_group_alone():
    service = filled("systemd/muster-smart@.service")
    socket = filled("systemd/muster-smart.socket")

    assert "CapabilityBoundingSet=CAP_SYS_RAWIO CAP_SYS_ADMIN\n" in service
    assert "RestrictAddressFamilies=none\n" in service
    assert "ListenStream=/run/muster/smart.sock\n" in socket
    assert "SocketGroup=muster\nSocketMode=0660\n" in socket


def test_the_openrc_script_and_the_launchd_list_are_read_by_their_readers():
    run("sh", "-n", stdin=filled("openrc/muster-agent"))
    found = plistlib.loads(filled("launchd/local.muster.agent.plist").encode())

    assert found["UserName"] == "muster"
    assert found["ProgramArguments"][:3] == ["/opt/muster/bin/muster", "agent", "run"]


def test_the_chart_and_the_package_are_of_one_version():
    import muster

    chart = (PACKAGING / "chart/Chart.yaml").read_text()
    assert f'appVersion: "{muster.__version__}"' in chart
    assert f"\nversion: {muster.__version__}\n" in chart

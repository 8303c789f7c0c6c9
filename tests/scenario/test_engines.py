"""Recipes of Connect and of the guides, word for word, in a container engine.

They ask for an engine and images: see engines.py.
"""

import json
import os
import platform
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from engines import ENGINE, IMAGES, LIMIT_S, Engine, Machine, machines, why_not
from processes import MUSTER, Hub, free_port_base, until

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.e2e,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "there is one"),
]

CLAIMED = "Node was successfully claimed."
GUIDE = (Path(__file__).parents[2] / "docs/guide/containers.md").read_text()
LOSS = "will be lost, and a new container will be a new node"
OURS = ("muster-agent", "netdata", "muster-test-volatile")  # names that the recipes give
VOLUMES = ("muster-agent", "netdataconfig", "netdatalib", "netdatacache")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    made = Engine(tmp_path_factory.mktemp("engine"))
    there = [name for name in OURS if made.has("container", name)]
    there += [name for name in VOLUMES if made.has("volume", name)]
    if there:
        pytest.skip(f"NOT RUN: this engine has {', '.join(there)} already, which may be in use")
    return made


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Containers reach it: it listens at every address of this machine."""
    everywhere = {
        "MUSTER_LISTEN_ADDRESSES": "0.0.0.0",
        "MUSTER_INSTALL_WHEELS": os.environ.get("MUSTER_TEST_WHEELS", "none"),
    }
    started = Hub(tmp_path_factory.mktemp("hub"), free_port_base(), command="hub", env=everywhere)
    # The first to ask waits while the kit is packed: minutes on a machine that others use.
    words = [*MUSTER, "--data", str(started.data), "connect", "--list"]
    subprocess.run(words, check=True, timeout=LIMIT_S, capture_output=True)
    yield started
    started.stop()


@pytest.fixture
def hub(running, engine):
    yield running
    for name in OURS:
        engine("rm", "--force", "--volumes", name, ok=False)
    for name in VOLUMES:
        engine("volume", "rm", name, ok=False)
    # One machine stands for all: one that is known would have to wait for approval.
    for node in nodes(running):
        running.muster("node", "remove", node["id"])


@pytest.fixture(scope="module")
def image(running, engine, tmp_path_factory):
    """Built by the command that Connect shows, of the hub's files and one base image."""
    python = "{}.{}".format(*sys.version_info)
    if not (IMAGES / f"python-{python}-slim.tar").exists():
        pytest.skip(f"NO BASE IMAGE: MUSTER_TEST_IMAGES has no python-{python}-slim.tar")
    engine.load(f"python-{python}-slim", f"docker.io/library/python:{python}-slim")
    build = command_of(connect(running, "docker"), "Build the image")
    engine.shell(build, tmp_path_factory.mktemp("build"))
    name = re.search(r"muster-agent:\S+", build)[0]
    engine("tag", name, "muster-agent:latest")
    yield name
    engine("image", "rm", "--force", "muster-agent:latest", name, ok=False)


def connect(hub, *words):
    return hub.muster("connect", *words, "--json")


def command_of(made, title):
    return next(each["text"] for each in made["commands"] if title in each["title"])


def block(kind, text):
    """The block of the guide to containers that has this text."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    return next(each for each in blocks if text in each)


def address(hub):
    return f"https://{hub.ready['enrol']}"


def variables(hub, names="MUSTER"):
    token = hub.muster("token", "create", "--json")["token"]
    return f"{names}_CLAIM_TOKEN={token}\n{names}_CLAIM_URL={address(hub)}\n"


def nodes(hub):
    return hub.muster("node", "list", "--json")


def live(hub):
    return until("it is live", lambda: [each for each in nodes(hub) if each["state"] == "live"])[0]


def times(hub, node):
    """When there are values of a node."""
    answer = hub.muster(
        "query", "--measurement", "mem", "--field", "used_percent", "--node", node["id"], "--json"
    )
    return {row[0] for row in answer["rows"]}


def test_the_commands_of_connect_build_an_image_and_make_a_live_node(engine, hub, image, tmp_path):
    made = connect(hub, "docker")
    engine.shell(command_of(made, "Run it"), tmp_path)
    engine.says("muster-agent", CLAIMED)
    node = live(hub)

    assert node["name"] == socket.gethostname(), "the machine's own name, by its network"
    log = engine.logs("muster-agent")
    assert (LOSS in log, made["token"]["token"] in log) == (False, False)
    assert not (tmp_path / "muster.env").exists()
    until(
        "the image's own check is content",
        lambda: (
            engine("exec", "muster-agent", "muster-entrypoint", "health", ok=False).returncode == 0
        ),
    )
    assert engine("stop", "--time", "20", "muster-agent").returncode == 0
    state = json.loads(engine("container", "inspect", "muster-agent").stdout)[0]["State"]
    assert state["ExitCode"] == 0, "it ends by itself when it is told to"


def test_a_recipe_for_another_agent_runs_and_the_container_made_again_is_the_same_node(
    engine, hub, image, tmp_path
):
    (tmp_path / "claim.env").write_text(variables(hub, "NETDATA"))
    recipe = block("sh", "netdatalib:/var/lib/netdata")
    engine.shell(recipe, tmp_path)
    engine.says("netdata", CLAIMED)
    node = live(hub)
    kept = until("there are values", lambda: times(hub, node))
    engine("rm", "--force", "netdata")
    engine.shell(recipe, tmp_path)
    engine.says("netdata", "the claim variables are ignored")
    more = until("there are more values", lambda: len(times(hub, node)) > len(kept) + 3)

    assert more
    assert kept <= times(hub, node)
    assert [each["id"] for each in nodes(hub)] == [node["id"]]
    assert LOSS not in engine.logs("netdata")


def test_a_volume_of_another_user_is_named_with_the_command_that_helps(
    engine, hub, image, tmp_path
):
    engine("volume", "create", "netdatalib")
    place = ("--volume", "netdatalib:/var/lib/netdata", "muster-agent:latest")
    engine("run", "--rm", "--user", "0", "--entrypoint", "sh", *place, "-c",
           "cd /var/lib/netdata && touch theirs && chown 201:201 . && chmod 750 .")  # fmt: skip
    refused = engine("run", "--rm", "--env", "MUSTER_CLAIM_TRIES=1", *place, ok=False)
    assert refused.returncode == 18
    assert "Failed to write new machine GUID." in refused.stderr
    advice = refused.stderr.partition("docker run")[2].replace("muster: ", "")
    command = "docker run" + advice.replace("VOLUME", "netdatalib")
    engine.shell(command.replace("IMAGE", "muster-agent:latest"), tmp_path)
    (tmp_path / "claim.env").write_text(variables(hub, "NETDATA"))
    engine.shell(block("sh", "netdatalib:/var/lib/netdata"), tmp_path)

    engine.says("netdata", CLAIMED)
    assert live(hub)


def test_without_a_volume_it_is_a_new_node_each_time_and_says_so_loudly(
    engine, hub, image, tmp_path
):
    (tmp_path / "env").write_text(variables(hub))
    options = ("--detach", "--name", "muster-test-volatile", "--env-file", str(tmp_path / "env"))
    engine("run", *options, "muster-agent:latest")
    engine.says("muster-test-volatile", CLAIMED)
    node = live(hub)

    assert LOSS in engine.logs("muster-test-volatile")
    assert hub.muster("node", "show", node["id"], "--json")["facts"]["volatile_state"] is True


def test_what_waits_in_a_container_is_claimed_by_the_command_of_the_guide(
    engine, hub, image, tmp_path
):
    place = ("--volume", "muster-agent:/var/lib/muster")
    engine("run", "--detach", "--name", "muster-agent", *place, "muster-agent:latest")
    engine.says("muster-agent", "waits to be claimed")
    (tmp_path / "token").write_text(hub.muster("token", "create", "--json")["token"])
    engine.shell(block("sh", "docker exec"), tmp_path)

    engine.says("muster-agent", "claimed meanwhile")
    assert live(hub)


@pytest.mark.skipif(
    ENGINE == "podman", reason="podman-compose makes arguments of an env_file: the guide says so"
)
def test_compose_starts_what_connect_wrote(engine, hub, image, tmp_path):
    made = connect(hub, "compose")
    for file in made["files"]:
        (tmp_path / file["name"]).write_text(file["text"])
    try:
        engine.shell(command_of(made, "Start it"), tmp_path)
        assert live(hub)["name"] == socket.gethostname()
        assert engine.has("volume", "muster-agent"), "the one of docker run"
    finally:
        engine.shell("docker compose --file compose.yaml down", tmp_path)


def test_under_compose_hostname_names_the_node_and_the_token_is_a_secret(
    engine, hub, image, tmp_path
):
    text = block("yaml", "hostname:").replace("https://hub.example:7445", address(hub))
    (tmp_path / "compose.yaml").write_text(text)
    (tmp_path / "token").write_text(hub.muster("token", "create", "--json")["token"])
    (tmp_path / "token").chmod(0o400)
    os.chown(tmp_path / "token", 10_000, 10_000)
    try:
        engine.shell("docker compose --file compose.yaml up --detach", tmp_path)
        node = live(hub)
        assert node["name"] == "web-01.example.com"
    finally:
        engine.shell("docker compose --file compose.yaml down --volumes", tmp_path)


@pytest.fixture(scope="module")
def netdatas(engine):
    """The name that the recipes for Netdata's own agent take its image by."""
    if not (IMAGES / "netdata.tar").exists():
        pytest.skip("NO IMAGE OF NETDATA: MUSTER_TEST_IMAGES has no netdata.tar")
    name, entry = "docker.io/netdata/netdata:latest", 'ENTRYPOINT ["/usr/sbin/run.sh"]'
    engine.load("netdata", name, entry, "ENV DOCKER_USR=netdata NETDATA_LISTENER_PORT=19999")
    yield name
    engine("image", "rm", "--force", name, ok=False)


@pytest.mark.parametrize("recipe", ["netdata-docker", "netdata-compose"])
def test_the_agent_of_netdatas_image_is_claimed_and_made_again_it_is_the_same_node(
    engine, hub, netdatas, tmp_path, recipe
):
    made = connect(hub, recipe)
    for file in made["files"]:
        (tmp_path / file["name"]).write_text(file["text"])
    for each in made["commands"]:
        engine.shell(each["text"], tmp_path)
    node = live(hub)
    assert (node["name"], node["link"]["dialect"]) == (socket.gethostname(), "netdata")

    engine("rm", "--force", "netdata")
    until("it is away", lambda: nodes(hub)[0]["state"] != "live")
    engine.shell(made["commands"][-1]["text"], tmp_path)

    assert live(hub)["id"] == node["id"]
    assert len(nodes(hub)) == 1


@pytest.mark.parametrize("name", machines())
def test_the_line_of_connect_joins_a_fresh_machine_and_undone_it_leaves_nothing(engine, hub, name):
    machine = Machine(engine, name)
    try:
        has_curl = machine.run("sh", "-c", "command -v curl").returncode == 0
        line = command_of(connect(hub, "linux"), "With curl" if has_curl else "With wget")
        first = machine.run("sh", stdin=line)
        if is_too_old(machine):
            assert (first.returncode, nodes(hub)) == (9, []), first.stderr
            assert "this hub has no build for this machine" in first.stderr
        else:
            assert (first.returncode, CLAIMED in first.stderr) == (0, True), first.stderr
            runs_and_is_undone(hub, machine, line, first.stderr)
        assert left_on(machine) == ""
    finally:
        machine.stop()


def is_too_old(machine):
    """Its C library is older than the hub's, and it has no Python that the hub has files for."""
    python = machine.run("python{}.{}".format(*sys.version_info), "--version")
    version = machine.run("getconf", "GNU_LIBC_VERSION").stdout.split()[-1]
    own = platform.libc_ver()[1]
    return python.returncode != 0 and order(version) < order(own)


def order(version):
    return [int(part) for part in version.split(".")]


def runs_and_is_undone(hub, machine, line, said):
    if not machine.has_systemd:
        command = re.search(r"start the agent with:\n\s+(.*)", said)[1]
        machine.start("muster", *command.split())
    node = live(hub)

    assert node["name"] == machine.name
    if machine.has_systemd:
        assert machine.run("systemctl", "is-active", "muster-agent").stdout == "active\n"
    again = machine.run("sh", stdin=line)
    assert (again.returncode, "nothing to do" in again.stderr) == (0, True), again.stderr
    assert [each["id"] for each in nodes(hub)] == [node["id"]]

    fetch = line.partition("printf")[0]
    undone = machine.run("sh", stdin=f"{fetch} sh kickstart.sh --uninstall --purge )")
    assert undone.returncode == 0, undone.stderr


def left_on(machine):
    places = (
        "/opt/muster /var/lib/muster/agent /usr/local/bin/muster /etc/systemd/system/muster-agent*"
    )
    return machine.run("sh", "-c", f"ls -d {places}; id muster; exit 0").stdout

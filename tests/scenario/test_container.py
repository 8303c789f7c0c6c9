"""The container's entry point as a plain process: claims once, runs, and keeps who it is."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import DEADLINE_S, ENVIRONMENT, Hub, free_port_base, until

import muster.hub

pytestmark = pytest.mark.scenario

ENTRYPOINT = Path(muster.hub.__file__).parent / "packaging/docker/entrypoint.sh"
NETDATA_CLAIM = ENTRYPOINT.with_name("netdata-claim.sh")
CLAIMED = "Node was successfully claimed."


class Container:
    """One start of the entry point, with variables as `docker run --env` gives them."""

    def __init__(self, state: Path, *words: str, **variables: str):
        # The name that the image calls; here it is the program of this environment.
        program = state.parent / "muster"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m muster "$@"\n')
        program.chmod(0o755)
        self.process = subprocess.Popen(
            ["sh", ENTRYPOINT, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "MUSTER_PROGRAM": str(program),
                "MUSTER_AGENT_DATA": str(state / "agent"),
                "MUSTER_CLAIM_PAUSE": "1",
                **ENVIRONMENT,
                **variables,
            },
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def says(self, text: str) -> None:
        def heard() -> bool:
            if text not in self.said and self.process.poll() is not None:
                self._reader.join(60)
                assert text in self.said, self.said
            return text in self.said

        until(f"it says {text!r}", heard)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE_S)
        self._reader.join(60)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def ends(self) -> int:
        code = self.process.wait(DEADLINE_S)
        self.stop()
        return code


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub"), free_port_base(), command="hub")
    yield started
    started.stop()


@pytest.fixture
def run(tmp_path, hub):
    state = tmp_path / "state"
    state.mkdir()
    with contextlib.ExitStack() as started:

        def start(*words: str, **variables: str) -> Container:
            container = Container(state, *words, **variables)
            started.callback(container.stop)
            return container

        yield start
    # One machine stands for all: one that is known would have to wait for approval.
    for node in hub.muster("node", "list", "--json"):
        hub.muster("node", "remove", node["id"])


def token_of(hub, *words):
    return hub.muster("token", "create", "--json", *words)["token"]


def nodes(hub):
    return hub.muster("node", "list", "--json")


def live(hub):
    return until("it is live", lambda: [each for each in nodes(hub) if each["state"] == "live"])


def test_the_variables_make_a_node_and_later_ones_change_nothing(hub, run):
    token = token_of(hub, "--room", "lab")
    first = run(MUSTER_CLAIM_TOKEN=token, MUSTER_CLAIM_ROOMS="lab")
    first.says(CLAIMED)
    (node,) = live(hub)
    environment = Path(f"/proc/{first.process.pid}/environ").read_bytes().decode()
    first.stop()
    until("it is away", lambda: nodes(hub)[0]["state"] != "live")

    assert node["rooms"] == ["lab"]
    assert token not in first.said
    assert "CLAIM_TOKEN" not in environment, "the running agent does not hold the token"

    again = run(MUSTER_CLAIM_TOKEN=token_of(hub), MUSTER_CLAIM_URL="https://elsewhere:1")
    again.says("the claim variables are ignored")
    assert [each["id"] for each in live(hub)] == [node["id"]]
    assert again.stop() == 0


def test_the_other_names_of_the_variables_do_as_well(hub, run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(token_of(hub) + "\n")
    container = run(
        NETDATA_CLAIM_TOKEN_FILE=str(secret),
        NETDATA_CLAIM_URL=f"https://{hub.ready['enrol']}/",
        NETDATA_CLAIM_ROOMS="",
        NETDATA_CLAIM_PROXY="none",
    )
    container.says(CLAIMED)

    assert live(hub)


def test_ours_win_over_the_other_names(run):
    container = run(MUSTER_CLAIM_TOKEN="mst1.x", NETDATA_CLAIM_TOKEN="y")

    assert container.ends() == 28
    assert "cut off" in container.said
    assert "mst1.x" not in container.said


def test_while_the_hub_is_away_the_claim_is_tried_again(tmp_path_factory, run):
    data, base = tmp_path_factory.mktemp("later"), free_port_base()
    hub = Hub(data, base, command="hub")
    token = token_of(hub)
    hub.stop()
    given_up = run(MUSTER_CLAIM_TOKEN=token, MUSTER_CLAIM_TRIES="2")
    assert given_up.ends() == 20
    container = run(MUSTER_CLAIM_TOKEN=token)
    container.says("claimed later: tried 1 time(s)")
    hub = Hub(data, base, command="hub")
    try:
        container.says(CLAIMED)
    finally:
        container.stop()
        hub.stop()


def test_without_a_token_or_a_readable_secret_it_says_what_is_missing(run, tmp_path):
    empty = run(MUSTER_CLAIM_TRIES="1")
    assert (empty.ends(), "set MUSTER_CLAIM_TOKEN" in empty.said) == (30, True)
    wrong = run(MUSTER_CLAIM_TOKEN_FILE=str(tmp_path / "none"))
    assert (wrong.ends(), "MUSTER_CLAIM_TOKEN_FILE names a file" in wrong.said) == (1, True)


def test_a_claimed_agent_starts_also_when_its_secret_is_gone(run, tmp_path):
    identity = tmp_path / "state/agent/identity"
    identity.mkdir(parents=True)
    (identity / "node.json").write_text("{}")
    (tmp_path / "state/shown").write_text('#!/bin/sh\necho "$1 $2"\n')
    (tmp_path / "state/shown").chmod(0o755)
    gone = {"MUSTER_PROGRAM": str(tmp_path / "state/shown")}
    gone |= {f"MUSTER_CLAIM_{name}_FILE": str(tmp_path / "none") for name in ("TOKEN", "URL")}
    container = run(**gone)

    assert (container.ends(), container.said) == (0, "agent run\n")
    with_proxy = run(**gone, MUSTER_CLAIM_PROXY_FILE=str(tmp_path / "none"))
    assert with_proxy.ends() == 1, "the proxy is for the link as well"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory to keep state in")
def test_a_state_on_no_volume_is_warned_about_and_told_to_the_hub(hub, run):
    state = Path("/dev/shm") / f"muster-test-{os.getpid()}"
    try:
        container = run(MUSTER_CLAIM_TOKEN=token_of(hub), MUSTER_AGENT_DATA=str(state / "agent"))
        container.says("will be lost, and a new container will be a new node")
        (node,) = live(hub)
        container.stop()

        shown = hub.muster("node", "show", node["id"], "--json")
        assert shown["facts"]["volatile_state"] is True
    finally:
        subprocess.run(["rm", "-rf", state], check=True)


def test_any_other_command_is_run_as_it_is(run):
    container = run("--version")

    assert container.ends() == 0
    assert container.said.startswith("muster ")


def claim_inside(container, *words):
    """`docker exec CONTAINER netdata-claim.sh …`"""
    environment = Path(f"/proc/{container.process.pid}/environ").read_bytes().decode()
    inside = dict(pair.partition("=")[::2] for pair in environment.split("\0") if pair)
    return subprocess.run(
        ["sh", NETDATA_CLAIM, *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        env=inside,
    )


def test_a_container_without_a_token_waits_and_is_claimed_where_it_runs(hub, run, tmp_path):
    container = run()
    container.says("it sends nothing and waits to be claimed")
    token, url = token_of(hub, "--room", "lab"), f"-url=https://{hub.ready['enrol']}"
    file = tmp_path / "token"
    file.write_text(token)
    wrong = claim_inside(container, f"-token-file={file}", "-rooms=cellar", url)
    assert wrong.returncode == 10, wrong.stderr
    assert nodes(hub) == [], "nothing half made"
    assert claim_inside(container, "-foo").returncode == 1
    assert claim_inside(container, f"-token-file={file}", "-insecure").returncode == 1
    seen = claim_inside(container, "-token=mst1.x", url)
    assert (seen.returncode, "can read a token in an argument" in seen.stderr) == (28, True)
    claimed = claim_inside(container, f"-token-file={file}", "-rooms=lab", url, "-noproxy")

    assert (claimed.returncode, CLAIMED in claimed.stderr) == (0, True), claimed.stderr
    container.says("claimed meanwhile")
    (node,) = live(hub)
    assert node["rooms"] == ["lab"]
    assert token not in container.said
    again = claim_inside(container, f"-token-file={file}", url)
    assert again.returncode == 13, again.stderr
    assert container.stop() == 0


def test_a_proxy_that_was_kept_stays_and_one_of_the_variable_goes_with_it(run, tmp_path):
    config = tmp_path / "state/agent/container.toml"

    def started(**variables):
        run(MUSTER_CLAIM_TRIES="1", **variables).ends()
        return config.read_text()

    assert 'proxy = "none"' in started(MUSTER_CLAIM_PROXY="none")
    assert started() == ""
    config.write_text('[link]\nproxy = "http://kept:1"\n')
    assert started() == '[link]\nproxy = "http://kept:1"\n'


def test_a_container_that_waits_ends_when_it_is_told_to(run):
    container = run()
    container.says("it sends nothing")

    assert container.stop() == 143


NAMED = "1 2 0:9 /docker/volumes/netdatalib/_data {place} rw - ext4 /dev/sda rw\n"
OWN = f"1 2 0:9 /docker/volumes/{'5e' * 32}/_data {{place}} rw - ext4 /dev/sda rw\n"


@pytest.mark.parametrize(
    ("mounts", "place"),
    [
        (NAMED.format(place="/var/lib/netdata"), "/var/lib/netdata/muster-agent"),
        (
            NAMED.format(place="/var/lib/netdata") + OWN.format(place="/var/lib/muster"),
            "/var/lib/netdata/muster-agent",
        ),
        (
            NAMED.format(place="/var/lib/netdata") + NAMED.format(place="/var/lib/muster"),
            "/var/lib/muster/agent",
        ),
        (OWN.format(place="/var/lib/muster"), "/var/lib/muster/agent"),
    ],
)
def test_state_lies_on_the_volume_that_there_is(run, tmp_path, mounts, place):
    (tmp_path / "mounts").write_text(mounts)
    (tmp_path / "state/shown").write_text('#!/bin/sh\necho "data $MUSTER_AGENT_DATA"\n')
    (tmp_path / "state/shown").chmod(0o755)
    container = run(
        "agent", "where",
        MUSTER_AGENT_DATA="",
        MUSTER_MOUNTS=str(tmp_path / "mounts"),
        MUSTER_PROGRAM=str(tmp_path / "state/shown"),
    )  # fmt: skip

    assert container.ends() == 0
    assert container.said == f"data {place}\n"


def test_a_token_written_for_netdatas_agents_does_as_well(hub, run, tmp_path):
    made = hub.muster("token", "create", "--dialect", "netdata", "--json")
    root = {"SSL_CERT_FILE": str(hub.data / "ca" / "root.pem")}
    url = hub.ready["web"]
    container = run(NETDATA_CLAIM_TOKEN=made["token"], NETDATA_CLAIM_URL=url, **root)
    container.says("CLAIM: Agent was successfully claimed.")

    assert live(hub)
    assert made["token"] not in container.said
    assert container.stop() == 0


def test_such_a_token_claims_where_the_container_runs(hub, run):
    made = hub.muster("token", "create", "--dialect", "netdata", "--json")
    container = run(SSL_CERT_FILE=str(hub.data / "ca" / "root.pem"))
    container.says("it sends nothing and waits to be claimed")
    token = f"-token={made['token']}"
    assert claim_inside(container, token, "-url=https://127.0.0.1:9").returncode == 4
    claimed = claim_inside(container, token, f"-url={hub.ready['web']}", "-noproxy")

    assert claimed.returncode == 0, claimed.stderr
    container.says("claimed meanwhile")
    assert live(hub)
    assert container.stop() == 0

"""The whole story of the guide on real processes: its commands, as the page prints them.

A line that the page does not show is refused, so the page says nothing that was not run. Machines
are folders with a host name of their own (a namespace) and ids of their own.
"""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from attacker import port
from machines import IS_ROOT, LIMIT_S, NOBODY, PATH, machine_folder
from processes import DEADLINE_S, ENVIRONMENT, Hub, free_port_base, until

import muster.hub

pytestmark = pytest.mark.scenario

PAGE = Path(__file__).parents[2] / "docs/guide/walkthrough.md"
ENTRYPOINT = Path(muster.hub.__file__).parent / "packaging/docker/entrypoint.sh"
SETTINGS = '[ca]\nrenew_within = "2s"\n[link]\nheartbeat = "2s"\nsilence = "15s"\n'
SPACE = "unshare", "--uts", *(() if IS_ROOT else ("--user", "--map-current-user", "--keep-caps"))
LINES = itertools.count(1)
NAMED = *SPACE, "sh", "-c", 'hostname "$0" && exec "$@"'
DROP = "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"


class Machine:
    """A folder where commands are run under a host name."""

    def __init__(self, folder: Path, name: str, *, guest: bool = False, **variables: str):
        """`guest`: its user is nobody, who has no rights and nothing of ours."""
        self.folder = folder
        self.name = name
        self.enter = (*NAMED, name, *(DROP if guest and IS_ROOT else ()))
        (folder / "root/etc").mkdir(parents=True)
        (folder / "root/etc/machine-id").write_text(f"{name.encode().hex():0>32}\n")
        (folder / "bin").mkdir()
        program = folder / "bin/muster"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m muster "$@"\n')
        program.chmod(0o755)
        self.environment = {
            "PATH": PATH if guest else f"{program.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "MUSTER_DATA": str(folder),
            **ENVIRONMENT,
            "MUSTER_MACHINE": str(folder / "root"),
            **variables,
        }
        self.running: subprocess.Popen[bytes] | None = None
        if guest and IS_ROOT:
            os.chown(folder, NOBODY, NOBODY)

    def types(self, line: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a line of a shell to its end. It may hold a token, so it is in no argument."""
        script = self.folder / f"line-{next(LINES)}.sh"
        script.write_text(line)
        return subprocess.run(
            [*self.enter, "sh", script],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            cwd=self.folder,
            env=self.environment,
        )

    def does(self, line: str, stdin: str = "", **words: str) -> str:
        """Run a line of the page, with its placeholders filled in; what it prints."""
        assert line in shown(), f"the page does not show {line!r}"
        for word, value in words.items():
            line = line.replace(word, value)
        done = self.types(line, stdin)
        assert done.returncode == 0, f"{line}: {done.returncode}: {done.stderr}"
        return done.stdout

    def knows(self, line: str) -> object:
        """What a command says as JSON; for looking, so the page need not show it."""
        done = self.types(f"{line} --json")
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return json.loads(done.stdout)

    def starts(self, line: str, *, paged: bool = True, **variables: str) -> None:
        """A program that stays."""
        assert not paged or line in shown(), f"the page does not show {line!r}"
        with (self.folder / "said.log").open("ab") as log:
            self.running = subprocess.Popen(
                [*self.enter, "sh", "-c", f"exec {line}"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment | variables,
            )

    def said(self) -> str:
        return (self.folder / "said.log").read_text(errors="replace")

    def stops(self) -> None:
        if self.running and self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
            self.running.wait(DEADLINE_S)


def shown() -> set[str]:
    return set(PAGE.read_text().splitlines())


class Story:
    """The machines of the page, and the hub."""

    def __init__(self, folder: Path, hub: Hub):
        self.folder = folder
        self.hub = hub
        self.desk = Machine(folder / "desk", "hub", MUSTER_DATA=str(hub.data))
        self.machines = {"hub": self.desk}

    def machine(self, name: str, *, guest: bool = False, **variables: str) -> Machine:
        made = Machine(self.folder / name, name, guest=guest, **variables)
        self.machines[name] = made
        return made

    def node(self, name: str) -> dict | None:
        nodes = self.desk.knows("muster node list")
        return next((node for node in nodes if node["name"] == name), None)

    def sees(self, name: str, state: str = "live") -> dict:
        def ask() -> dict | None:
            node = self.node(name)
            return node if node and node["state"] == state else None

        return until(f"{name} is {state}", ask)

    def ends(self) -> None:
        for machine in self.machines.values():
            machine.stops()
            if machine.running:  # shown when the test fails
                print(f"{machine.name}: {machine.said()[-3000:]}")
        self.hub.stop()


@pytest.fixture
def story(tmp_path):
    if subprocess.run([*NAMED, "web-01", "true"], capture_output=True, check=False).returncode:
        pytest.skip("host names of their own take a namespace")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(SETTINGS)
    with machine_folder() as folder, contextlib.ExitStack() as ended:
        told = Story(folder, Hub(data, free_port_base(), command="hub"))
        ended.callback(told.ends)
        yield told


def test_the_story_of_the_guide_goes_as_it_is_told(story):
    a_space_two_rooms_and_a_person(story)
    a_machine_joins_by_the_line(story)
    a_container_joins_and_waits(story)
    a_machine_joins_by_hand(story)
    one_is_revoked(story)
    one_is_copied(story)
    the_root_is_replaced(story)
    the_hub_moves(story)


def a_space_two_rooms_and_a_person(story: Story) -> None:
    desk = story.desk
    desk.does("muster space create Customers")
    # What machines install is packed meanwhile.
    threading.Thread(target=desk.types, args=("muster connect --list",), daemon=True).start()
    desk.does("muster room create web --space Customers --host 'web-*'")
    desk.does("muster room create vault --space Customers")
    link = desk.does("muster user invite ada --role editor --space Customers --ttl 2d").strip()
    secret, body = link.partition("#")[2], '{"secret": "%s", "password": "harbour-and-rope"}'
    root = story.hub.data / "ca/root.pem"
    accepts = (
        f"curl -fsS --cacert {root} https://localhost:{port(story.hub, 'web')}/api/v1/invitations"
        "/accept -H 'content-type: application/json' --data @-"
    )
    done = desk.types(accepts, body % secret)
    assert done.returncode == 0, done.stderr
    (ada,) = (user for user in desk.knows("muster user list") if user["name"] == "ada")
    assert list(ada["roles"].values()) == ["editor"]
    assert "ada    editor in Customers" in desk.types("muster user list").stdout


def a_machine_joins_by_the_line(story: Story) -> None:
    web = story.machine("web-01", guest=True)
    lines = story.desk.does("muster connect --space Customers --host 'web-*'")
    line = lines.partition("# Without root")[2].partition("\n")[2].partition("\n\n")[0]
    done = web.types(line)
    assert done.returncode == 0, done.stderr
    assert "Node was successfully claimed." in done.stderr
    prefix = web.folder / ".local/muster"
    web.starts(f"{prefix}/bin/muster agent run --data {prefix}/var/agent", paged=False)
    assert story.sees("web-01")["rooms"] == ["web"]


def a_container_joins_and_waits(story: Story) -> None:
    desk = story.desk
    desk.does("muster space set Customers --approval always")
    made = desk.does("muster connect --environment docker --space Customers")
    variables = dict(re.findall(r"'(MUSTER_CLAIM_\w+)=([^']+)'", made))
    data = {"MUSTER_AGENT_DATA": str(story.folder / "web-02/agent")}
    box = story.machine("web-02", **data)
    # The entry point of the image, with the variables that `docker run --env-file` gives it.
    program = {"MUSTER_PROGRAM": f"{box.folder}/bin/muster", "MUSTER_CLAIM_PAUSE": "1"}
    box.starts(f"sh {ENTRYPOINT}", paged=False, **program, **variables)
    until("it waits", lambda: "to let it in, on the hub: muster approval approve" in box.said())
    assert "web-02" in desk.does("muster approval list")
    assert "says its machine id" in desk.does("muster approval show web-02")
    desk.does("muster approval approve web-02 --note 'rack 4'")
    assert story.sees("web-02")["rooms"] == ["web"]
    assert "Node was successfully claimed." in box.said()


def a_machine_joins_by_hand(story: Story) -> None:
    desk, safe = story.desk, story.machine("safe-01")
    safe.does("muster agent request > request.txt")
    shutil.copy(safe.folder / "request.txt", desk.folder)
    desk.does("muster sign --show request.txt")
    desk.does(
        "muster sign --space Customers --room vault --name safe-01 request.txt > response.txt"
    )
    shutil.copy(desk.folder / "response.txt", safe.folder)
    pin = desk.types("muster ca show").stdout.split()[-1]
    safe.does("muster agent import --trust-fingerprint FINGERPRINT response.txt", FINGERPRINT=pin)
    safe.starts("muster agent run")
    assert story.sees("safe-01")["rooms"] == ["vault"]


def one_is_revoked(story: Story) -> None:
    web = story.machines["web-01"]
    story.desk.does("muster node revoke web-01 --reason 'disk sold'")
    story.sees("web-01", "revoked")
    until("it knows", lambda: "this node was revoked: disk sold" in web.said())
    web.stops()
    token = story.desk.knows("muster token create --space Customers")["token"]
    folder = web.folder / ".local/muster/var/agent"
    program = web.folder / ".local/muster/bin/muster"
    again = web.types(f"{program} agent claim --token-file - --data {folder}", token)
    assert (again.returncode, "which was revoked at its hub" in again.stderr) == (25, True)


def one_is_copied(story: Story) -> None:
    first, copy = story.machines["web-02"], story.machine("web-03")
    left_out = shutil.ignore_patterns("*.sock")
    shutil.copytree(first.folder / "agent", copy.folder / "agent", ignore=left_out)
    copy.starts("muster agent run")
    until("both are shown", lambda: "web-03" in story.desk.does("muster node clones"))
    story.desk.does("muster node fork web-02")
    other = story.sees("web-03")
    assert other["rooms"] == ["web"]
    assert other["id"] != story.sees("web-02")["id"]


def the_root_is_replaced(story: Story) -> None:
    def status(part: str) -> object:
        return story.desk.knows("muster ca roll status")[part]

    before = story.desk.knows("muster ca show")["pins"]
    story.desk.does("muster ca roll prepare")
    until("three nodes know the new root", lambda: status("confirmed") == 3)
    story.desk.does("muster ca roll activate")
    until("three nodes have renewed", lambda: status("renewed") == 3)
    story.desk.does("muster ca roll retire")
    assert not set(before) & set(story.desk.knows("muster ca show")["pins"])
    assert {story.sees(name)["state"] for name in ("web-02", "web-03", "safe-01")} == {"live"}


def the_hub_moves(story: Story) -> None:
    desk, base = story.desk, free_port_base()
    ids = {name: story.node(name)["id"] for name in ("web-01", "web-02", "web-03", "safe-01")}
    desk.does("muster backup create muster-backup.tar.zst")
    desk.does("muster backup verify muster-backup.tar.zst")
    story.hub.stop()
    elsewhere = desk.folder / "srv/muster"
    desk.types("mkdir srv")
    words = {"/srv/muster": str(elsewhere)}
    desk.does("muster restore muster-backup.tar.zst --data /srv/muster", **words)
    story.hub = Hub(elsewhere, base, command="hub")
    desk.environment["MUSTER_DATA"] = str(elsewhere)
    for name in ("web-02", "web-03", "safe-01"):
        machine = story.machines[name]
        machine.stops()
        with (machine.folder / "agent/agent.toml").open("a") as settings:
            settings.write(f'[link]\nhub = "127.0.0.1:{base + 1}"\n')
        machine.starts("muster agent run")
    for name in ("web-02", "web-03", "safe-01"):
        assert story.sees(name)["id"] == ids[name]
    assert story.node("web-01")["state"] == "revoked"
    assert desk.does("muster audit verify")
    assert "ca.retire" in desk.does("muster audit list")

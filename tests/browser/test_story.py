"""The whole story of the guide in a real browser, on a real hub with real machines.

Machines are folders with a host name of their own (a namespace) and ids of their own. What
pages say is waited for, never how long it takes. `MUSTER_SHOTS` names a folder for pictures.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from processes import DEADLINE_S, MUSTER, Agent, Hub, Process, free_port_base, run

import muster.hub

PATIENCE_MS = DEADLINE_S * 1_000
SHOTS = os.environ.get("MUSTER_SHOTS", "")
PASSWORD = "harbour-and-rope"
SETTINGS = '[ca]\nrenew_within = "2s"\n[link]\nheartbeat = "2s"\nsilence = "15s"\n'
ENTRYPOINT = Path(muster.hub.__file__).parent / "packaging/docker/entrypoint.sh"
SPACE = "unshare", "--uts", *(() if os.geteuid() == 0 else ("--user", "--map-current-user"))


def named(name: str) -> tuple[str, ...]:
    """What a program of another machine is run by."""
    return *SPACE, "sh", "-c", 'hostname "$0" && exec "$@"', name


class Machine:
    """A folder that stands for a machine."""

    def __init__(self, folder: Path, name: str) -> None:
        (folder / "root/etc").mkdir(parents=True)
        (folder / "root/etc/machine-id").write_text(f"{name.encode().hex():0>32}\n")
        self.folder, self.name = folder, name
        self.data = folder / "agent"
        self.environment = {"MUSTER_MACHINE": str(folder / "root"), "MUSTER_DATA": str(folder)}
        self.running: list[Process] = []

    def does(self, *words: str, stdin: str | None = None) -> Process:
        """A command to its end, which is good."""
        process = Process(*words, stdin=stdin, env=self.environment, before=named(self.name))
        assert process.process.wait(DEADLINE_S) == 0, process.said()
        process.stop()
        return process

    def runs(self) -> Agent:
        """Its agent, which stays."""
        agent = Agent(self.data, env=self.environment, before=named(self.name))
        self.running.append(agent)
        return agent


class Visitor:
    """Who goes through the pages."""

    def __init__(self, page, web: str) -> None:
        self.page, self.web = page, web
        self._shots = 0

    def goes(self, address: str) -> None:
        self.page.goto(self.web + address)

    def signs_in(self, address: str) -> None:
        self.goes(address)
        self.page.get_by_label("User name").fill("eve")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.presses("Sign in")

    def presses(self, name: str, inside=None) -> None:
        (inside or self.page).get_by_role("button", name=name, exact=True).click()

    def says(self, text: str | re.Pattern[str], inside=None) -> None:
        expect(inside or self.page.get_by_role("main")).to_contain_text(text, timeout=PATIENCE_MS)

    def dialog(self, name: str = ""):
        return self.page.get_by_role("dialog", name=name or None)

    def sees(self, node: str, state: str = "live") -> None:
        """On the page of all nodes."""
        row = self.page.get_by_role("row", name=re.compile(node))
        expect(row).to_contain_text(re.compile(state, re.IGNORECASE), timeout=PATIENCE_MS)

    def opens(self, node: str) -> None:
        self.goes("/s/customers/nodes")
        self.page.get_by_role("link", name=node, exact=True).first.click()
        expect(self.page.get_by_role("heading", name=node, exact=True)).to_be_visible()

    def line(self, address: str) -> None:
        """Make a line of Connect."""
        self.goes(address)
        self.presses("Make the line")
        expect(self.page.get_by_role("heading", name=re.compile("Run this|Start it|image"))
               .first).to_be_visible(timeout=PATIENCE_MS)  # fmt: skip

    def shoots(self, what: str) -> None:
        if SHOTS:
            self._shots += 1
            self.page.screenshot(path=f"{SHOTS}/story-{self._shots:02}-{what}.png")


@pytest.fixture
def hub(tmp_path):
    if subprocess.run([*named("web-01"), "true"], capture_output=True, check=False).returncode:
        pytest.skip("host names of their own take a namespace")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(SETTINGS)
    hub = Hub(data, free_port_base(), command="hub")
    secret = tmp_path / "password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    hub.muster("user", "create", "eve", "--role", "admin", "--password-file", str(secret))
    # What machines install is packed meanwhile.
    packing = Process("connect", "--list", "--data", str(data))
    yield hub
    packing.stop()
    assert hub.stop() == 0, hub.said()


@pytest.fixture
def machines(tmp_path, hub):
    made: dict[str, Machine] = {}

    def machine(name: str) -> Machine:
        made[name] = made.get(name) or Machine(tmp_path / name, name)
        return made[name]

    yield machine
    for each in made.values():
        for process in each.running:
            process.stop()


@pytest.fixture
def visitor(browser, hub, faults):
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    visitor = Visitor(page, hub.ready["web"])
    visitor.signs_in("/spaces")
    yield visitor
    context.close()
    assert faults.left() == []


def test_the_story_of_the_guide_goes_in_the_browser(visitor, hub, machines, tmp_path):
    a_space_two_rooms_and_a_person(visitor)
    a_machine_joins_by_the_line(visitor, machines("web-01"))
    a_container_joins_and_waits(visitor, machines("web-02"))
    a_machine_joins_over_an_air_gap(visitor, hub, machines("safe-01"))
    one_is_revoked(visitor, "web-01")
    one_is_copied(visitor, machines("web-02"), machines("web-03"))
    the_root_is_replaced(visitor)
    it_all_stands_in_the_audit_log(visitor)
    the_hub_moves(visitor, hub, tmp_path / "elsewhere")


def a_space_two_rooms_and_a_person(visitor: Visitor) -> None:
    page = visitor.page
    visitor.presses("New space")
    dialog = visitor.dialog("New space")
    dialog.get_by_label("Name").fill("Customers")
    visitor.presses("Make Customers", dialog)
    expect(page.get_by_role("button", name="Space: Customers")).to_be_visible()
    visitor.goes("/s/customers/rooms/new")
    page.get_by_label("Name", exact=True).fill("web")
    page.get_by_label("Host names").fill("web-*")
    visitor.presses("Make the room")
    expect(page.get_by_role("heading", name="web")).to_be_visible()
    visitor.goes("/s/customers/rooms/new")
    page.get_by_label("Name", exact=True).fill("vault")
    visitor.presses("Make the room")
    expect(page.get_by_role("heading", name="vault")).to_be_visible()
    visitor.goes("/s/customers/people?do=invite")
    dialog = visitor.dialog("Invite a person")
    dialog.get_by_label("Name").fill("ada")
    dialog.get_by_role("group", name="Role in Customers").get_by_text("Editor").click()
    visitor.presses("Invite ada", dialog)
    made = visitor.dialog("The link for ada")
    visitor.says("/invitation#", made)
    link = re.search(r"https://\S+/invitation#\S+", made.inner_text())
    visitor.shoots("invited")
    visitor.presses("I have it", made)
    ada_takes_the_invitation(visitor, link[0])


def ada_takes_the_invitation(visitor: Visitor, link: str) -> None:
    context = visitor.page.context.browser.new_context(ignore_https_errors=True)
    guest = context.new_page()
    guest.set_default_timeout(PATIENCE_MS)
    guest.goto(visitor.web + link[link.index("/invitation#") :])
    guest.get_by_label("Password", exact=True).fill("a rope of her own")
    guest.get_by_label("Password again").fill("a rope of her own")
    guest.get_by_role("button", name="Sign in with this password").click()
    expect(guest.get_by_role("button", name="Space: Customers")).to_contain_text("editor")
    context.close()


def a_machine_joins_by_the_line(visitor: Visitor, machine: Machine) -> None:
    visitor.line("/s/customers/connect?env=installed")
    token = visitor.page.locator("mark").first.inner_text()
    machine.does("agent", "claim", "--token-file", "-", "--data", str(machine.data), stdin=token)
    machine.runs()
    expect(visitor.page.get_by_role("heading", name="web-01 has arrived")).to_be_visible(
        timeout=PATIENCE_MS
    )
    visitor.shoots("arrived")
    visitor.opens("web-01")
    visitor.says("web")


def a_container_joins_and_waits(visitor: Visitor, machine: Machine) -> None:
    page = visitor.page
    visitor.goes("/s/customers/spaces")
    visitor.presses("Actions for the space Customers")
    page.get_by_role("menuitem", name="Settings…").click()
    dialog = visitor.dialog("Settings of Customers")
    dialog.get_by_text("Always", exact=True).click()
    visitor.presses("Save the settings", dialog)
    visitor.line("/s/customers/connect?env=docker")
    variables = dict(re.findall(r"'?(MUSTER_CLAIM_\w+)=([^\s']+)", page.inner_text("main")))
    program = machine.folder / "muster"
    program.write_text("#!/bin/sh\nexec " + " ".join(MUSTER) + ' "$@"\n')
    program.chmod(0o755)
    machine.environment |= variables | {
        "MUSTER_AGENT_DATA": str(machine.data),
        "MUSTER_PROGRAM": str(program),
        "MUSTER_CLAIM_PAUSE": "1",
    }
    box = EntryPoint(machine)
    machine.running.append(box)
    visitor.goes("/s/customers/approvals")
    card = page.get_by_role("article", name="web-02")
    expect(card, box.said()).to_be_visible(timeout=PATIENCE_MS)
    visitor.shoots("waits")
    visitor.presses("Approve…", card)
    dialog = visitor.dialog("Let web-02 in?")
    dialog.get_by_label("Note, for the audit log").fill("rack 4")
    visitor.presses("Approve web-02", dialog)
    visitor.goes("/s/customers/nodes")
    visitor.sees("web-02")


class EntryPoint(Process):
    """The entry point of the image, as a plain process."""

    def __init__(self, machine: Machine) -> None:
        alone = ("sh", "-c", 'exec sh "$0"', str(ENTRYPOINT))  # without what comes after it
        super().__init__(env=machine.environment, before=(*named(machine.name), *alone))


def a_machine_joins_over_an_air_gap(visitor: Visitor, hub: Hub, machine: Machine) -> None:
    page = visitor.page
    request = "".join(machine.does("agent", "request", "--data", str(machine.data)).out)
    visitor.goes("/s/customers/connect/air-gap")
    page.get_by_label("The text, or the lines of its codes in any order").fill(request)
    page.get_by_label("Name", exact=True).fill("safe-01")
    visitor.presses("vault")
    visitor.presses("Sign for safe-01")
    answer = page.get_by_role("region", name="Answer")
    visitor.shoots("signed")
    with page.expect_download() as waiting:
        visitor.presses("Save response.txt", answer)
    pin = hub.muster("ca", "show", "--json")["pins"][0]
    words = ("agent", "import", "--trust-fingerprint", pin, "--data", str(machine.data))
    machine.does(*words, str(waiting.value.path()))
    machine.runs()
    visitor.goes("/s/customers/nodes")
    visitor.sees("safe-01")
    visitor.shoots("nodes")


def one_is_revoked(visitor: Visitor, name: str) -> None:
    page = visitor.page
    visitor.opens(name)
    visitor.presses(f"Actions for {name}")
    page.get_by_role("menuitem", name="Revoke…").click()
    dialog = visitor.dialog()
    dialog.get_by_label(re.compile("Reason")).fill("disk sold")
    dialog.get_by_role("button", name=re.compile("^Revoke")).click()
    visitor.says("Disk sold. History stays")
    visitor.shoots("revoked")
    visitor.goes("/s/customers/nodes")
    visitor.sees(name, "revoked")


def one_is_copied(visitor: Visitor, first: Machine, copy: Machine) -> None:
    left_out = shutil.ignore_patterns("*.sock")
    shutil.copytree(first.data, copy.data, ignore=left_out)
    copy.runs()
    visitor.opens("web-02")
    card = visitor.page.get_by_role("region", name="Two machines hold the identity of web-02")
    expect(card).to_contain_text("web-03", timeout=PATIENCE_MS)
    visitor.shoots("copied")
    visitor.presses("Give B its own identity…")
    dialog = visitor.dialog()
    dialog.get_by_role("button", name=re.compile("^Fork")).click()
    visitor.goes("/s/customers/nodes")
    visitor.sees("web-03")
    visitor.sees("web-02")


def the_root_is_replaced(visitor: Visitor) -> None:
    visitor.goes("/identity")
    roll = visitor.page.get_by_role("region", name="CA roll-over")

    def take(button: str, deed: str) -> None:
        visitor.presses(button, roll)
        visitor.presses(deed, visitor.dialog())

    before = visitor.page.locator(".fp").first.inner_text()
    take("Prepare a new root…", "Prepare it")
    visitor.says("3 of 3 nodes have stored the new root", roll)
    visitor.shoots("prepared")
    take("Activate…", "Activate the new root")
    visitor.says("3 of 3 nodes hold a certificate of the new CA", roll)
    take("Retire the old root…", "Retire the old root")
    visitor.says("none on its way", roll)
    expect(visitor.page.locator(".fp").first).not_to_have_text(before)
    visitor.goes("/s/customers/nodes")
    for name in ("web-02", "web-03", "safe-01"):
        visitor.sees(name)


def it_all_stands_in_the_audit_log(visitor: Visitor) -> None:
    visitor.goes("/audit")
    for action in ("ca.retire", "clone.forked", "node.revoke", "approval.approve", "room.create"):
        visitor.says(action)
    visitor.shoots("audit")


def the_hub_moves(visitor: Visitor, hub: Hub, folder: Path) -> None:
    """A backup is made, and its lines are read, in the browser; they are run elsewhere."""
    page = visitor.page
    visitor.goes("/backups")
    visitor.presses("Back up now")
    table = page.get_by_role("region", name="Backups", exact=True)
    expect(table).to_contain_text("Whole", timeout=PATIENCE_MS)
    table.get_by_role("button", name=re.compile("^Actions for")).click()
    page.get_by_role("menuitem", name="Restore elsewhere…").click()
    told = re.search(
        r"muster restore (\S+) --data", visitor.dialog("Restore elsewhere").inner_text()
    )
    visitor.shoots("restore")
    run("restore", str(hub.data / "backups" / told[1]), "--data", str(folder))
    moved = Hub(folder, free_port_base(), command="hub")
    context = page.context.browser.new_context(ignore_https_errors=True)
    there = Visitor(context.new_page(), moved.ready["web"])
    there.page.set_default_timeout(PATIENCE_MS)
    there.signs_in("/s/customers/nodes")
    there.sees("web-01", "revoked")
    for name in ("web-02", "web-03", "safe-01"):
        there.sees(name, "offline")
    there.goes("/audit")
    there.says("ca.retire")
    context.close()
    assert moved.stop() == 0, moved.said()

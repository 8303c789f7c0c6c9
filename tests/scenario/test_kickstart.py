"""The installer script for real: fetched from a hub, run by users, twice, and undone."""

import json
import os
import platform
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from machines import IS_ROOT, NOBODY, PATH, as_root, as_user, machine_folder
from processes import DEADLINE_S, Hub, free_port_base, until

pytestmark = pytest.mark.scenario

CLAIMED = "Node was successfully claimed."
TOOLS = """awk base64 cat chmod chown cp curl cut dirname getconf gzip head id ldd ln ls mkdir
mktemp mv printf readlink rm rmdir sed sh sha256sum sort tail tar tr uname"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub"), free_port_base(), command="hub")
    yield started
    started.stop()


@pytest.fixture
def hub(running):
    """All machines here are one, and one that is known already would wait for approval."""
    yield running
    for node in nodes(running):
        running.muster("node", "remove", node["id"])


@pytest.fixture
def home():
    with machine_folder() as folder:
        yield folder


def connect(hub, *words):
    return hub.muster("connect", "--json", *words)


def command_of(made, title):
    return next(each["text"] for each in made["commands"] if title in each["title"])


def script_of(hub, folder: Path) -> Path:
    """The script itself, as an agent's machine has it after the digest was right."""
    preview = hub.muster("installer", "any", "--preview", "--json")["files"][0]["text"]
    script = folder / "kickstart.sh"
    script.write_text(preview.partition("'MUSTER_KICKSTART'\n")[2].partition("\nMUSTER_KICKST")[0])
    script.chmod(0o644)
    return script


def nodes(hub):
    return hub.muster("node", "list", "--json")


def test_the_line_of_connect_makes_a_live_node_and_a_second_run_changes_nothing(hub, home):
    before = len(nodes(hub))
    line = command_of(connect(hub, "--room", "lab"), "Without root")
    first = as_user("sh", stdin=line, home=home)

    assert first.returncode == 0, first.stderr
    assert CLAIMED in first.stderr
    prefix = home / ".local/muster"
    agent = subprocess.Popen(
        [prefix / "bin/muster", "agent", "run", "--data", prefix / "var/agent"],
        env={"PATH": PATH},
        **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if IS_ROOT else {}),
    )
    try:
        node = until(
            "the node is live",
            lambda: next((each for each in nodes(hub) if each["state"] == "live"), None),
        )
        assert node["rooms"] == ["lab"]
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(DEADLINE_S)

    dumped = as_user(str(prefix / "bin/muster"), "agent", "dump", home=home)
    assert dumped.returncode == 0, "a collector fails without rights: " + dumped.stderr
    assert dumped.stdout.count("\n") > 10
    inodes = {
        path: path.lstat().st_mtime_ns for path in prefix.rglob("*") if "var" not in path.parts
    }
    again = as_user("sh", stdin=line, home=home)
    assert (again.returncode, "nothing to do" in again.stderr) == (0, True)
    assert inodes == {path: path.lstat().st_mtime_ns for path in inodes}
    assert len(nodes(hub)) == before + 1
    token = re.search(r"mst1\.[\w.-]+", line)[0]
    assert token not in first.stdout + first.stderr + again.stdout + again.stderr


def test_a_script_that_is_not_the_hubs_is_not_run(hub, home):
    line = command_of(connect(hub), "Without root")
    digest = re.search(r"[0-9a-f]{64}", line)[0]
    run = as_user("sh", stdin=line.replace(digest, "0" * 64), home=home)

    assert run.returncode != 0
    assert "FAILED" in run.stdout
    assert not (home / ".local").exists()


def test_a_file_that_is_not_the_hubs_is_not_installed(hub, home):
    script = script_of(hub, home)
    text = script.read_text()
    digest = re.search(r" ([0-9a-f]{64})$", text, re.MULTILINE)[1]
    script.write_text(text.replace(digest, "0" * 64))
    made = connect(hub)
    run = as_user(
        "sh", str(script), "--install-prefix", f"{home}/m", "--claim-token-file", "-",
        home=home, stdin=made["token"]["token"],
    )  # fmt: skip

    assert run.returncode == 5
    assert "is not what the hub made" in run.stderr
    assert not (home / "m/bin/muster").exists()
    assert hub.muster("token", "list", "--json")[0]["used"] == 0


def test_a_machine_without_python_gets_a_build_that_brings_its_own(hub, home):
    tools = home / "tools"
    tools.mkdir()
    for name in TOOLS.split():
        (tools / name).symlink_to(shutil.which(name))
    run = as_user(
        "sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m", "--standalone",
        home=home, env={"PATH": str(tools), "MUSTER_CLAIM_TOKEN": connect(hub)["token"]["token"]},
    )  # fmt: skip

    assert (run.returncode, CLAIMED in run.stderr) == (0, True), run.stderr
    assert "(standalone)" in run.stderr
    shown = as_user(str(home / "m/bin/muster"), "--version", home=home, env={"PATH": str(tools)})
    assert shown.stdout.startswith("muster ")


def test_it_needs_no_network_when_the_files_are_there(hub, home):
    if not IS_ROOT:
        pytest.skip("a namespace without a network takes root")
    manifest = next((hub.data / "install").glob("*/kit.json"))
    files = home / "files"
    shutil.copytree(manifest.parent, files)
    for path in (files, *files.iterdir()):
        path.chmod(0o755)
    run = as_user(
        "sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m", "--from", str(files),
        home=home, prefix=("unshare", "--net"),
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert (home / "m/bin/muster").exists()


@pytest.mark.parametrize("way", ["file", "environment", "argument"])
def test_a_proxy_with_a_password_is_kept_and_warned_of_in_an_argument_alone(hub, home, way):
    folder = next((hub.data / "install").glob("*/kit.json")).parent
    proxy, secret = f"http://ada:{way}-secret@127.0.0.1:1", f"{way}-secret"
    files = home / "files"
    shutil.copytree(folder, files)
    for path in (files, *files.iterdir()):
        path.chmod(0o755)
    (home / "proxy").write_text(f"{proxy}\n")
    (home / "proxy").chmod(0o644)
    given = {
        "file": ("--claim-proxy-file", str(home / "proxy")),
        "argument": (f"--claim-proxy={proxy}",),
    }
    run = as_user(
        "sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m", "--from", str(files),
        *given.get(way, ()), home=home,
        env={"MUSTER_CLAIM_PROXY": proxy} if way == "environment" else None,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert f'proxy = "{proxy}"' in (home / "m/etc/agent.toml").read_text()
    assert ("can read a password" in run.stderr) is (way == "argument")
    assert secret not in run.stdout + run.stderr


def test_removing_it_keeps_the_identity_unless_all_is_to_go(hub, home):
    script, prefix = script_of(hub, home), home / "m"
    options = ("sh", str(script), "--install-prefix", str(prefix))
    claim = as_user(
        *options, "--claim-token-file", "-", home=home, stdin=connect(hub)["token"]["token"]
    )
    assert claim.returncode == 0, claim.stderr
    removed = as_user(*options, "--uninstall", home=home)

    assert removed.returncode == 0
    assert (prefix / "var/agent/identity").is_dir()
    assert not (prefix / "bin").exists()
    again = as_user(*options, "--claim-url", hub_url(hub), home=home)
    assert (again.returncode, (prefix / "bin/muster").exists()) == (0, True), again.stderr
    assert as_user(*options, "--uninstall", "--purge", home=home).returncode == 0
    assert not prefix.exists()
    assert "nothing to do" in as_user(*options, "--uninstall", home=home).stderr


def hub_url(hub):
    return f"https://{hub.ready['enrol']}"


def test_root_installs_it_for_a_user_of_its_own(hub, home):
    if not IS_ROOT or any(user.pw_name == "muster" for user in pwd.getpwall()):
        pytest.skip("takes root, and a machine without a user called muster")
    script, prefix = script_of(hub, home), home / "m"
    options = ("sh", str(script), "--install-prefix", str(prefix))
    try:
        # This Python may lie in root's home: it is none for another user, and is passed by.
        own = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:{PATH}"}
        token = connect(hub)["token"]["token"]
        made = as_root(*options, "--claim-token-file", "-", stdin=token, env=own)

        assert (made.returncode, CLAIMED in made.stderr) == (0, True), made.stderr
        key = prefix / "var/agent/identity/key.pem"
        assert key.stat().st_uid == pwd.getpwnam("muster").pw_uid != 0
        assert (prefix / "bin/muster").stat().st_uid == 0
        assert (prefix / "etc/agent.toml").stat().st_mode & 0o777 == 0o600
        other = as_user(*options, "--claim-token-file", "-", home=home, stdin="x")
        assert (other.returncode, "belongs to another user" in other.stderr) == (6, True)
    finally:
        as_root(*options, "--uninstall", "--purge")
    assert not prefix.exists()
    assert not any(user.pw_name == "muster" for user in pwd.getpwall())


SYSTEMD = """
set -e
mkdir -p {home}/tools {home}/units {home}/lib
mount -t tmpfs none /run && mkdir -p /run/systemd/system
mount -t tmpfs none /opt
mount -t tmpfs none /usr/local/bin
mount --bind {home}/units /etc/systemd/system
mount --bind {home}/lib /var/lib
printf '#!/bin/sh\\necho "$*" >>{home}/calls\\n' >{home}/tools/systemctl
chmod 755 {home}/tools/systemctl
PATH={home}/tools:$PATH
printf %s '{token}' | sh {script} --claim-token-file -
sh {script} --claim-token-file {home}/kickstart.sh
cp /etc/systemd/system/muster-agent.service {home}/unit
readlink /usr/local/bin/muster >{home}/link
sh {script} --uninstall --purge
ls -A /opt /usr/local/bin /etc/systemd/system >{home}/left
"""


def test_under_systemd_it_is_a_service_that_is_enabled_started_and_taken_away(hub, home):
    """The stand-in for systemctl writes down what it is asked."""
    if not IS_ROOT or any(user.pw_name == "muster" for user in pwd.getpwall()):
        pytest.skip("takes root, and a machine without a user called muster")
    if not Path("/etc/systemd/system").is_dir():
        pytest.skip("no place for units")
    script = SYSTEMD.format(
        home=home, token=connect(hub)["token"]["token"], script=script_of(hub, home)
    )
    done = as_root("sh", stdin=script, prefix=("unshare", "--mount"))

    assert done.returncode == 0, done.stderr
    calls = (home / "calls").read_text().splitlines()
    assert calls == [
        "daemon-reload",
        "enable --quiet muster-agent.service",
        "restart muster-agent.service",
        "is-active --quiet muster-agent.service",
        "disable --now muster-agent.service muster-smart.socket",
        "daemon-reload",
    ]
    unit = (home / "unit").read_text()
    assert "User=muster\nGroup=muster\nExecStart=/opt/muster/bin/muster agent run" in unit
    assert "ReadWritePaths=/var/lib/muster/agent" in unit
    assert (home / "link").read_text().strip() == "/opt/muster/bin/muster"
    assert "nothing to do" in done.stderr
    left = (home / "left").read_text().split()
    assert left == ["/etc/systemd/system:", "/opt:", "/usr/local/bin:"]
    assert not any(user.pw_name == "muster" for user in pwd.getpwall())


def test_an_agent_is_upgraded_without_a_token_and_left_as_it_is_with_one(hub, home):
    script, prefix = script_of(hub, home), home / "m"
    options = ("--install-prefix", str(prefix), "--claim-url", hub_url(hub))
    assert as_user("sh", str(script), *options, home=home).returncode == 0
    before = (prefix / "current").readlink()
    newer = home / "newer.sh"
    newer.write_text(re.sub(r"^VERSION='.*'", "VERSION='9.9-new'", script.read_text(), flags=re.M))
    token = connect(hub)["token"]["token"]
    claimed = as_user("sh", str(newer), *options, "--claim-token-file", "-", home=home, stdin=token)

    assert (claimed.returncode, CLAIMED in claimed.stderr) == (0, True), claimed.stderr
    assert (prefix / "current").readlink() == before
    upgraded = as_user("sh", str(newer), *options, home=home)
    assert upgraded.returncode == 0, upgraded.stderr
    assert (prefix / "current").readlink().name.startswith("9.9-new")
    assert len(list((prefix / "versions").iterdir())) == 1
    assert (prefix / "var/agent/identity/node.json").exists()


@pytest.mark.skipif(not shutil.which("wget"), reason="no wget here")
def test_wget_does_where_curl_is_missing_but_not_through_socks(hub, home):
    tools = home / "tools"
    tools.mkdir()
    for name in (*TOOLS.split(), "wget"):
        if name != "curl":
            (tools / name).symlink_to(shutil.which(name))
    options = ("sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m")
    url, env = ("--claim-url", hub_url(hub)), {"PATH": str(tools)}
    refused = as_user(*options, *url, "--claim-proxy", "socks5://h:1", home=home, env=env)
    assert refused.returncode == 1
    assert "wget cannot use a SOCKS proxy: install curl" in refused.stderr
    run = as_user(*options, *url, "--claim-proxy", "none", home=home, env=env)

    assert run.returncode == 0, run.stderr
    assert (home / "m/bin/muster").exists()
    (tools / "wget").unlink()
    neither = as_user(*options[:3], f"{home}/n", *url, home=home, env=env)
    assert (neither.returncode, "neither curl nor wget" in neither.stderr) == (1, True)


def test_a_machine_that_has_to_be_approved_goes_on_when_it_is_run_again(hub, home):
    token = connect(hub)["token"]["token"]
    words = ("--install-prefix", f"{home}/m", "--claim-token-file", "-", "--claim-wait", "1s")
    options = ("sh", str(script_of(hub, home)), *words)
    hub.muster("space", "set", "Home", "--approval", "always")
    try:
        waiting = as_user(*options, home=home, stdin=token)
        assert waiting.returncode == 33, waiting.stderr
        assert "an administrator has to approve this machine" in waiting.stderr
        (entry,) = hub.muster("approval", "list", "--json")
        hub.muster("approval", "approve", entry["id"])
        claimed = as_user(*options, home=home, stdin=token)
        assert (claimed.returncode, CLAIMED in claimed.stderr) == (0, True), claimed.stderr
    finally:
        hub.muster("space", "set", "Home", "--approval", "policy")


def test_a_folder_that_cannot_be_written_is_named(hub, home):
    prefix = home / "m"
    prefix.mkdir()
    (prefix / "var").write_text("in the way")
    if IS_ROOT:
        os.chown(prefix, NOBODY, NOBODY)
    run = as_user(
        "sh", str(script_of(hub, home)), "--install-prefix", str(prefix),
        "--claim-url", hub_url(hub), home=home,
    )  # fmt: skip

    assert run.returncode == 18
    assert f"rights to write to {prefix}/var/agent." in run.stderr
    assert "Failed to write new machine GUID. Please make sure" in run.stderr


def test_an_install_by_other_means_is_left_alone(hub, home):
    if not IS_ROOT:
        pytest.skip("takes a mount namespace")
    script = script_of(hub, home)
    run = as_root(
        "sh", "-c", "mount -t tmpfs none /usr/local/bin && echo >/usr/local/bin/muster && exec sh"
        f" {script} --claim-url {hub_url(hub)}",
        prefix=("unshare", "--mount"),
    )  # fmt: skip

    assert run.returncode == 2
    assert (
        "Existing install appears to be handled manually or through the system package manager."
        in run.stderr
    )
    assert not Path("/opt/muster").exists()


def test_a_machine_that_is_to_stay_alone_is_not_claimed(hub, home):
    options = ("sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m")
    alone = as_user(*options, "--claim-url", hub_url(hub), "--disable-cloud", home=home)
    assert alone.returncode == 0, alone.stderr
    refused = as_user(*options, "--claim-token-file", "-", home=home, stdin="mst1.x")

    assert (refused.returncode, "--disable-cloud" in refused.stderr) == (3, True)
    assert not (home / "m/var/agent/identity").exists()


def test_a_token_in_an_argument_is_warned_about_and_a_room_of_no_right_is_refused(hub, home):
    token = connect(hub, "--room", "lab")["token"]["token"]
    options = ("sh", str(script_of(hub, home)), "--install", f"{home}/m/")
    warned = as_user(*options, "--claim-token", "mst1.x", home=home)
    assert "every user of this machine can read a token" in warned.stderr
    run = as_user(
        *options, "--claim-token-file", "-", "--claim-rooms=office", home=home, stdin=token
    )
    assert run.returncode == 10
    assert "lets nobody into the room 'office'" in run.stderr
    assert nodes(hub) == [], "nothing half made"
    assert not (home / "m/var/agent/identity").exists()
    wanted = "0b6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
    claimed = as_user(
        *options, "--claim-token-file=-", "--claim-rooms=lab", "--claim-id", wanted.upper(),
        home=home, stdin=token,
    )  # fmt: skip
    assert claimed.returncode == 0, claimed.stderr
    assert json.loads((home / "m/var/agent/identity/node.json").read_text())["node"] == wanted


@pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh", "sh"])
def test_a_dry_run_says_what_would_be_done_in_any_shell(hub, home, shell):
    words = shell.split()
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not here")
    run = as_user(
        *words, str(script_of(hub, home)), "--dry-run", "--install-prefix", f"{home}/m",
        "--claim-url", hub_url(hub), home=home,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert "would install" in run.stderr
    assert not (home / "m").exists()
    wrong = as_user(*words, str(script_of(hub, home)), "-foo", home=home)
    assert (wrong.returncode, "unknown option: -foo" in wrong.stderr) == (1, True)


def test_an_installer_file_is_for_its_machine_and_holds_no_key(hub, home):
    def installer(name):
        made = hub.muster("installer", name, "--set", "log_level=debug", "--json")["files"][0]
        file = home / made["name"]
        file.write_text(made["text"])
        return file

    options = ("--install-prefix", f"{home}/m")
    wrong = as_user("sh", str(installer("web-01.example")), *options, home=home)
    assert (wrong.returncode, "is for web-01.example" in wrong.stderr) == (1, True)
    file = installer(platform.node())
    run = as_user("sh", str(file), *options, home=home)

    assert (run.returncode, CLAIMED in run.stderr) == (0, True), run.stderr
    user = as_user("id", "-un", home=home).stdout.strip()
    config = (home / "m/etc/agent.toml").read_text()
    assert config == f'# run as user = {user}\nlog_level = "debug"\n'
    assert "PRIVATE KEY" not in file.read_text()
    assert file.name == f"install-on-{platform.node()}.sh"
    lost = (home / "install-on-web-01.example.sh").read_text().replace("'web-01'", "*")
    file.write_text(lost.replace("!= *", '!= "${here%%.*}"'))
    other = as_user("sh", str(file), "--install-prefix", f"{home}/n", home=home)
    assert other.returncode not in (0, 1), "its token is for that name alone"


def test_who_it_runs_as_is_found_in_its_settings(hub, home):
    """The recipe that people know: grep "run as user" in the configuration."""
    script, prefix = script_of(hub, home), home / "m"
    done = as_user(
        "sh", str(script), "--install-prefix", str(prefix), "--claim-url", hub_url(hub), home=home
    )
    assert done.returncode == 0, done.stderr
    found = as_user("grep", "run as user", f"{prefix}/etc/agent.toml", home=home)

    assert found.stdout.rpartition("=")[2].strip() == as_user("id", "-un", home=home).stdout.strip()


def test_with_dont_start_it_is_claimed_before_its_first_start(hub, home):
    done = as_user(
        "sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m", "--dont-start",
        "--claim-token-file", "-", home=home, stdin=connect(hub)["token"]["token"],
    )  # fmt: skip

    assert (done.returncode, CLAIMED in done.stderr) == (0, True), done.stderr
    assert "not started (--dont-start)" in done.stderr
    (node,) = nodes(hub)
    assert node["state"] == "pending"


def test_an_install_without_what_a_link_needs_ends_well_and_is_not_claimed(hub, home):
    """Nothing is connected to unverified: what is missing is named, with what to do."""
    options = ("sh", str(script_of(hub, home)), "--install-prefix", f"{home}/m")
    assert as_user(*options, "--claim-url", hub_url(hub), home=home).returncode == 0
    (package,) = (home / "m/versions").glob("*/lib/python3*/site-packages/cryptography")
    package.rename(package.with_name("gone"))
    token = connect(hub)["token"]["token"]
    alone = as_user(*options, "--claim-token-file", "-", home=home, stdin=token)
    needed = as_user(*options, "--claim-token-file", "-", "--require-cloud", home=home, stdin=token)

    assert alone.returncode == 0, alone.stderr
    assert "missing: the Python module cryptography.x509 cannot be imported" in alone.stderr
    assert "It is not claimed, and connects to nothing unverified" in alone.stderr
    assert "--standalone" in alone.stderr
    assert (needed.returncode, "what it lacks stands above" in needed.stderr) == (3, True)
    assert nodes(hub) == []

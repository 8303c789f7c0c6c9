import re
import subprocess
import tomllib

import pytest

from muster.core.connecting.connect import MAX_CONFIG, Wanted, check, needs_files, offers, ready
from muster.core.connecting.kit import Kit, KitBuild, KitFile
from muster.core.connecting.netdataconnect import HubRoot
from muster.core.connecting.recipes import RECIPES
from muster.core.databases.telegrafsite import DATABASE
from muster.errors import InputError, NotFound, Unavailable
from muster.hub.kits.bundle import read_texts
from muster.model.ids import RoomId

TOKEN = "mst1.aaaabbbbccccdddd.secret.pins.addresses.check"
URL = "https://hub.example:7445"
ROOMS = (RoomId("658b0b61-43f1-43d6-9c55-e1e63b0ecd13"), RoomId("0b6e1c52-9b1d-4f35-a7a3-53f0"))
LOUD = "http://me:hunter2@proxy.example:3128"


def file(name, kind):
    return KitFile(name=name, kind=kind, size=1, sha256=kind.encode().hex().ljust(64, "0"))


KIT = Kit(
    version="1.0-abc",
    script="#!/bin/sh\necho '@PREFIX@'\n",
    files=(
        file("kickstart.sh", "script"),
        file("muster-docker-1.tar", "docker"),
        file("chart-1.tar", "chart"),
        file("role-1.tar", "role"),
    ),
    builds=tuple(
        KitBuild(python="3.11", machine="x86_64", libc=libc, libc_least="2.17", files=())
        for libc in ("glibc", "darwin")
    ),
    texts=read_texts(),
)


ROOT = HubRoot(port=8440, file_sha256="ab" * 32, sha256="0f" * 32)
WRITES = "https://hub.example:8086"
NETDATA = [name for name in RECIPES if name.startswith("netdata")]


def make(environment, rooms=(), root=ROOT, **given):
    wanted = Wanted(environment=environment, url=URL, writes=WRITES, root=root, **given)
    recipe = check(wanted, KIT, has_write=True)
    return ready(wanted, recipe, KIT, token=TOKEN, expires_ns=10**18, rooms=rooms)


def all_texts(made):
    return [each.text for each in (*made.commands, *made.files)]


NAMED = {"installer": {"name": "web-01.example"}}


@pytest.mark.parametrize("environment", RECIPES)
def test_every_environment_fills_all_of_its_templates(environment):
    made = make(environment, ROOMS, proxy="socks5://proxy:1080", **NAMED.get(environment, {}))

    assert made.commands or made.files
    assert any(TOKEN in text for text in all_texts(made))
    for text in all_texts(made):
        assert not re.search(r"@[A-Z0-9_]+@", text.replace("echo '@PREFIX@'", ""))


@pytest.mark.parametrize("environment", RECIPES)
@pytest.mark.parametrize("proxy", ["", "none", "env", "http://proxy:3128", LOUD])
def test_every_command_is_one_that_a_shell_takes(environment, proxy):
    for command in make(environment, ROOMS, proxy=proxy, **NAMED.get(environment, {})).commands:
        done = subprocess.run(["sh", "-n"], input=command.text, text=True, check=False)

        assert done.returncode == 0


@pytest.mark.parametrize("environment", ["docker", "compose"])
def test_a_container_is_told_by_variables_and_by_no_command_in_it(environment):
    texts = "\n".join(all_texts(make(environment, ROOMS)))

    assert f"MUSTER_CLAIM_TOKEN={TOKEN}" in texts
    assert "agent claim" not in texts


@pytest.mark.parametrize("environment", ["linux", "macos"])
def test_nothing_is_run_whose_digest_was_not_compared(environment):
    for command in make(environment).commands[:3]:
        fetch = command.text.index("kickstart.sh https" if "curl" in command.text else "wget")
        compare = command.text.index(KIT.script_sha256)
        assert fetch < compare < command.text.index("sh kickstart.sh --")
        assert "-c - &&" in command.text


@pytest.mark.parametrize("environment", ["linux", "macos", "docker", "kubernetes", *NETDATA])
def test_no_secret_is_an_argument_of_any_program(environment):
    """What a shell does itself (printf, export, what it feeds to a program) is no argument."""
    built_in = re.compile(
        r"^\s*(\((.*&&)? )?(printf|export|token:|proxy:|token =|proxy =|NETDATA_)"
    )
    for command in make(environment, proxy=LOUD).commands:
        for line in command.text.splitlines():
            if TOKEN in line or "hunter2" in line:
                assert built_in.match(line), line


@pytest.mark.parametrize("environment", ["kubernetes", "netdata-kubernetes"])
def test_a_cluster_that_enforces_a_standard_lets_the_pods_in_all_the_same(environment):
    """They show the node's network and keep a folder on it, which baseline forbids."""
    text = make(environment).commands[-1].text
    namespace, _, secret = text.partition("\n---\n")

    assert "\n    pod-security.kubernetes.io/enforce: privileged" in namespace
    assert "pod-security" not in secret


@pytest.mark.parametrize("proxy", ["", "env", LOUD])
@pytest.mark.parametrize("has_sudo", [True, False])
def test_the_line_runs_as_root_with_sudo_and_where_there_is_none(tmp_path, proxy, has_sudo):
    line = make("linux", proxy=proxy).commands[0].text.rpartition("|\n")[2]
    for name in ("sh", "sudo") if has_sudo else ("sh",):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh"], input=line.rstrip(" )"), env={"PATH": str(tmp_path)}, text=True,
        check=True, stdout=subprocess.PIPE,
    )  # fmt: skip

    words = done.stdout.split()
    kept = ["--preserve-env=https_proxy"] if proxy else []
    assert words[: words.index("kickstart.sh")] == (["sudo", *kept] if has_sudo else []) + ["sh"]


def test_rooms_and_the_address_are_in_the_line():
    line = make("linux", ROOMS).commands[0].text

    assert f"--claim-rooms {','.join(ROOMS)}" in line
    assert f"--claim-url {URL}" in line


def test_telegraf_sends_by_certificate_to_the_listener_for_it():
    files = {file.name: file.text for file in make("telegraf").files}
    output = tomllib.loads(files["muster.conf"])["outputs"]["influxdb_v2"][0]

    assert output["urls"] == [WRITES]
    assert output["bucket"] == DATABASE
    assert output["tls_key"].startswith("/var/lib/muster-telegraf/")
    assert {"tmpfs", "overlay", "squashfs", "hugetblfs"} <= set(output["tagdrop"]["fstype"])
    assert (TOKEN in str(files), output["token"]) == (False, "")
    assert "cpu" in tomllib.loads(files["agent.toml"])["collect"]["disabled"]


def test_an_installer_holds_settings_of_its_machine_and_the_proxy_among_them():
    made = make("installer", name="web-01", config='log_level = "debug"\n', proxy=LOUD)
    (installer,) = made.files
    config = installer.text.partition("<<'MUSTER_CONFIG'\n")[2].partition("\nMUSTER_CONFIG\n")[0]

    assert installer.name == "install-on-web-01.sh"
    assert tomllib.loads(config) == {"log_level": "debug", "link": {"proxy": LOUD}}
    assert "until 2001-09-09 01:46 UTC" in installer.text
    assert "echo '@PREFIX@'" in installer.text, "what a value holds is not filled again"


def test_a_template_of_ones_own_takes_the_place_of_the_installers():
    made = make("installer", name="web-01", template="#!/bin/sh\n# @NAME@\necho @TOKEN@\n")

    assert made.files[0].text == f"#!/bin/sh\n# web-01\necho {TOKEN}\n"
    with pytest.raises(InputError, match="@NONSENSE@"):
        make("installer", name="web-01", template="@NONSENSE@")


@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://hub:1"},
        {"url": "https://hub:1/$(reboot)"},
        {"url": "https://hub:1 x"},
        {"proxy": "http://proxy:1;reboot"},
        {"proxy": "ftp://proxy"},
        {"proxy": "http://a'b@proxy"},
        {"environment": "installer", "name": "web;reboot"},
        {"environment": "installer", "name": ""},
        {"environment": "installer", "name": "web\n"},
        {"environment": "installer", "name": "web", "config": "not toml"},
        {"environment": "installer", "name": "web", "config": "a = 1\nMUSTER_CONFIG\nreboot"},
        {"environment": "installer", "name": "web", "config": "# " + "x" * MAX_CONFIG},
    ],
)
def test_what_a_shell_would_make_something_of_is_refused(given):
    with pytest.raises(InputError):
        check(Wanted(**({"environment": "linux", "url": URL} | given)), KIT)


def test_only_what_this_hub_can_do_is_offered():
    poor = Kit(version="1", script="", files=(), builds=(), missing=("no wheel of x",))
    found = {offer.environment: offer for offer in offers(poor)}

    assert "no wheel of x" in found["docker"].reason
    assert "no endpoint" in found["telegraf"].reason
    assert [name for name, offer in found.items() if offer.available] == NETDATA
    assert {offer.environment for offer in offers(KIT, has_write=True) if offer.available} == set(
        RECIPES
    )
    with pytest.raises(Unavailable, match="no endpoint"):
        check(Wanted(environment="telegraf", url=URL), KIT)
    with pytest.raises(NotFound, match="there are linux"):
        check(Wanted(environment="amiga", url=URL), KIT)


def test_netdata_agents_and_telegraf_alone_fetch_no_file_of_the_kit():
    assert [name for name in RECIPES if not needs_files(name)] == ["telegraf", *NETDATA]
    assert not needs_files("amiga")

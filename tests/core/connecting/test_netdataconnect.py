import configparser
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from muster.core.connecting.connect import Wanted, check, ready
from muster.core.connecting.kit import Kit
from muster.core.connecting.netdataconnect import HubRoot, fingerprint, values
from muster.core.connecting.recipes import RECIPES
from muster.hub.kits.bundle import read_texts
from muster.model.ids import RoomId

KIT = Kit(version="1", script="", files=(), builds=(), texts=read_texts())
URL = "https://hub.example:7443"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
ROOT = HubRoot(port=8440, file_sha256=hashlib.sha256(PEM.encode()).hexdigest(), sha256="0f" * 32)
TOKEN = "mnt1" + "a" * 131
ROOMS = (RoomId("658b0b61-43f1-43d6-9c55-e1e63b0ecd13"), RoomId("0b6e1c52-9b1d-4f35-a7a3-53f0"))
NETDATA = [name for name, recipe in RECIPES.items() if recipe.dialect == "netdata"]


def make(environment, *, root=ROOT, rooms=ROOMS, proxy=""):
    wanted = Wanted(environment=environment, url="https://hub.example:7443", root=root, proxy=proxy)
    recipe = check(wanted, KIT)
    return ready(wanted, recipe, KIT, token=TOKEN, expires_ns=0, rooms=rooms)


class Machine:
    """A machine in a folder: what recipes run is there in its place, and says what it was given."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.library = root / "library"
        self.folder = root / "netdata"
        for made in (root / "bin", self.library, self.folder):
            made.mkdir()
        (root / "root.pem").write_text(PEM)
        self.program("sudo", 'exec "$@"')
        self.program("curl", f'while [ "$1" != -o ]; do shift; done; cp {root}/root.pem "$2"')
        self.program("systemctl", f'echo "systemctl $*" >>{root}/ran')
        self.program("netdatacli", f'echo "$*" >>{root}/ran; cat {root}/says 2>/dev/null; true')
        self.program(
            "netdata-claim.sh",
            f'echo "$*" >>{root}/ran; cp {self.library}/cloud.d/token {root}/had; exit 13',
        )

    def program(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, text: str) -> subprocess.CompletedProcess[str]:
        for place, here in (
            ("/var/lib/netdata", self.library),
            ("/etc/netdata", self.folder),
            ("/etc/systemd/system", self.root / "units"),
            ("/run/systemd/system", self.root),
        ):
            text = text.replace(place, str(here))
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", text], env={"PATH": path}, capture_output=True, text=True, check=False
        )

    def ran(self) -> list[str]:
        return (self.root / "ran").read_text().splitlines()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.parametrize("environment", NETDATA)
def test_a_hub_of_its_own_ca_is_trusted_before_anything_is_claimed(environment):
    first = make(environment).commands[0]

    assert first.title == "Trust this hub, once"
    assert ROOT.file_sha256 in first.text
    assert fingerprint(ROOT.sha256) in first.text
    assert "https://hub.example:8440/root.pem" in first.text
    assert TOKEN not in first.text
    assert "Trust" not in make(environment, root=None).commands[0].title


@pytest.mark.parametrize("environment", ["netdata-docker", "netdata-compose", "netdata-kubernetes"])
def test_without_a_root_to_trust_nothing_is_said_of_one(environment):
    made = make(environment, root=None)

    assert "SSL_CERT_FILE" not in str(made)
    assert "SSL_CERT_FILE" in str(make(environment))


def test_trust_lies_where_both_lines_of_agents_look(machine):
    done = machine.run(make("netdata").commands[0].text)
    cloud = machine.library / "cloud.d"
    bundle = (cloud / "muster-bundle.pem").read_text()
    unit = (machine.root / "units/netdata.service.d/muster.conf").read_text()

    assert done.returncode == 0, done.stderr
    assert (cloud / "trusted.pem").read_text() == PEM
    assert (cloud / "cloud_fullchain.pem").read_text() == PEM
    assert bundle.endswith(PEM)
    assert unit == f"[Service]\nEnvironment=SSL_CERT_FILE={cloud}/muster-bundle.pem\n"
    assert machine.ran()[-2:] == ["systemctl daemon-reload", "systemctl restart netdata"]
    assert fingerprint(ROOT.sha256) in done.stdout


def test_another_root_than_the_hub_showed_is_not_trusted(machine):
    (machine.root / "root.pem").write_text(PEM.replace("MIIB", "MIIC"))
    done = machine.run(make("netdata").commands[0].text)

    assert done.returncode != 0
    assert not (machine.library / "cloud.d").exists()


def test_a_package_without_the_cloud_link_is_recognised_and_told(machine):
    (machine.root / "says").write_text("ACLK Available: No\n")
    done = machine.run(make("netdata").commands[0].text)

    assert done.returncode == 1
    assert "as packages of distributions have none" in done.stderr
    assert not (machine.library / "cloud.d").exists()


def test_claim_conf_is_written_for_the_agent_alone_and_read_at_once(machine):
    done = machine.run(make("netdata", proxy="socks5://proxy:1080").commands[1].text)
    path = machine.folder / "claim.conf"
    conf = configparser.ConfigParser()
    conf.read(path)

    assert done.returncode == 0, done.stderr
    assert dict(conf["global"]) == {
        "url": "https://hub.example:7443",
        "token": TOKEN,
        "rooms": ",".join(ROOMS),
        "insecure": "no",
        "proxy": "socks5://proxy:1080",
    }
    assert path.stat().st_mode & 0o777 == 0o640
    assert machine.ran() == ["reload-claiming-state"]


def test_the_script_of_1_x_reads_the_token_from_its_file_and_its_code_is_handed_on(machine):
    done = machine.run(make("netdata-script", proxy="http://proxy:3128").commands[1].text)

    assert done.returncode == 13
    assert (machine.root / "had").read_text() == TOKEN
    assert not (machine.library / "cloud.d/token").exists()
    assert machine.ran() == [
        f"-url=https://hub.example:7443 -rooms={','.join(ROOMS)} -proxy=http://proxy:3128"
    ]


def test_a_proxys_password_is_no_argument_of_the_script():
    loud = "http://me:hunter2@proxy.example:3128"
    given = values(url=URL, root=None, proxy=loud, rooms=())

    assert given["SCRIPT_OPTIONS"] == ""
    assert loud in given["CONF_PROXY"]
    assert values(url=URL, root=None, proxy="none", rooms=())["SCRIPT_OPTIONS"] == " -noproxy"


def test_a_chart_and_a_compose_file_are_yaml_with_and_without_trust():
    yaml = pytest.importorskip("yaml")
    for root in (ROOT, None):
        (file,) = make("netdata-kubernetes", root=root).files
        parent = yaml.safe_load(file.text)["parent"]
        compose = yaml.safe_load(make("netdata-compose", root=root).files[0].text)

        assert parent["envFrom"] == [{"secretRef": {"name": "muster-claim"}}]
        assert ("extraVolumes" in parent) == (root is not None)
        assert compose["volumes"]["netdatalib"]["name"] == "netdatalib"

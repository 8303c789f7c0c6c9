"""What is missing on a machine, and the package that brings it."""

import subprocess
import sys
from pathlib import Path

import pytest

from muster.agent.needs import NEEDS, STANDALONE, Need, family_of, lacking, main, remedy_of

GONE = Need("part", lambda: "the part is gone", "to work", {"debian": "libpart", "arch": "part"})
NICE = GONE._replace(name="nice", required=False)
RELEASES = {
    "debian": "ID=debian\nVERSION_ID=12\n",
    "fedora": 'NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n',
    "suse": 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
    "alpine": "ID=alpine\n",
    "arch": "ID=manjaro\nID_LIKE=arch\n",
    "": "ID=plan9\n",
}


@pytest.mark.parametrize("family", RELEASES)
def test_a_distribution_is_known_by_what_it_says_of_itself(family):
    assert family_of(RELEASES[family]) == family


def test_ubuntu_installs_as_debian_does():
    assert family_of("ID=ubuntu\nID_LIKE=debian\n") == "debian"


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.name)
@pytest.mark.parametrize("family", ["debian", "fedora", "suse", "alpine", "arch"])
def test_everything_has_a_package_in_every_family_or_comes_with_the_agent(need, family):
    remedy = remedy_of(need, family)

    assert need.packages.get(family, "install the agent again") in remedy
    assert (STANDALONE in remedy) == need.required


def test_the_guide_names_the_python_of_every_family():
    guide = (Path(__file__).parents[2] / "docs/guide/connect.md").read_text()
    python = next(need for need in NEEDS if need.name == "python")
    assert len(python.packages) == 5

    for family, packages in python.packages.items():
        install = remedy_of(python, family).partition(" (")[0].partition(";")[0]
        assert f"`{install}`" in guide, (family, packages)


def test_here_nothing_that_is_needed_is_missing():
    assert [lack for lack in lacking() if lack.required] == []


def test_a_lack_says_what_it_is_what_for_and_what_to_install():
    (lack,) = lacking((GONE,), "debian")

    assert lack.text == "the part is gone; it is needed to work"
    assert lack.remedy == f"apt install libpart; {STANDALONE}"
    (lack,) = lacking((NICE,), "")
    assert lack.remedy == "debian: libpart; arch: part"


def test_only_what_a_link_needs_is_a_failure(capsys):
    assert (main((NICE,)), main((NICE, GONE)), main(())) == (0, 3, 0)
    assert capsys.readouterr().err.splitlines()[1].startswith("muster: note: the part is gone")


MODULES = [need.name for need in NEEDS if need.required and need.name not in ("python", "agent")]
BLOCKED = {
    "tls-1.3": "ssl.HAS_TLSv1_3 = False",
    "host-names": "ssl.HAS_NEVER_CHECK_COMMON_NAME = False",
}


@pytest.mark.parametrize("name", MODULES)
def test_each_part_that_is_missing_is_named_by_a_python_that_lacks_it(name):
    block = f"import ssl; {BLOCKED[name]}" if name in BLOCKED else f"sys.modules[{name!r}] = None"
    if name == "cryptography":
        block = "sys.modules['cryptography'] = sys.modules['cryptography.x509'] = None"
    code = f"import sys; {block}; from muster.agent.needs import main; raise SystemExit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert "muster: missing: " in done.stderr
    lines = {line.partition(";")[0] for line in done.stderr.splitlines()}
    text = {"tls-1.3": "knows no TLS 1.3", "host-names": "does not check names of hosts"}.get(name)
    assert any((text or f"module {name}") in line for line in lines), done.stderr

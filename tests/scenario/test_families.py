"""The installer on other families of Linux, as far as a stand-in for their programs says: what
their package managers, service managers and makers of users are asked."""

import shutil

import pytest
from machines import IS_ROOT, as_root, machine_folder
from processes import Hub, free_port_base

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(
        not IS_ROOT or not shutil.which("unshare"), reason="takes root and mount namespaces"
    ),
]

# Files of users that are this namespace's own, and no folder that holds anything of the machine.
MACHINE = """
set -e
mkdir -p {home}/tools {home}/lib {home}/init.d
mount -t tmpfs none /run
mount -t tmpfs none /opt
mount -t tmpfs none /usr/local/bin
mount --bind {home}/lib /var/lib
for file in passwd group; do
  grep -v '^muster:' /etc/$file >{home}/$file
  mount --bind {home}/$file /etc/$file
done
tool() {{ printf '#!/bin/sh\\n%s\\n' "$2" >{home}/tools/$1; chmod 755 {home}/tools/$1; }}
note() {{ tool "$1" "echo $1 \\"\\$*\\" >>{home}/calls; $2"; }}
"""
# No useradd and no systemctl: BusyBox and OpenRC. Programs of root alone are looked for in no PATH.
ALPINE = (
    MACHINE
    + """
mount -t tmpfs none /usr/sbin
[ -L /sbin ] || mount -t tmpfs none /sbin
printf '#!/bin/sh\\n' >/sbin/openrc-run
chmod 755 /sbin/openrc-run
mkdir -p /etc/init.d
mount --bind {home}/init.d /etc/init.d
note rc-update
note rc-service
note addgroup 'echo muster:x:871: >>/etc/group'
note adduser 'echo muster:x:871:871::/nonexistent:/bin/false >>/etc/passwd'
note deluser
tool apk 'exit 1'
PATH={home}/tools:/usr/bin:/bin
printf %s '{token}' | sh {script} --claim-token-file -
cp /etc/init.d/muster-agent {home}/script
sh {script} --uninstall --purge
ls -A /opt /usr/local/bin /etc/init.d >{home}/left
"""
)
# SELinux, and the makers of users that all but BusyBox have.
FEDORA = (
    MACHINE
    + """
note restorecon
note useradd 'echo muster:x:871:871::/nonexistent:/sbin/nologin >>/etc/passwd
echo muster:x:871: >>/etc/group'
tool rpm 'exit 1'
PATH={home}/tools:/usr/bin:/bin
printf %s '{token}' | sh {script} --claim-token-file - --dont-start
ls -ld /opt/muster/bin/muster >{home}/left
"""
)
PACKAGED = (
    MACHINE
    + """
tool {manager} '[ "$*" = "{asked}" ] && echo "install ok installed"'
PATH={home}/tools:/usr/bin:/bin
sh {script} --claim-url https://hub.example:7445
"""
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub"), free_port_base(), command="hub")
    yield started
    started.stop()


@pytest.fixture
def home():
    with machine_folder() as folder:
        yield folder


@pytest.fixture
def machine(hub, home):
    """Run a text as root of a machine that is in a namespace alone: (what it came to, calls)."""
    preview = hub.muster("installer", "any", "--preview", "--json")["files"][0]["text"]
    script = home / "kickstart.sh"
    script.write_text(preview.partition("'MUSTER_KICKSTART'\n")[2].partition("\nMUSTER_KICKST")[0])

    def run(text, token="", **values):
        filled = text.format(home=home, script=script, token=token, **values)
        done = as_root("sh", stdin=filled, prefix=("unshare", "--mount"))
        calls = home / "calls"
        return done, calls.read_text().splitlines() if calls.exists() else []

    yield run
    for node in hub.muster("node", "list", "--json"):
        hub.muster("node", "remove", node["id"])


def token_of(hub):
    return hub.muster("connect", "--json")["token"]["token"]


def test_on_alpine_it_is_a_service_of_openrc_with_a_user_of_busybox(hub, home, machine):
    done, calls = machine(ALPINE, token_of(hub))

    assert done.returncode == 0, done.stderr
    assert "Node was successfully claimed." in done.stderr
    assert calls == [
        "addgroup -S muster",
        "adduser -S -D -H -h /nonexistent -s /bin/false -G muster muster",
        "rc-update add muster-agent default",
        "rc-service muster-agent restart",
        "rc-service muster-agent stop",
        "rc-update del muster-agent",
        "deluser muster",
    ]
    script = (home / "script").read_text()
    assert script.startswith("#!/sbin/openrc-run\n")
    assert 'command="/opt/muster/bin/muster"' in script
    assert 'command_user="muster:muster"' in script
    assert "@" not in script
    assert (home / "left").read_text().split() == ["/etc/init.d:", "/opt:", "/usr/local/bin:"]


def test_where_selinux_rules_its_programs_are_labelled(hub, home, machine):
    done, calls = machine(FEDORA, token_of(hub))

    assert done.returncode == 0, done.stderr
    assert [each.split()[0] for each in calls] == ["useradd", "restorecon"]
    assert calls[1] == "restorecon -R /opt/muster"
    assert "no-create-home" in calls[0]
    assert "not started (--dont-start)" in done.stderr
    assert (home / "left").read_text().split()[2:4] == ["root", "root"]


@pytest.mark.parametrize(
    ("manager", "asked"),
    [
        ("dpkg-query", "-W -f=\\${Status} muster-agent"),
        ("rpm", "-q muster-agent"),
        ("apk", "info -e muster-agent"),
    ],
)
def test_a_package_of_the_system_is_left_alone(machine, manager, asked):
    done, _ = machine(PACKAGED, manager=manager, asked=asked)

    assert (done.returncode, "system package manager" in done.stderr) == (2, True), done.stderr

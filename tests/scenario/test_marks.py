"""A container that is made anew on its volume: the same node, with a mark where it began."""

import shutil

import pytest
from machines import IS_ROOT
from processes import Agent, Hub, claim, free_port_base, until

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(
        not IS_ROOT or not shutil.which("unshare"), reason="takes root and mount namespaces"
    ),
]

# As Docker does it: a file of the container's own folder, which its id names, over /etc/hostname.
CONTAINER = 'mount --bind "$0" /etc/hostname && exec "$@"'


def container(folder, digits, data):
    """The agent on a volume, in a container with this id."""
    own = folder / "containers" / (digits * 32) / "hostname"
    own.parent.mkdir(parents=True)
    own.write_text("web-01\n")
    return Agent(data, before=("unshare", "--mount", "sh", "-c", CONTAINER, str(own)))


def test_a_restart_and_a_new_container_are_marked_and_told_apart(tmp_path):
    volume = tmp_path / "volume"
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    try:
        made = hub.muster("token", "create", "--json")
        assert claim(volume, made["token"]).returncode == 0
        (node,) = (each["id"] for each in hub.muster("node", "list", "--json"))

        def marks():
            return [each["text"] for each in hub.muster("node", "show", node, "--json")["marks"]]

        first = container(tmp_path, "0a", volume)
        hub.live(node)
        first.stop()
        second = container(tmp_path, "0b", volume)
        until("the new container is marked", lambda: marks() == ["container recreated"] or None)
        second.stop()
        outside = Agent(volume)
        told = ["agent restarted", "container recreated"]
        until("a run outside of containers is a restart", lambda: marks() == told or None)
        outside.stop()
    finally:
        hub.stop()

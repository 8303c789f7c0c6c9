"""A role in a room, over real processes: what is seen from elsewhere follows the room."""

import pytest
from processes import Hub, free_port_base, run, until

from muster.cli.exits import Exit

pytestmark = pytest.mark.scenario


@pytest.fixture
def hub(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="up")
    yield hub
    hub.stop()


def test_who_has_a_role_in_a_room_sees_a_node_while_it_is_in_it(hub, tmp_path):
    password = tmp_path / "password"
    password.write_text("correct horse battery\n")
    (node,) = until("the hub's own agent", lambda: hub.muster("node", "list", "--json"))
    hub.live(node["name"])
    hub.muster("room", "create", "berlin", "--label", "site=berlin")
    hub.muster("user", "create", "bob", "--room", "berlin=viewer", "--password-file", str(password))
    token, ca = tmp_path / "token", tmp_path / "root.pem"
    token.write_text(hub.muster("user", "token", "create", "--user", "bob", "--json")["token"])
    ca.write_text(hub.muster("ca", "show", "--pem"))
    where = ("--hub", hub.ready["web"], "--token-file", str(token), "--ca-file", str(ca))
    values = ("query", "--measurement", "mem", "--last", "1m", "--json")

    def seen():
        frame = run(*where, *values)
        return run(*where, "node", "list", "--json"), frame["series"]

    assert seen() == ([], [])
    hub.muster("node", "set", node["id"], "--label", "site=berlin")
    listed, series = until("the node is in the room", lambda: seen() if all(seen()) else None)
    assert [each["id"] for each in listed] == [node["id"]]
    assert series
    hub.muster("node", "set", node["id"], "--no-label", "site")
    assert seen() == ([], [])
    refused = run(*where, "token", "create", ok=False)
    assert refused.returncode == Exit.DENIED

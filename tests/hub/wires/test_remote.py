from muster.hub.wires.remote import RemoteSettings
from muster.testing.remotehouse import RemoteServer


def test_databases_of_other_monitors_are_made_by_themselves():
    assert "prometheus" in RemoteSettings().databases


def test_all_paths_of_other_monitors_are_offered():
    with RemoteServer() as server:
        paths = {route.path for route in server.remote.routes()}

    assert {"/api/v1/write", "/api/v1/prom/write"} <= paths

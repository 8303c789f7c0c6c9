import asyncio
import socket
import stat

import pytest

from muster.errors import SettingsError
from muster.net.bind import PortInUse, bind_tcp, bind_unix
from muster.net.client import Target


def test_a_port_in_use_names_the_port_and_the_setting():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(PortInUse, match=rf"port {port} is in use.*listen\.port_base"):
            bind_tcp(["127.0.0.1"], port, "listen.port_base")


def test_an_unknown_address_is_a_setting_that_cannot_be_used():
    with pytest.raises(SettingsError, match=r"no\.such\.host\.invalid"):
        bind_tcp(["no.such.host.invalid"], 0, "listen.port_base")


def test_the_operators_socket_is_the_owners_alone(tmp_path):
    with bind_unix(tmp_path / "hub.sock"):
        mode = stat.S_IMODE((tmp_path / "hub.sock").stat().st_mode)

    assert mode == 0o600


def test_a_left_over_socket_is_replaced(tmp_path):
    bind_unix(tmp_path / "hub.sock").close()

    bind_unix(tmp_path / "hub.sock").close()


async def test_a_folder_may_be_deeper_than_a_sockets_name_is_long(tmp_path):
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with bind_unix(folder / "hub.sock") as listening:
        _, writer = await Target(socket=folder / "hub.sock").open(5)
        writer.close()
        accepted, _ = await asyncio.get_running_loop().sock_accept(listening)
        accepted.close()

    assert stat.S_IMODE((folder / "hub.sock").stat().st_mode) == 0o600


def test_a_socket_whose_folder_is_not_there_says_so(tmp_path):
    with pytest.raises(SettingsError, match="cannot listen: No such file"):
        bind_unix(tmp_path / ("x" * 120) / "hub.sock")


def test_a_file_that_is_no_socket_is_not_replaced_by_one(tmp_path):
    path = tmp_path / "web.sock"
    path.write_text("kept")
    with pytest.raises(SettingsError):
        bind_unix(path, 0o660)

    assert path.read_text() == "kept"

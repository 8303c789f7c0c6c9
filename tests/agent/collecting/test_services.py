"""Conversations over real sockets, with servers that speak as the real ones do."""

import contextlib
import socket
import threading

import pytest

from muster.agent.collecting import services as module
from muster.agent.collecting.services import MAX_BYTES, MAX_STEPS, address_of, converse
from muster.agent.collecting.sources import Reader
from muster.clock import ManualClock, SystemClock
from muster.collectors import apcupsd, docker, smart, upsd
from muster.collectors.api import Service, Want
from muster.errors import InputError, Unavailable

CLOCK = SystemClock()


@contextlib.contextmanager
def server(answer, where=None):
    """Hand each connection to `answer`, in a thread; its address."""
    own = socket.socket(socket.AF_UNIX if where else socket.AF_INET)
    own.bind(str(where) if where else ("127.0.0.1", 0))
    own.listen(8)

    def serve():
        while True:
            try:
                connection, _ = own.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"unix:{where}" if where else f"tcp:127.0.0.1:{own.getsockname()[1]}"
    finally:
        own.shutdown(socket.SHUT_RDWR)
        own.close()
        thread.join(60)


def network_information_server(connection):
    """apcupsd's: each line with its length before it, one byte at a time."""
    assert connection.recv(100) == b"\x00\x06status"
    lines = [b"APC      : 001,036,0872\n", b"STATUS   : ONLINE \n", b"STATFLAG : 0x05000008\n"]
    for line in [*lines, b""]:
        for byte in len(line).to_bytes(2, "big") + line:
            connection.sendall(bytes((byte,)))


def network_ups_tools(connection):
    """upsd's: a line is a question."""
    answers = {
        "LIST UPS": 'BEGIN LIST UPS\nUPS nas "the \\"NAS\\""\nUPS old ""\nEND LIST UPS\n',
        "LIST VAR nas": 'BEGIN LIST VAR nas\nVAR nas ups.status "OL"\nEND LIST VAR nas\n',
        "LIST VAR old": "ERR DRIVER-NOT-CONNECTED\n",
        "LOGOUT": "OK Goodbye\n",
    }
    with connection.makefile("rw") as lines:
        for line in lines:
            lines.write(answers[line.strip()])
            lines.flush()


def docker_daemon(connection):
    """Docker's API for one container, and for one that is gone meanwhile."""
    request = connection.recv(4_096).decode()
    path = request.split(" ")[1]
    bodies = {
        "/info": '{"Name": "host", "ServerVersion": "27.0"}',
        "/containers/json": '[{"Id": "aa", "State": "running"}, {"Id": "bb"}]',
        "/containers/aa/stats": "{}",
        "/containers/aa/json": "{}",
    }
    body = bodies.get(path.partition("?")[0])
    status = "404 Not Found" if body is None else "200 OK"
    connection.sendall(f"HTTP/1.0 {status}\r\nServer: Docker\r\n\r\n{body or ''}".encode())


def ask(collector, address, clock=CLOCK):
    (service,) = collector.COLLECTOR.sources
    return converse(service, address, clock)


def test_apcupsd_is_asked():
    with server(network_information_server) as address:
        group = ask(apcupsd, address)

    assert group["status"].splitlines()[1] == b"STATUS   : ONLINE "


def test_upsd_is_asked_for_each_ups():
    with server(network_ups_tools) as address:
        group = ask(upsd, address)

    assert set(group) == {"nas", "old"}
    assert group["old"] == b"ERR DRIVER-NOT-CONNECTED\n"


def test_docker_is_asked_over_its_socket(tmp_path):
    with server(docker_daemon, tmp_path / "d.sock") as address:
        group = ask(docker, address)

    assert set(group) == {"info", "containers", "stats-aa", "inspect-aa"}


def test_a_reader_puts_it_into_the_sample_or_says_why_not(tmp_path):
    service = Service("docker", ("unix:/d.sock",), docker.talk)
    with server(docker_daemon, tmp_path / "d.sock"):
        sample = Reader(clock=CLOCK, root=tmp_path).read([service], 5)
    assert set(sample.groups["docker"]) == {"info", "containers", "stats-aa", "inspect-aa"}
    gone = Reader(clock=CLOCK, root=tmp_path).read([service], 5)
    assert (dict(gone.groups), list(gone.faults)) == ({}, ["docker"])
    with pytest.raises(InputError, match="Connection refused"):
        gone.group("docker")
    (tmp_path / "d.sock").unlink()
    nobody = Reader(clock=CLOCK, root=tmp_path).read([service], 5)
    assert nobody.group("docker") is None


def test_an_address_of_the_settings_is_asked_in_place_of_the_others(tmp_path):
    with server(network_information_server) as address:
        reader = Reader(clock=CLOCK, root=tmp_path, addresses={"apcupsd": address})
        sample = reader.read(apcupsd.COLLECTOR.sources, 5)

    assert sample.group("apcupsd") is not None


@pytest.mark.parametrize("answer", [b"", b"\x00", b"\x00\x05ab"])
def test_a_server_that_hangs_up_is_said(answer):
    with (
        server(lambda connection: connection.sendall(answer)) as address,
        pytest.raises(Unavailable),
    ):
        ask(apcupsd, address)


def test_a_server_that_says_nothing_ends_at_the_time_out():
    go = threading.Event()
    with server(lambda _: go.wait(60)) as address:
        service = Service("slow", (address,), apcupsd.talk, timeout_s=0.1)
        with pytest.raises(Unavailable, match="no answer in time"):
            converse(service, address, CLOCK)
        go.set()


def test_a_server_that_talks_on_and_on_is_stopped():
    def talk():
        while True:
            yield Want(b"", lambda data: len(data) and 1)

    def endless(connection):
        while True:
            connection.sendall(bytes(1 << 16))

    with server(endless) as address:
        with pytest.raises(InputError, match=str(MAX_STEPS)):
            converse(Service("x", (), talk), address, CLOCK)
        with pytest.raises(InputError, match=str(MAX_BYTES)):
            converse(Service("x", (), smart.talk), address, CLOCK)


@pytest.mark.parametrize("said", [b"ERR", b"\x00" * 9, b"HTTP/1.0 500 x\r\n\r\n", b"HTTP/1.0 200"])
def test_what_makes_no_sense_is_an_input_error(tmp_path, said):
    with (
        server(lambda connection: connection.sendall(said), tmp_path / "d.sock") as address,
        pytest.raises((InputError, Unavailable)),
    ):
        ask(docker, address)


@pytest.mark.parametrize("address", ["udp:1.1.1.1:5", "tcp:nohost", "tcp:h:x", "tcp:h:70000", ""])
def test_an_address_has_one_of_two_forms(address):
    with pytest.raises(InputError):
        converse(Service("x", (), smart.talk), address, CLOCK)


def test_who_is_asked_is_the_first_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    service = Service("x", ("unix:/a.sock", "unix:/b.sock", "own:program"), smart.talk)
    assert address_of(service, str(tmp_path)) == ""
    (tmp_path / "a.sock").write_text("no socket")
    with server(lambda _: None, tmp_path / "b.sock"):
        assert address_of(service, str(tmp_path)) == f"unix:{tmp_path}/b.sock"
    (tmp_path / "b.sock").unlink()
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    assert address_of(service, "") == "own:program"
    assert address_of(service, str(tmp_path)) == ""
    assert address_of(service, "", "tcp:h:1") == "tcp:h:1"


def test_a_program_of_ones_own_is_started_and_ended(monkeypatch):
    started = []
    start = module.subprocess.Popen
    monkeypatch.setattr(
        module.subprocess, "Popen", lambda *a, **k: started.append(start(*a, **k)) or started[-1]
    )
    service = Service("smart", (), smart.talk, timeout_s=30.0)
    group = converse(service, "own:smarthelper", ManualClock())

    assert all(text.startswith(b"{") for text in group.values())
    assert [process.returncode is None for process in started] == [False]

from muster.collectors.api import Sample
from muster.collectors.docker import COLLECTOR, collect, talk


def test_without_a_daemon_there_is_nothing():
    assert list(collect(Sample(time_ns=5), None)) == []


def test_the_daemon_is_asked_in_connections_of_their_own():
    want = next(talk())

    assert want.say == b"GET /info HTTP/1.0\r\nHost: docker\r\n\r\n"
    assert (want.whole, want.anew) == (None, True)


def test_a_machine_without_a_socket_is_not_asked():
    assert COLLECTOR.needs == ("/run/docker.sock", "/run/podman/podman.sock")

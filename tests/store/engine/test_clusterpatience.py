"""Nodes that are slow, and nodes that hang."""

import socket
import threading
from contextlib import closing, contextmanager, suppress

import pytest

from muster.store.engine import clusterpatience
from muster.store.engine.clusterpatience import Channel

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
WORD = b"good"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """It asks very soon. Nothing below depends on how long anything takes."""
    monkeypatch.setattr(clusterpatience, "_QUIET_S", 0.02)
    monkeypatch.setattr(clusterpatience, "_PING_S", 60.0)


@contextmanager
def node(talk):
    """A server: `talk` gets each connection and its number, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads, open_ones = [], []

        def serve():
            with suppress(OSError):
                while True:
                    connection = listening.accept()[0]
                    open_ones.append(connection)
                    job = threading.Thread(target=quiet, args=(connection, len(threads)))
                    threads.append(job)
                    job.start()

        def quiet(connection, number):
            with suppress(OSError):
                talk(connection, number)

        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield listening.getsockname()[:2]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for each in open_ones:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for each in threads:
                each.join()
            for each in open_ones:
                each.close()


def read_request(connection):
    """Its head and the body that it announces."""
    with connection.makefile("rb") as file:
        head = list(iter(file.readline, b"\r\n"))
        sizes = [line for line in head if line.lower().startswith(b"content-length:")]
        return head, file.read(int(sizes[0].split(b":")[1])) if sizes else b""


def say(address, body=b"x", wait_s=300.0):
    with closing(Channel(address, None, wait_s)) as channel:
        return channel.post("/?a=b", body, {"X-Who": "me"}).read()


def test_a_whole_body_arrives_with_its_length():
    seen = {}

    def talk(connection, number):
        seen[number] = read_request(connection)
        connection.sendall(ANSWER + b"\r\n" + WORD)

    body = bytes(range(256)) * 4096  # several parts
    with node(talk) as address:
        assert say(address, body) == WORD
    assert seen[0][1] == body
    assert b"X-Who: me\r\n" in seen[0][0]


@pytest.mark.parametrize("gap", [0, 10, len(ANSWER) + 4])
def test_a_node_that_answers_when_asked_is_waited_for(gap):
    asked = threading.Semaphore(0)

    def talk(connection, number):
        head, _ = read_request(connection)
        if number:
            assert head[0].startswith(b"GET /ping ")
            connection.sendall(ANSWER + b"Connection: close\r\n\r\nOk.\n")
            asked.release()
        else:
            whole = ANSWER + b"\r\n" + WORD
            connection.sendall(whole[:gap])
            for _ in range(3):
                asked.acquire()
            connection.sendall(whole[gap:])

    with node(talk) as address:
        assert say(address) == WORD


@pytest.mark.parametrize("closing_word", [b"", b"Connection: close\r\n"])
def test_the_rest_of_an_answer_is_read_though_the_connection_ends(closing_word):
    def talk(connection, _):
        read_request(connection)
        connection.sendall(ANSWER + closing_word + b"\r\n" + WORD)
        connection.shutdown(socket.SHUT_WR)

    with node(talk) as address:
        assert say(address) == WORD


def test_a_node_that_accepts_and_says_nothing_is_broken_off(monkeypatch):
    monkeypatch.setattr(clusterpatience, "_PING_S", 0.02)

    with node(lambda *_: None) as address, pytest.raises(ConnectionError, match=r"no /ping"):
        say(address)


def test_a_node_that_refuses_to_be_asked_is_broken_off():
    def talk(connection, number):
        read_request(connection)
        if number:
            connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    with node(talk) as address, pytest.raises(ConnectionError, match=r"hangs"):
        say(address)


def test_a_node_that_hangs_up_when_asked_is_broken_off():
    def talk(connection, number):
        read_request(connection)
        if number:
            connection.close()

    with node(talk) as address, pytest.raises(ConnectionError, match=r"hangs"):
        say(address)


def test_a_node_that_answers_and_does_nothing_else_is_given_up_after_its_time():
    def talk(connection, number):
        read_request(connection)
        if number:
            connection.sendall(ANSWER + b"\r\nOk.\n")

    with node(talk) as address, pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        say(address, wait_s=0.05)


def test_a_node_that_takes_nothing_in_is_broken_off(monkeypatch):
    monkeypatch.setattr(clusterpatience, "_TAKE_S", 0.02)

    with node(lambda *_: None) as address, pytest.raises(ConnectionError, match="took nothing"):
        say(address, bytes(64 << 20))

"""Accepting, on sockets of this machine."""

import asyncio
import socket

import pytest

from muster.net.accepting import BURST, accept_all
from muster.net.admission import Admission, Handshakes


class Door:
    """A listening socket whose connections are taken by hand."""

    def __init__(self, *, at_once=64, places=64, tls=True):
        self.tls = tls
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.setblocking(False)
        self.handshakes = Handshakes(at_once, silent_s=60, slow_s=120)
        self.admission = Admission(places, places)
        self.taken = []
        self.peers = []
        self.news = asyncio.Event()

    def take(self, connection, address, handshake):
        self.taken.append((connection, address, handshake))
        self.news.set()

    def knock(self, count):
        self.peers += [socket.create_connection(self.listening.getsockname()) for _ in range(count)]

    async def until(self, count):
        async with asyncio.timeout(60):
            while len(self.taken) < count:
                self.news.clear()
                await self.news.wait()

    async def __aenter__(self):
        opening = accept_all(
            self.listening, self.admission, self.handshakes, self.take, "test", tls=self.tls
        )
        self.job = asyncio.ensure_future(opening)
        return self

    async def __aexit__(self, *_):
        self.job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.job
        for each in (self.listening, *self.peers, *(taken[0] for taken in self.taken)):
            each.close()


async def test_of_all_who_wait_a_handful_is_taken_in_each_turn():
    async with Door() as door:
        door.knock(20)
        await door.until(1)
        turn = len(door.taken)
        await door.until(20)

    assert turn == BURST
    assert {address for _, address, _ in door.taken} == {"127.0.0.1"}


async def test_nobody_is_accepted_while_too_many_shake_hands():
    async with Door(at_once=2) as door:
        door.knock(3)
        await door.until(2)
        await asyncio.sleep(0)
        before = len(door.taken)
        door.taken[0][2].end()
        await door.until(3)

    assert before == 2


async def test_who_gets_no_place_shakes_no_hands():
    async with Door(places=1) as door:
        door.knock(2)
        await door.until(1)
        async with asyncio.timeout(60):
            gone = await asyncio.to_thread(door.peers[1].recv, 1)

    assert gone == b""
    assert (len(door.taken), door.admission.refused, door.handshakes.under_way) == (1, 1, 1)


async def test_who_gave_up_before_its_turn_is_not_let_in():
    async with Door(at_once=1) as door:
        door.knock(2)
        await door.until(1)
        door.peers[1].sendall(b"hello")
        door.peers[1].close()
        door.knock(1)
        door.taken[0][2].end()
        await door.until(2)
        answer, living = door.taken[1][0].getpeername(), door.peers[2].getsockname()

    assert answer == living
    assert door.admission.left == 1


async def test_without_tls_a_peer_that_ended_its_side_is_let_in():
    async with Door(tls=False) as door:
        door.knock(1)
        door.peers[0].shutdown(socket.SHUT_WR)
        await door.until(1)

    assert door.admission.left == 0

"""Nodes are served in turn: each once, a few at once, past a fault."""

import asyncio
import contextlib

from muster.faces.netdata.turns import Turns


class Desk:
    """Serves until told to go on."""

    def __init__(self, nodes, at_once=2):
        self.waiting = list(nodes)
        self.served = []
        self.go_on, self.two, self.all = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.turns = Turns(due=self.due, serve=self.serve, at_once=at_once, failed="it failed")

    def due(self):
        due, self.waiting = self.waiting, []
        return due

    async def serve(self, node):
        self.served.append(node)
        if len(self.served) == 2:
            self.two.set()
        await self.go_on.wait()
        if len(self.served) == 3:
            self.all.set()
        if node == "a":
            raise RuntimeError("a bug")

    @contextlib.asynccontextmanager
    async def running(self):
        async with asyncio.TaskGroup() as jobs:
            running = jobs.create_task(self.turns.run())
            yield
            running.cancel()


async def others():
    """Let come whatever else could come."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_are_served_at_once_than_may_be():
    desk = Desk("abc")
    async with desk.running():
        await desk.two.wait()
        await others()

        assert desk.served == ["a", "b"]
        assert desk.turns.busy == {"a", "b", "c"}


async def test_a_fault_of_one_ends_nothing_and_all_have_their_turn(caplog):
    desk = Desk("abc")
    desk.go_on.set()
    async with desk.running():
        await desk.all.wait()
        await others()

        assert not desk.turns.busy
    assert desk.served == ["a", "b", "c"]
    assert "it failed" in caplog.text

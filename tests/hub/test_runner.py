"""A hub as a process: which loop, which signals, which end."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from muster.errors import Unavailable
from muster.hub.runner import loop_factory, serve


class FakeHub:
    """Runs until a signal stops it, which it sends to itself."""

    left_behind = False
    first = signal.SIGTERM  # that it sends to itself
    reloaded = False

    def __init__(self, failure=None):
        self.failure = failure
        self.loop = None
        self.stopped = asyncio.Event()

    def stop(self):
        self.stopped.set()

    def reload(self):
        self.reloaded = True
        os.kill(os.getpid(), signal.SIGTERM)

    async def run(self, ready):
        self.loop = asyncio.get_running_loop()
        ready("now")
        if self.failure:
            raise ExceptionGroup("jobs", [self.failure])
        os.kill(os.getpid(), self.first)
        await self.stopped.wait()


@pytest.fixture(autouse=True)
def keep_mask():
    mask = os.umask(0o077)
    yield
    os.umask(mask)


def test_sighup_reloads_what_is_read_from_files_and_the_hub_goes_on():
    hub = FakeHub()
    hub.first = signal.SIGHUP
    serve(hub, lambda ready: None)

    assert hub.reloaded and hub.stopped.is_set()


def test_a_signal_stops_the_hub():
    hub, told = FakeHub(), []
    serve(hub, told.append)

    assert told == ["now"]
    assert hub.stopped.is_set()


def test_without_uvloop_the_loop_is_asyncios_own(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    hub = FakeHub()
    serve(hub, lambda info: None)

    assert loop_factory() is asyncio.new_event_loop
    assert isinstance(hub.loop, asyncio.SelectorEventLoop)


def test_with_uvloop_the_loop_is_uvloops():
    uvloop = pytest.importorskip("uvloop")
    hub = FakeHub()
    serve(hub, lambda info: None)

    assert isinstance(hub.loop, uvloop.Loop)


def test_the_cause_of_a_failed_job_is_what_people_are_told():
    with pytest.raises(Unavailable, match="journal"):
        serve(FakeHub(Unavailable("no journal")), lambda info: None)


HANGS = """
import asyncio, os, signal, sys, threading
from muster import ending
from muster.hub import runner

class Hangs:
    left_behind = False

    def __init__(self):
        self.stopped = asyncio.Event()

    def stop(self):
        self.stopped.set()

    def reload(self):
        pass

    async def run(self, ready):
        stuck = threading.Event()
        held = asyncio.create_task(asyncio.to_thread(stuck.wait))
        os.kill(os.getpid(), signal.SIGTERM)
        await self.stopped.wait()
        held.cancel()

ending.END_S = 0.2
runner.serve(Hangs(), lambda info: None)
"""


def test_a_thread_that_hangs_does_not_hold_up_the_end():
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "takes too long" in done.stderr

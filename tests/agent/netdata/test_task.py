"""What the agent hands to its program comes out there as it was."""

from pathlib import Path

import msgspec

from muster.agent.netdata.sources import Wanted
from muster.agent.netdata.task import Task, task_of, wanted_of
from muster.log import Secret
from muster.net.proxy import ProxySetting


def test_a_wish_and_its_proxy_travel_whole():
    wanted = Wanted(
        url="https://h:1",
        token=Secret("T"),
        rooms=("a",),
        proxy="http://u:p@h:1",
        insecure=True,
        source="s",
        once=True,
    )
    proxy = ProxySetting("http://u:s3cret@p:1")
    task = msgspec.json.decode(task_of(Path("/d"), Path("/l"), proxy, "web-1", wanted), type=Task)
    back = wanted_of(task)

    assert (task.data, task.lib, task.proxy) == ("/d", "/l", "http://u:s3cret@p:1")
    assert task.hostname == "web-1"
    assert back.token.reveal() == "T"
    assert (back.url, back.rooms, back.proxy) == (wanted.url, wanted.rooms, wanted.proxy)
    assert (back.insecure, back.source, back.once) == (True, "s", True)


def test_without_a_wish_there_is_only_the_place():
    nothing = task_of(Path("/d"), Path("/l"), ProxySetting("none"), "web-1")
    task = msgspec.json.decode(nothing, type=Task)

    assert (task.token, task.url) == ("", "")

import asyncio
import threading

import pytest

from muster.agent.probing.resolve import MAX_LOOKUPS, Resolver
from muster.errors import Denied, NotFound
from muster.model.probe import Reach


def resolver(**names):
    def look_up(host, _family):
        if host not in names:
            raise OSError("no such name")
        return names[host]

    return Resolver(look_up)


async def found(resolver, host, reach=Reach.ANY, version=""):
    return [str(each) for each in await resolver.find(host, reach, version)]


async def test_an_address_is_taken_as_it_is():
    assert await found(resolver(), "10.0.0.1") == ["10.0.0.1"]
    assert await found(resolver(), "[2001:db8::1]") == ["2001:db8::1"]
    with pytest.raises(NotFound):
        await found(resolver(), "10.0.0.1", version="6")


async def test_a_name_is_looked_up_and_each_address_judged():
    names = resolver(web=["127.0.0.1", "8.8.8.8", "8.8.8.8", "10.0.0.1"])

    assert await found(names, "web", Reach.PUBLIC) == ["8.8.8.8"]
    assert await found(names, "web") == ["127.0.0.1", "8.8.8.8", "10.0.0.1"]


async def test_a_name_that_leads_inside_is_refused_with_what_is_allowed():
    with pytest.raises(Denied, match=r"web is 127.0.0.1.* probes.reach is public"):
        await found(resolver(web=["127.0.0.1"]), "web", Reach.PUBLIC)


async def test_an_unknown_name_is_said():
    with pytest.raises(NotFound, match="nowhere"):
        await found(resolver(), "nowhere")


async def test_look_ups_that_hang_keep_their_places_and_no_more():
    go, full, busy = threading.Event(), threading.Event(), []

    def look_up(host, _family):
        busy.append(host)
        if len(busy) == MAX_LOOKUPS:
            full.set()
        assert go.wait(60)
        return ["8.8.8.8"]

    names = Resolver(look_up)
    async with asyncio.TaskGroup() as jobs:
        waiting = [jobs.create_task(found(names, f"h{n}")) for n in range(MAX_LOOKUPS + 2)]
        await asyncio.to_thread(full.wait, 10)
        waiting[0].cancel()
        assert len(busy) == MAX_LOOKUPS
        go.set()

    assert len(busy) == MAX_LOOKUPS + 2
    assert all(each.cancelled() or each.result() == ["8.8.8.8"] for each in waiting)


async def test_the_machines_own_resolver_knows_this_machine():
    assert "127.0.0.1" in await found(Resolver(), "localhost", version="4")

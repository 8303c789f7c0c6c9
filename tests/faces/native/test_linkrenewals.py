"""Renewals by themselves; on a link they are tested in test_agentlink.py."""

import asyncio

import pytest

from muster.errors import ProtocolError, Unavailable
from muster.faces.native.linkrenewals import LinkRenewals
from muster.model.identity import Identity

IDENTITY = Identity("hub", "s1", "n1")


class Enrols:
    """Renews when it is let."""

    def __init__(self):
        self.asked = []
        self.error = None
        self.gate = asyncio.Event()

    async def renew(self, identity, request, *, certificate):
        self.asked.append((identity, request, certificate))
        await self.gate.wait()
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return f"renewed {request}"


@pytest.fixture
def enrols():
    return Enrols()


@pytest.fixture
def said():
    return []


@pytest.fixture
def renewals(enrols, said):
    async def say(message):
        said.append(message)

    return LinkRenewals(enrols, IDENTITY, b"der", say)


async def test_they_are_made_one_after_the_other_and_one_may_wait(renewals, enrols, said):
    async with asyncio.TaskGroup() as jobs:
        renewals.take("one", jobs)
        await asyncio.sleep(0)
        renewals.take("two", jobs)
        with pytest.raises(ProtocolError, match="under way"):
            renewals.take("three", jobs)
        assert enrols.asked == [(IDENTITY, "one", b"der")]
        enrols.gate.set()

    assert said == ["renewed one", "renewed two"]


async def test_what_cannot_be_made_now_is_put_off_and_the_next_is_made(
    renewals, enrols, said, caplog
):
    enrols.gate.set()
    enrols.error = Unavailable("the disk is full")
    async with asyncio.TaskGroup() as jobs:
        renewals.take("one", jobs)
    async with asyncio.TaskGroup() as jobs:
        renewals.take("two", jobs)

    assert said == ["renewed two"]
    assert "renewal put off" in caplog.text


async def test_with_the_link_it_is_over(renewals, enrols, said):
    async with asyncio.TaskGroup() as jobs:
        renewals.take("one", jobs)
        await asyncio.sleep(0)
        renewals.cancel()

    assert enrols.asked and said == []

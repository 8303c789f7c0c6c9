"""What one link says of new roots: once, to those who can keep them."""

import pytest

from muster.faces.native.linktrust import LinkTrust
from muster.model.inventory import Facts
from muster.wire.messages import Anchors, AnchorsKept, Hello


class Trusts:
    """A hub whose roots a test sets."""

    def __init__(self):
        self.anchors, self.sha256 = "roots 1", "digest 1"
        self.within_s = 0.0
        self.confirmed = []

    def renew_within_s(self, certificate):
        assert certificate == b"certificate"
        return self.within_s

    def confirm(self, node, sha256):
        self.confirmed.append((node, sha256))

    def roll(self, number, within_s=0.0):
        self.anchors, self.sha256 = f"roots {number}", f"digest {number}"
        self.within_s = within_s


@pytest.fixture
def trusts():
    return Trusts()


@pytest.fixture
def said():
    return []


@pytest.fixture
def link(trusts, said):
    async def say(message):
        said.append(message)

    return LinkTrust(trusts, "n", b"certificate", say)


def hello(anchors="digest 1", capabilities=("anchors",)):
    return Hello(
        versions=(1,),
        capabilities=capabilities,
        epoch="e",
        first=1,
        last=0,
        time_ns=0,
        facts=Facts(),
        anchors=anchors,
    )


async def test_an_agent_that_has_them_is_told_nothing_and_counts_as_confirmed(link, trusts, said):
    link.begin(hello())
    await link.look()

    assert said == []
    assert trusts.confirmed == [("n", "digest 1")]


async def test_an_agent_that_has_others_is_told_once(link, said):
    link.begin(hello("digest 0"))
    for _ in range(3):
        await link.look()

    assert said == [Anchors(anchors="roots 1")]


async def test_new_roots_are_told_with_the_next_look_and_confirmed_by_the_agent(link, trusts, said):
    link.begin(hello())
    trusts.roll(2)
    await link.look()
    link.take(AnchorsKept(sha256="digest 2"))

    assert said == [Anchors(anchors="roots 2")]
    assert trusts.confirmed[-1] == ("n", "digest 2")


async def test_what_it_was_never_told_confirms_nothing(link, trusts):
    link.begin(hello())
    link.take(AnchorsKept(sha256="digest 9"))

    assert trusts.confirmed == [("n", "digest 1")]


async def test_once_a_new_ca_signs_it_is_asked_to_renew_once(link, trusts, said):
    link.begin(hello())
    trusts.roll(2, within_s=300.0)
    await link.look()
    await link.look()
    trusts.roll(3, within_s=300.0)
    await link.look()

    assert [each.renew_within_s for each in said] == [300.0, 0.0]


async def test_one_that_came_back_with_an_old_certificate_is_asked_although_it_knows_the_roots(
    link, trusts, said
):
    trusts.within_s = 300.0
    link.begin(hello())
    await link.look()

    assert said == [Anchors(anchors="roots 1", renew_within_s=300.0)]


async def test_an_older_agent_is_told_nothing(link, trusts, said):
    link.begin(hello("", ()))
    trusts.roll(2, within_s=300.0)
    await link.look()

    assert said == trusts.confirmed == []


async def test_without_a_ca_to_follow_nothing_is_said(said):
    link = LinkTrust(None, "n", b"certificate", said.append)
    link.begin(hello("digest 0"))
    await link.look()
    link.take(AnchorsKept(sha256="x"))

    assert said == []


async def test_whether_to_renew_is_asked_once_for_each_state_of_the_roots(link, trusts):
    asked = []
    trusts.renew_within_s = lambda certificate: asked.append(certificate) or 0.0
    link.begin(hello())
    for _ in range(3):
        await link.look()
    trusts.roll(2)
    for _ in range(3):
        await link.look()

    assert len(asked) == 2

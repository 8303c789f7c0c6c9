"""What queries and the API need to know of a node: the fake of the tests is no narrower."""

from agentdesk import FakeReach

from muster.faces.netdata.reach import Reach


def test_the_fake_has_all_that_a_reach_has():
    wanted = {name for name in vars(Reach) if not name.startswith("_")}
    fake = FakeReach(None)

    assert {name for name in wanted if not hasattr(fake, name)} == set()

"""Targets of calls, and what answers other than 200 become."""

import pytest
from agentdesk import NODE, FakeReach

from muster.errors import InputError, LimitExceeded, NotFound, Unavailable
from muster.faces.netdata.calls import decoded, failure, of_node, open_queries
from muster.faces.netdata.queries import Answer, BadAnswer


def test_what_is_asked_for_cannot_reach_out_of_its_place():
    assert of_node(NODE, "v1/functions") == f"/node/{NODE}/api/v1/functions"
    assert of_node("a/../b?", "v1/data", {"a": 1}) == "/node/a%2F..%2Fb%3F/api/v1/data?a=1"


def test_a_node_that_nobody_speaks_for_cannot_be_asked():
    with pytest.raises(Unavailable, match="not connected"):
        open_queries(FakeReach(None))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InputError),
        (404, NotFound),
        (413, LimitExceeded),
        (503, Unavailable),
        (504, Unavailable),
        (403, BadAnswer),
        (500, BadAnswer),
    ],
)
def test_what_the_agent_says_is_quoted_and_cannot_forge_a_line(status, kind):
    error = failure(Answer(status, b"No metrics\nat all" + b"!" * 999))

    assert type(error) is kind
    assert "\n" not in str(error)
    assert len(str(error)) < 300


async def test_a_body_is_read_in_its_shape_however_large_it_is():
    large = b"[" + b",".join([b"1"] * 100_000) + b"]"

    assert await decoded(Answer(200, b"[1]"), list[int]) == [1]
    assert len(await decoded(Answer(200, large), list[int])) == 100_000
    with pytest.raises(NotFound):
        await decoded(Answer(404, b"[1]"), list[int])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'["a"]'])
async def test_a_body_of_another_shape_is_a_bad_answer(body):
    with pytest.raises(BadAnswer):
        await decoded(Answer(200, body), list[int])

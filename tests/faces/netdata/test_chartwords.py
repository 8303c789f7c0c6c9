"""How charts' questions are written, and what of an answer tells how it may be asked next."""

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from agentdesk import NODE, FakeReach

from muster.faces.netdata.chartwords import Wanted, asking_rows, asking_whole, can_be_rows
from muster.faces.netdata.queries import BadAnswer

CPU = Wanted(context="system.cpu", after=-60, points=30, dimensions=("user", "a b"))


def test_rows_alone_are_asked_for_in_the_first_form_at_the_node():
    asking = asking_rows(FakeReach(None), CPU)
    asked = urlsplit(asking.question.target)
    wanted = {name: text for name, (text,) in parse_qs(asked.query).items()}

    assert asked.path == f"/node/{NODE}/api/v1/data"
    assert wanted == {
        "context": "system.cpu",
        "after": "-60",
        "before": "0",
        "points": "30",
        "dimensions": "user|a b",
        "group": "average",
        "format": "csvjsonarray",
        "options": "seconds",
    }
    assert asking.question.headers == asking_whole(FakeReach(None), CPU).question.headers
    assert asking.question.is_shared
    assert asking.is_short


def test_rows_alone_are_read_with_their_step():
    body = b'[\n["time","user","a b"],\n[104,1.50,null],\n[102,2,0]\n]'
    data = asking_rows(FakeReach(None), CPU).read(body).data

    assert msgspec.json.encode(data) == (
        b'{"labels":["user","a b"],"times":[102,104],'
        b'"values":[[2,1.50],[0,null]],"update_every_s":2}'
    )


@pytest.mark.parametrize(
    "body",
    [
        b'[["time","user"],[104,1]]',
        b'[["time","user"]]',
        b"[]",
        b"",
        b"{}",
        b'[["time","user","user"],[104,1,2],[103,1,2]]',
        b'[["time","user"],[104,1],[103,1]],[]',
        b'[["time","user"],[104,1],[103,1]]},{"result":[',
        b'[["time","user"],[104,1],[103,1,2]]',
    ],
)
def test_rows_that_do_not_tell_all_are_refused(body):
    with pytest.raises(BadAnswer):
        asking_rows(FakeReach(None), CPU).read(body)


@pytest.mark.parametrize(
    ("instances", "update_every", "is_single"), [(1, 1, True), (2, 1, False), (1, 5, False)]
)
def test_the_whole_tells_whether_rows_would_have_done(instances, update_every, is_single):
    answer = {
        "summary": {"instances": [{"id": "a"}] * instances},
        "result": [["time", "user"], [104, 1], [103, 2]],
        "db": {"update_every": update_every},
        "view": {"update_every": 1},
    }
    found = asking_whole(FakeReach(None), CPU).read(msgspec.json.encode(answer))

    assert found.is_single is is_single
    assert found.data.update_every_s == update_every


def test_an_older_agent_tells_how_often_it_measures_alone():
    table = {"labels": ["time", "user"], "data": [[104, 1]]}
    answer = {"result": table, "view_update_every": 1, "update_every": 5}
    found = asking_whole(FakeReach(None, capabilities={}), CPU).read(msgspec.json.encode(answer))

    assert found.is_single is None
    assert found.data.update_every_s == 5


def test_one_row_and_instances_need_the_whole():
    assert can_be_rows(CPU)
    assert not can_be_rows(Wanted(context="a", after=-5, points=1))
    assert not can_be_rows(Wanted(context="a", after=-5, points=5, by_instance=True))

"""Pages say what is collected now, and what was."""

import json

from feeding import Feed, cpu, load

from muster.agent.collecting.scheduler import CollectorStatus
from muster.agent.netdata.api.pages import Pages
from muster.agent.netdata.api.ring import Ring
from muster.agent.netdata.state import CloudState
from muster.clock import ManualClock
from muster.model.inventory import Facts


class Keeper:
    def state(self):
        return CloudState(hostname="h", machine_guid="g", claim_id="c", node="n")


def pages(ring, collectors=()):
    return Pages(
        ring=ring,
        keeper=Keeper(),
        facts=Facts(),
        collectors=lambda: collectors,
        clock=ManualClock(),
    )


def test_a_chart_without_rows_for_a_minute_is_not_collected_and_no_metric_any_more():
    ring = Ring(600)
    feed, other = Feed(ring), Feed(ring)
    feed(1, load(1.0))
    for second in range(1, 70):
        other(second, cpu(1.0))
    page = pages(ring)
    contexts = json.loads(page.answer("v1/contexts", {}).body)["contexts"]

    assert contexts["system.load"]["collected"] is False
    assert contexts["system.cpu"]["collected"] is True
    assert list(json.loads(page.answer("v1/allmetrics", {"format": "json"}).body)) == ["system.cpu"]
    assert page.answer("v1/data", {"chart": "system.load"}).status == 200


def test_only_collectors_that_run_are_told():
    collectors = (
        CollectorStatus(name="cpu", interval_s=1),
        CollectorStatus(name="temp", interval_s=1, enabled=False),
    )
    told = json.loads(pages(Ring(60), collectors).answer("v1/info", {}).body)

    assert told["collectors"] == [{"plugin": "muster", "module": "cpu"}]
    assert told["agent-claimed"] is True


def test_who_answers_is_told_in_short_keys():
    agent = pages(Ring(60)).agent()

    assert (agent["mg"], agent["nd"], agent["nm"]) == ("g", "n", "h")


def test_a_disk_is_found_by_the_name_people_give_it():
    ring = Ring(60)
    Feed(ring)(1, ("disk", {"path": "/srv"}, {"total": 4, "free": 1, "used": 2}))
    page = pages(ring)

    for name in ("disk_space._srv", "disk_space./srv"):
        assert json.loads(page.answer("v1/chart", {"chart": name}).body)["id"] == "disk_space._srv"

"""The doctor's look at what is sent on: destinations that take nothing, and what was dropped."""

from http import HTTPStatus
from typing import Any

from muster.errors import MusterError
from muster.hub.places import Places
from muster.model.finding import Finding
from muster.net.client import Target, request

_STEP = "sent on"
_LIST = "muster forward list"


async def look(places: Places) -> Finding:
    """Ask the running hub."""
    try:
        target = Target(socket=places.socket)
        answer = await request(target, "GET", "/api/v1/forwards", timeout_s=10)
        lanes: list[dict[str, Any]] = answer.json() if answer.status == HTTPStatus.OK else []
    except MusterError as error:
        remedy = "it does not answer: see its log, then restart it"
        return Finding(step=_STEP, ok=None, text=str(error), remedy=remedy)
    return judge(lanes)


def judge(lanes: list[dict[str, Any]]) -> Finding:
    """What is said of the answer."""
    if not lanes:
        return Finding(step=_STEP, ok=True, text="points are sent on to nobody")
    failing = [(lane, one) for lane in lanes for one in lane["destinations"] if one["failing"]]
    if failing:
        lane, one = failing[0]
        waiting = lane["queue"]["waiting_points"]
        text = f"{one['url']} takes nothing ({one['error']}); {waiting} points wait on disk"
        more = f"; {len(failing) - 1} more: {_LIST}" if len(failing) > 1 else ""
        remedy = "remove the cause: it goes on by itself; at the queue's limit the oldest are lost"
        return Finding(step=_STEP, ok=None, text=text + more, remedy=remedy)
    if left := [lane for lane in lanes if lane["title"]["kind"] == "leftover"]:
        name, waiting = left[0]["title"]["name"], left[0]["queue"]["waiting_points"]
        text = f"{waiting} points wait for {name}, which settings name no more"
        remedy = f"name it again in hub.toml, or: muster forward drop {name}"
        return Finding(step=_STEP, ok=None, text=text, remedy=remedy)
    lost = [
        lane for lane in lanes if lane["queue"]["dropped_points"] or lane["queue"]["refused_points"]
    ]
    if lost:
        name, queue = lost[0]["title"]["name"], lost[0]["queue"]
        text = (
            f"of {name} {queue['dropped_points']} points were dropped at the queue's limit and"
            f" {queue['refused_points']} refused by the destination"
        )
        remedy = f"see {_LIST}; queue_bytes sets the limit"
        return Finding(step=_STEP, ok=None, text=text, remedy=remedy)
    return Finding(step=_STEP, ok=True, text=f"{len(lanes)} ways out, all are taken")

"""The doctor's look at line protocol by datagrams: nobody else tells what was dropped."""

from http import HTTPStatus
from typing import Any

from muster.errors import MusterError
from muster.hub.places import Places
from muster.model.finding import Finding
from muster.net.client import Target, request

_STEP = "datagrams"


async def look(places: Places) -> Finding:
    """Ask the running hub."""
    try:
        target = Target(socket=places.socket)
        answer = await request(target, "GET", "/api/v1/influx/datagrams", timeout_s=10)
        state: dict[str, Any] = answer.json() if answer.status == HTTPStatus.OK else {}
    except MusterError as error:
        remedy = "it does not answer: see its log, then restart it"
        return Finding(step=_STEP, ok=None, text=str(error), remedy=remedy)
    return judge(state)


def judge(state: dict[str, Any]) -> Finding:
    """What is said of the answer."""
    if not state or not state["port"]:
        return Finding(step=_STEP, ok=True, text="none are taken (influx.udp_port)")
    counts = state["datagrams"]
    dropped, by_kernel = counts["dropped"], counts["dropped_by_kernel"]
    text = f"{counts['received']} came, {state['points']} points were written"
    if dropped or by_kernel:
        text += f", {dropped} were dropped by the hub and {by_kernel} by the kernel"
        remedy = "send more slowly, or raise influx.udp_queue_bytes and net.core.rmem_max"
        return Finding(step=_STEP, ok=None, text=text, remedy=remedy)
    if state["refused"]:
        text += f", {state['refused']} lines were refused: {state['error']}"
        return Finding(step=_STEP, ok=None, text=text, remedy="mend what sends them")
    return Finding(step=_STEP, ok=True, text=text)

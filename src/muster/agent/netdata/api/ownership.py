"""The claim API: whoever can read a file of the agent's may claim it from a browser.

Rules:
1. The key stands in a private file (0600) and is used once: every use, right or wrong, makes
   another one, so that guessing gains nothing.
2. Parameters are letters, digits and `.,-:/_`; what holds anything else is refused, not cleaned.
3. A claim is answered when its link is up, or after ten seconds.
v2 answers a wrong key as 1.45 does (403, text), v3 as 2.x does (400, JSON).

Source: claim.c of 1.45 (api_v2_claim); netdata-claim-aclk specification 2.6
"""

import hmac
import json
import logging
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from muster.agent.netdata.api.formats import JSON, TEXT
from muster.agent.netdata.api.pages import Page
from muster.agent.netdata.keeper import Keeper
from muster.agent.netdata.outcome import MESSAGE, REMEDY, ClaimFailed, Outcome
from muster.agent.netdata.sources import Wanted, split_rooms
from muster.agent.netdata.state import CloudStatus, cloud_as_json
from muster.clock import Clock
from muster.errors import MusterError
from muster.log import Secret

log = logging.getLogger(__name__)

_FIT = re.compile(r"[A-Za-z0-9.,:/_-]*")
_MAX = 4_096
_DISABLED = "Netdata Cloud is disabled on this agent."


class Ownership:
    """`answer` for /api/v2/claim and /api/v3/claim."""

    def __init__(
        self, keeper: Keeper, clock: Clock, agent: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._agent = agent
        self._key = ""

    def begin(self) -> None:
        """Make the first key. A disk that refuses leaves nobody who could claim this way."""
        try:
            self._key = self._keeper.cloud.fresh_one_time_key()
        except OSError as error:
            self._key = ""
            log.warning("CLAIM: no one-time key", extra={"cause": str(error)})

    async def answer(self, version: str, query: Mapping[str, str]) -> Page:
        state = self._keeper.state()
        key = query.get("key", "")
        if not key or not state.can_be_claimed:
            return self._status({})
        # 1
        known, self._key = self._key, ""
        self.begin()
        if not known or not hmac.compare_digest(known.encode(), key.encode()):
            return self._refused(version, 403, "invalid key")
        # 2
        wanted = _wanted(query)
        if wanted is None:
            return self._refused(version, 400, "invalid parameters")
        # 3
        return self._status(_told(await self._claim(wanted)))

    async def _claim(self, wanted: Wanted) -> Outcome | str:
        if self._keeper.is_off:
            return _DISABLED
        try:
            return await self._keeper.claim(wanted)
        except MusterError as error:
            log.error("CLAIM: the claim program failed", extra={"cause": str(error)})
            return "Failed to execute claiming script."

    def _refused(self, version: str, status: int, text: str) -> Page:
        log.warning("CLAIM: refused at the local API", extra={"cause": text})
        if version == "v2":
            return Page(status, TEXT, text)
        return self._status({"success": False, "message": text})._replace(status=400)

    def _status(self, told: Mapping[str, Any]) -> Page:
        state = self._keeper.state()
        status: dict[str, Any] = {
            "cloud": cloud_as_json(state, self._clock.now_ns()),
            "can_be_claimed": state.can_be_claimed,
            **told,
        }
        if state.can_be_claimed:
            file = str(self._keeper.cloud.one_time_key)
            status |= {
                "key_filename": file,
                "cmd": f"sudo cat {shlex.quote(file)}",
                "help": "Give the key in that file with token, url and rooms: who can read it owns"
                " this agent. It is made anew with every use.",
            }
        elif state.status is CloudStatus.BANNED:
            status["help"] = "The hub has done with this agent: muster agent unclaim frees it."
        status["agent"] = self._agent()
        return Page(200, JSON, json.dumps(status))


def _wanted(query: Mapping[str, str]) -> Wanted | None:
    """2: None when something is missing or does not fit."""
    token, url, rooms = (query.get(name, "") for name in ("token", "url", "rooms"))
    texts = (token, url, rooms)
    if not token or not url or any(len(text) > _MAX or not _FIT.fullmatch(text) for text in texts):
        return None
    try:
        return Wanted(url=url, token=Secret(token), rooms=split_rooms(rooms), source="its API")
    except ClaimFailed:
        return None


def _told(outcome: Outcome | str) -> dict[str, Any]:
    if isinstance(outcome, str):
        return {"success": False, "message": outcome}
    if not outcome.exit_code:
        return {"success": True, "message": "ok"}
    code = outcome.exit_code
    return {
        "success": False,
        "message": outcome.text or MESSAGE[code],
        "code": int(code),
        "remedy": REMEDY.get(code, ""),
    }

"""Routes of the policy: shown with its text, tried with cases, written by none."""

import msgspec
import pytest

from muster.core.enrolment.policy import PolicyInForce, parse_policy
from muster.errors import Conflict, SettingsError
from muster.faces.native.policy import PolicyFace
from muster.net.http import Request

TEXT = '[[rule]]\nname = "lab"\nhost = "lab-*"\naction = "approve"\n'
CASES = '[[case]]\nname = "a lab"\nexpect = "approve"\ngiven = { host = "lab-1" }\n'
IN_FORCE = PolicyInForce(
    file="/etc/policy.toml", text=TEXT, policy=parse_policy(TEXT), fault="line 3"
)


async def asked(method, body=None, in_force=IN_FORCE):
    routes = PolicyFace(lambda: in_force).routes()
    (route,) = [each for each in routes if each.method == method]
    request = Request(method=method, path=route.path, body=msgspec.json.encode(body))
    return msgspec.json.decode((await route.handler(request)).body)


async def test_what_is_in_force_is_shown_with_what_is_wrong_with_the_newer_file():
    assert await asked("GET") == {
        "file": "/etc/policy.toml", "text": TEXT, "rules": 1, "fault": "line 3",
    }  # fmt: skip
    none = {"file": "", "text": "", "rules": 0, "fault": ""}
    assert await asked("GET", in_force=PolicyInForce()) == none


async def test_cases_are_tried_with_the_one_in_force_or_with_a_draft():
    (kept,) = await asked("POST", {"cases": CASES})
    (draft,) = await asked("POST", {"policy": TEXT.replace("approve", "deny"), "cases": CASES})

    assert (kept["verdict"], kept["rule"], kept["ok"]) == ("approve", "lab", True)
    assert (draft["verdict"], draft["rule"], draft["ok"]) == ("deny", "lab", False)


async def test_what_is_wrong_with_either_text_is_named():
    with pytest.raises(SettingsError, match="policy"):
        await asked("POST", {"policy": "[[rule", "cases": CASES})
    with pytest.raises(SettingsError, match="cases"):
        await asked("POST", {"cases": "[[case"})


async def test_without_a_policy_there_is_nothing_to_try_but_a_draft():
    with pytest.raises(Conflict, match="no policy"):
        await asked("POST", {"cases": CASES}, in_force=PolicyInForce())

    assert await asked("POST", {"policy": "", "cases": CASES}, in_force=PolicyInForce())


async def test_no_route_writes_one():
    told = [(each.method, each.path) for each in PolicyFace(PolicyInForce).routes()]

    assert told == [("GET", "/api/v1/policy"), ("POST", "/api/v1/policy/test")]

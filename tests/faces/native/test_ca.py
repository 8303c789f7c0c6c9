"""The route that shows the CA."""

import json

from muster.faces.native import ca
from muster.net.http import Request
from muster.testing.house import OPERATOR, House


async def test_it_shows_root_issuers_and_pins_and_no_key():
    house = House()
    (route,) = ca.routes(enrolment=house.enrolment)
    answer = await route.handler(Request(method="GET", path=route.path, actor=OPERATOR))
    shown = json.loads(answer.body)

    assert shown["hub"] == house.authority.hub
    assert shown["root"]["key_sha256"] == shown["pins"][0] == house.authority.pins[0]
    assert [each["issuer"] for each in shown["issuers"]] == [shown["root"]["subject"]] * 2
    assert "PRIVATE" not in answer.body.decode()

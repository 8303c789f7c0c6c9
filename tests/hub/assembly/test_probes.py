"""Probes are put together with the agent that lies in the hub's folder."""

import json
import uuid

from muster.core.nodes.links import Links, LinkSettings
from muster.hub.assembly.probes import probes_of
from muster.hub.places import Places
from muster.model.probe import PingProbe
from muster.pki import keys
from muster.testing.house import OPERATOR, House


async def test_the_hubs_own_agent_is_the_one_in_its_folder(tmp_path):
    with House() as house:
        node = (await house.claim(await house.token(), key=keys.make_key(), host="own")).node
        links = Links(house.clock, LinkSettings(), lambda _: None)
        places = Places(tmp_path)
        probes = probes_of(house.records, house.inventory, links, places, house.clock)
        file = places.agent / "identity" / "node.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"node": str(uuid.uuid4())}))
        assert probes.given_to(node.id) == ()
        file.write_text(json.dumps({"node": node.id, "more": "than is read"}))
        await probes.add(OPERATOR, house.space.id, PingProbe(url="x"))

        assert probes.given_to(node.id) == (PingProbe(url="x"),)

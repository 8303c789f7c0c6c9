"""What rooms with rules cost a large hub: lists, scopes, a rule that changes.

Nodes with labels, host names and addresses in memory, and rooms of which a third each ask for a
label, a host name and a network. Times in ms; of those that repeat, the median of five.

    .venv/bin/python bench/rooms.py --nodes 10000 --rooms 100
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable

from muster.faces.native.nodeview import NodeViews
from muster.model.access import Action, Actor, Role
from muster.model.inventory import Facts, Link, Node, NodeState, RoomRule
from muster.net.http import json_response
from muster.store.records.nodes import add_node
from muster.testing.house import OPERATOR, House

_ROUNDS = 5


class Links:
    """Every node is live."""

    def state_of(self, node: Node) -> tuple[NodeState, str]:
        return NodeState.LIVE, ""

    def link_of(self, node: Node) -> Link:
        return Link(last_seen_ns=1)


def node(house: House, number: int) -> Node:
    return Node(
        id=f"00000000-0000-4000-8000-{number:012d}",
        space=house.space.id,
        name=f"web-{number}",
        facts=Facts(hostname=f"web-{number}.example.org", os="Debian GNU/Linux 12"),
        labels={"site": f"s{number % 50}", "rack": str(number % 400)},
        address=f"10.{number // 250}.{number % 250}.1",
    )


def rule(number: int) -> RoomRule:
    return (
        RoomRule(labels={"site": f"s{number % 50}"}),
        RoomRule(hosts=(f"web-{number}*",)),
        RoomRule(networks=(f"10.{number % 40}.0.0/16",)),
    )[number % 3]


def took_ms(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begun))
    return round(statistics.median(times), 2)


async def run(nodes: int, rooms: int) -> dict[str, float]:
    with House() as house:
        made = [
            await house.rooms.create(OPERATOR, house.space.id, f"room {number}", rule=rule(number))
            for number in range(rooms)
        ]
        with house.records.nodes._database.change() as writer:
            for number in range(nodes):
                add_node(writer, node(house, number))
        house.roster._version = -1  # as after a start
        found = {"first working out": took_ms(house.roster.warm, rounds=1)}
        views = NodeViews(inventory=house.inventory, links=Links(), is_local=lambda id: False)
        known = house.inventory.nodes(OPERATOR)
        found["rooms of all nodes, known"] = took_ms(
            lambda: [house.roster.rooms_of(each) for each in known]
        )
        found["list of all nodes as JSON"] = took_ms(
            lambda: json_response(views.many(house.inventory.nodes(OPERATOR)))
        )
        bob = Actor(name="bob", room_roles={each.id: Role.VIEWER for each in made[:3]})
        found["scope of three rooms, known"] = took_ms(
            lambda: house.roster.scope_of(bob, Action.NODE_READ)
        )
        begun = time.perf_counter()
        await house.rooms.edit(OPERATOR, made[0].id, rule=RoomRule(hosts=("web-1*",)))
        found["a rule that changes"] = round(1000 * (time.perf_counter() - begun), 2)
        begun = time.perf_counter()
        await house.inventory.edit(OPERATOR, known[0].id, labels={"site": "s3"})
        house.roster.scope_of(bob, Action.NODE_READ)
        found["a label that changes"] = round(1000 * (time.perf_counter() - begun), 2)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--rooms", type=int, default=100)
    options = parser.parse_args()
    print(json.dumps(asyncio.run(run(options.nodes, options.rooms)), indent=2))


if __name__ == "__main__":
    main()

"""The house in memory does what a hub does."""

from muster.testing.house import OPERATOR, House


async def test_a_machine_comes_in_without_disk_or_network():
    house = House()
    house.open()
    answer = await house.claim(await house.token())
    house.close()

    assert answer.node.name == "web"
    assert house.told[0][0] == answer.node.id
    assert OPERATOR.operator


async def test_a_house_can_live_in_a_file(tmp_path):
    path = tmp_path / "records.sqlite"
    house = House(path=path)
    house.open()
    await house.claim(await house.token())
    house.close()
    house.open()

    assert [node.name for node in house.inventory.nodes(OPERATOR)] == ["web"]
    house.close()

"""What tests of databases stand on."""

import pytest

from muster.clock import SECOND_NS
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import Unavailable
from muster.testing.influxhouse import InfluxHouse


async def test_what_is_written_can_be_looked_at():
    with InfluxHouse() as house:
        await house.databases.create(house.influx_logins.login_of_nobody(""), "d")
        parsed = await house.writes.parse(b'm,t=a v=1,s="x" 7', SECOND_NS)
        await house.writes.store(parsed, Target(house.space.id, "d", "", 1), Writer())

        tags = (("t", "a"),)
        assert house.stored(db="d") == {
            ("m", tags, "v", 7 * SECOND_NS): 1.0,
            ("m", tags, "s", 7 * SECOND_NS): "x",
        }
        assert house.stored(db="other") == {}


async def test_its_journal_refuses_when_it_is_full():
    with InfluxHouse() as house:
        house.journal.full = True
        with pytest.raises(Unavailable):
            house.journal.submit([], ("n", "e", 1), lambda segment: None)

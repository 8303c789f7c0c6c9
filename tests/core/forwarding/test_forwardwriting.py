from array import array

import msgspec
import numpy as np

from muster.core.forwarding.forwardwriting import DATAGRAM_BYTES, ForwardWriter, Style, packets_of
from muster.model.metric import Block, Kind, Layout, Series
from muster.ports.forwarding import Form, Packet
from muster.ports.series import Cohort

OF_AGENT = (("host", "h"), ("node", "n"), ("space", "s"))
OF_DATABASE = (("_db", "own"), ("db", "d"), ("host", "h"), ("node", "n"), ("rp", "r"),
               ("space", "s"), ("stock", "k"))  # fmt: skip


def rows(*series, times=(1,), strings=()):
    layout = Layout(tuple(Series(name, tags, "v", kind) for name, tags, kind in series))
    none = np.zeros(0, np.uint64)
    cohort = Cohort(1, "n", layout, none, none, none)
    cells = array("q", [0] * len(times) * len(series))
    return [(cohort, Block(layout, array("q", times), cells, None, strings))]


async def test_what_agents_send_keeps_its_node_and_points_of_databases_their_own_tags():
    writer = ForwardWriter()
    found = rows(("m", OF_AGENT, Kind.INTEGER), ("m", OF_DATABASE, Kind.INTEGER))

    (body,) = await writer.written(Style(Form.LINES), found)

    assert body.data == b"m,host=h,node=n v=0i 1\nm,db=own,host=h v=0i 1\n"
    assert body.points == 2
    assert packets_of([body], "d", "r") == [Packet("d", "r", 2, body.data)]


async def test_measurements_that_are_not_meant_are_left_out():
    writer = ForwardWriter()
    found = rows(("cpu", OF_AGENT, Kind.INTEGER), ("disk", OF_AGENT, Kind.INTEGER))

    (body,) = await writer.written(Style(Form.LINES, ("cp*",)), found)

    assert body.data == b"cpu,host=h,node=n v=0i 1\n"
    assert await writer.written(Style(Form.LINES, ("x",)), found) == []
    assert await writer.written(Style(Form.SAMPLES, ("x",)), found) == []
    (samples,) = await writer.written(Style(Form.SAMPLES), found)
    assert samples.points == 2


async def test_much_is_written_in_several_bodies():
    writer = ForwardWriter()
    found = rows(("m" * 500, OF_AGENT, Kind.FLOAT), times=range(5_000))

    for form in (Form.LINES, Form.SAMPLES, Form.DATAGRAMS):
        bodies = await writer.written(Style(form), found)
        assert sum(body.points for body in bodies) == 5_000
        assert len(bodies) == (1 if form is Form.SAMPLES else 3)


async def test_a_point_that_no_datagram_holds_is_told():
    writer = ForwardWriter()
    found = rows(("m", (), Kind.STRING), strings=("x" * DATAGRAM_BYTES,))
    found += rows(("m", (), Kind.STRING), strings=("x",))

    (body,) = await writer.written(Style(Form.DATAGRAMS), found)

    assert (body.points, body.dropped) == (1, 1)
    assert msgspec.msgpack.decode(body.data) == [b'm v="x" 1']

import asyncio

import pytest

from muster.net.admission import Handshakes
from muster.net.connection import Connection, _identity
from muster.net.http import Public, Route
from muster.net.pieces import LONG_BYTES, PIECE_BYTES
from muster.pki import authority, keys

NOW_NS = 1_800_000_000_000_000_000


class FakeServer:
    request_handler = None
    request_factory = None
    handler_cancellation = False

    def connection_made(self, handler, transport): ...

    def connection_lost(self, handler, exc=None): ...


@pytest.fixture
def given_back():
    return []


@pytest.fixture
async def connection(given_back):
    return Connection(
        FakeServer(),
        "192.0.2.1",
        lambda: given_back.append("place"),
        Handshakes(1, silent_s=60, slow_s=60).begin(),
        loop=asyncio.get_running_loop(),
        access_log=None,
    )


async def test_a_place_is_given_back_once(connection, given_back):
    connection.connection_lost(None)
    connection.release()

    assert given_back == ["place"]


async def test_a_connection_that_ends_is_on_its_way_in_no_longer(given_back):
    handshakes = Handshakes(1, silent_s=60, slow_s=60)
    connection = Connection(
        FakeServer(), "192.0.2.1", list, handshakes.begin(), loop=asyncio.get_running_loop()
    )
    before = handshakes.under_way
    connection.connection_lost(None)

    assert (before, handshakes.under_way) == (1, 0)


async def test_a_connection_without_tls_has_no_peer(connection):
    assert (connection.peer, connection.certificate, connection.busy) == (None, b"", False)


def test_only_an_agents_certificate_names_a_node():
    ca = authority.Authority(authority.make_hierarchy(NOW_NS))
    server = ca.issue_server(["localhost"], now_ns=NOW_NS)
    der = keys.to_der(keys.load_chain(server.chain)[0])

    assert _identity(der) is None
    assert _identity(b"no certificate") is None


async def test_a_connection_that_is_handed_over_keeps_neither_transport_nor_place(
    connection, given_back
):
    transport = asyncio.Transport()
    connection.transport = transport
    taken, leave = connection.hand_over()
    connection.release()
    before = list(given_back)
    leave()

    assert taken is transport
    assert (connection.transport, before, given_back) == (None, [], ["place"])
    with pytest.raises(ConnectionResetError):
        connection.hand_over()


class Transport(asyncio.Transport):
    def __init__(self, unsent=0):
        super().__init__()
        self.unsent, self.written, self.aborted = unsent, [], False

    def write(self, data):
        self.written.append(data)

    def writelines(self, parts):
        self.written.extend(parts)

    def get_write_buffer_size(self):
        return self.unsent

    def is_closing(self):
        return False

    def abort(self):
        self.aborted = True


class Answers:
    def answer(self, data, head, connection):
        return [head.target.encode()]

    def again(self, data, connection):
        connection.begun = connection.repeats.get(data)
        return None if connection.begun else [b"again"]


REQUEST = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
async def idle(connection):
    connection.at_once, connection.transport = Answers(), Transport()
    connection._waiter = asyncio.get_running_loop().create_future()
    return connection


async def test_a_whole_request_is_answered_where_it_is_read(idle):
    idle.data_received(REQUEST)
    idle.data_received(REQUEST.replace(b"/a", b"/b"))

    assert idle.transport.written == [b"/a", b"/b"]
    assert not idle._messages


async def test_one_like_an_earlier_one_is_not_looked_at(idle):
    idle.repeats = {REQUEST: "half"}
    idle.data_received(REQUEST.replace(b"/a", b"/b"))
    idle.data_received(REQUEST)

    assert idle.transport.written == [b"again"]
    assert (idle.begun, len(idle._messages)) == ("half", 1)


async def test_who_has_not_taken_the_last_answer_goes_the_ordinary_way(idle):
    idle.transport.unsent = 1
    idle.data_received(REQUEST)

    assert (idle.transport.written, len(idle._messages)) == ([], 1)


async def test_behind_a_part_of_a_request_all_goes_the_ordinary_way(idle):
    idle.data_received(REQUEST[:9])
    idle.data_received(REQUEST[9:])
    idle._messages.clear()
    idle.data_received(REQUEST)

    assert (idle.transport.written, len(idle._messages)) == ([], 1)


async def test_behind_a_body_that_the_parser_took_requests_are_answered_where_they_are_read(idle):
    idle.data_received(b"")  # aiohttp has its parser go on
    idle.data_received(REQUEST)

    assert idle.transport.written == [b"/a"]


async def test_a_peer_that_takes_no_answer_is_let_go(idle):
    transport = Transport(unsent=1)
    idle.busy = True  # another answer waits for it, within limits of its own
    idle._abort_unless_taken(transport)
    assert not transport.aborted
    idle.busy = False
    idle._abort_unless_taken(transport)

    assert transport.aborted


class Lean:
    """Answers what is asked for once `answers` are there."""

    handle_s = 9.0

    def __init__(self, jobs, *, abandonable=False):
        self.jobs, self.abandonable = jobs, abandonable
        self.answers = asyncio.Queue()

    def route_of(self, head):
        route = Route(method="GET", path="/a", allow=Public.PROOF, abandonable=self.abandonable)
        return (route, {}) if head.target == "/a" else None

    def request_of(self, head, route, match, asker):
        return object()

    def ask(self, route, request, told):
        return None

    def answer(self, route, request):
        return self.answers.get()


@pytest.fixture
async def jobs():
    async with asyncio.TaskGroup() as group:
        yield group


@pytest.fixture
async def leaning(idle, jobs):
    idle.at_once, idle.lean = None, Lean(jobs)
    idle.transport.reads, idle.transport.close = True, list
    idle.transport.pause_reading = lambda: setattr(idle.transport, "reads", False)
    idle.transport.resume_reading = lambda: setattr(idle.transport, "reads", True)
    return idle


async def turns():
    for _ in range(9):
        await asyncio.sleep(0)


async def test_a_lean_request_is_answered_by_a_job_and_the_next_waits_for_it(leaning):
    leaning.data_received(REQUEST)
    leaning.data_received(REQUEST)
    await turns()
    before = list(leaning.transport.written), leaning.busy, leaning.transport.reads
    leaning.lean.answers.put_nowait(b"first")
    leaning.lean.answers.put_nowait(b"second")
    await turns()

    assert before == ([], True, False)
    assert leaning.transport.written == [b"first", b"second"]
    assert (leaning.busy, leaning.transport.reads, len(leaning._messages)) == (False, True, 0)


async def test_a_request_of_another_route_goes_the_ordinary_way(leaning):
    leaning.data_received(REQUEST.replace(b"/a", b"/b"))

    assert (leaning.busy, len(leaning._messages)) == (False, 1)


async def test_who_goes_away_is_waited_for_no_longer(leaning):
    leaning.lean.abandonable = True
    leaning.data_received(REQUEST)
    await turns()
    leaning.connection_lost(None)
    await turns()

    assert (leaning.busy, leaning.abandonable, leaning.transport) == (False, None, None)


async def test_a_long_answer_goes_in_pieces(leaning):
    leaning.data_received(REQUEST)
    leaning.lean.answers.put_nowait(bytes(LONG_BYTES + 9))
    await turns()

    assert list(map(len, leaning.transport.written)) == [PIECE_BYTES, LONG_BYTES + 9 - PIECE_BYTES]


async def test_an_answer_that_fails_ends_its_connection_alone(leaning, caplog):
    leaning.lean.answer = lambda *_: failing()
    leaning.data_received(REQUEST)
    await turns()

    assert (leaning.transport.aborted, leaning.busy) == (True, False)
    assert "no answer" in caplog.text


async def failing():
    raise ValueError("a bug")


@pytest.fixture
async def asking(leaning):
    """A connection whose route tells its answer."""
    leaning.withdrawn = []

    def ask(route, request, told):
        leaning.tell = told
        return lambda: leaning.withdrawn.append(True)

    leaning.lean.ask = ask
    return leaning


async def test_an_answer_that_is_told_is_written_at_once(asking):
    asking.data_received(REQUEST)
    before = asking.busy
    asking.tell(b"told")

    assert (before, asking.busy, asking.transport.written) == (True, False, [b"told"])


async def test_what_was_asked_meanwhile_is_next_when_an_answer_was_told(asking):
    asking.data_received(REQUEST)
    asking.data_received(REQUEST)
    asking.tell(b"first")
    asking.tell(b"second")

    assert asking.transport.written == [b"first", b"second"]
    assert (asking.busy, asking.transport.reads) == (False, True)


async def test_long_answers_and_work_go_to_a_job(asking):
    async def work():
        return b"made"

    asking.data_received(REQUEST)
    asking.tell(bytes(LONG_BYTES + 9))
    await turns()
    asking.data_received(REQUEST)
    asking.tell(work())
    await turns()

    assert list(map(len, asking.transport.written)) == [
        PIECE_BYTES,
        LONG_BYTES + 9 - PIECE_BYTES,
        4,
    ]
    assert not asking.busy


async def test_who_goes_away_withdraws_what_was_asked(asking):
    asking.data_received(REQUEST)
    asking.connection_lost(None)

    assert asking.withdrawn == [True]


async def test_an_answer_that_cannot_be_written_ends_its_connection_alone(asking, caplog):
    asking.data_received(REQUEST)
    asking.transport.writelines = lambda parts: 1 // 0
    asking.tell(b"told")

    assert asking.transport.aborted
    assert "no answer" in caplog.text

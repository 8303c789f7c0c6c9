"""The way to a cluster; what goes over it: tests/conformance/test_series_store.py."""

import socket
import ssl
import threading
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pyarrow as pa
import pytest

from muster.clock import SystemClock
from muster.errors import LimitExceeded, SettingsError, Unavailable
from muster.model.metric import Kind
from muster.pki.authority import Authority, make_hierarchy
from muster.store.engine import clusterpatience, statements
from muster.store.engine.clickhousehttp import Access, ClusterSessions, _is_done
from muster.store.engine.clusterdialect import Place
from muster.store.engine.clusterwire import block_of
from muster.store.engine.enginesessions import Limits
from muster.testing.clusterrunning import running_server

LIMITS = Limits(readers=1, memory_bytes=1 << 30, answer_rows=1000, question_s=5.0)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def nowhere():
    """An address of this machine where nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()


@contextmanager
def breaking(answer):
    """A server that ends each connection at once; its address, and whom it has seen."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with suppress(OSError):
                while True:
                    connection, peer = listening.accept()
                    seen.append(peer)
                    connection.recv(1 << 16)
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[:2], seen
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def opened(server):
    made = []

    def make(place=server[0], access=server[1]):
        made.append(ClusterSessions(place, access, LIMITS))
        made[-1].open([])
        return made[-1]

    yield make
    for sessions in made:
        sessions.close()


def test_both_kinds_of_sessions_answer_and_say_what_is_wrong(opened):
    sessions = opened()

    assert sessions.ask("select 1 as one").to_pylist() == [{"one": 1}]
    assert sessions.asked("select 2 as two").to_pylist() == [{"two": 2}]
    assert sessions.lines("select 3") == ["3"]
    for call in (sessions.ask, sessions.asked, sessions.tell, sessions.lines):
        with pytest.raises(Unavailable, match="the engine refuses: 500"):
            call("select nothing from nowhere")
    with pytest.raises(LimitExceeded, match="too large"):
        sessions.ask("select number from numbers(70000)")
    assert sessions.ask("select 1 as one").num_rows == 1


def test_an_answer_without_rows_has_its_columns(opened):
    sessions = opened()

    for ask in (sessions.ask, sessions.asked):
        assert ask("select 1 as one, 'x' as two where 0").column_names == ["one", "two"]


@pytest.mark.parametrize("version", ["18.14.2", "19.1.6", "25.8.1.1", "26.8.9", "unheard of"])
def test_servers_that_it_was_not_tried_with_are_refused(server, version):
    sessions = ClusterSessions(*server, LIMITS)

    with pytest.raises(Unavailable, match=r"26\.9 or newer, or 18\.16"):
        sessions._dialect_of(version)


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ([("a", 1, 7), ("a", 1, 7), ("b", 1, 0), ("b", 1, 0)], True),
        ([("a", 1, 7), ("a", 1, 0)], False),
        ([("a", 1, 7), ("b", 0, 7)], False),
    ],
)
def test_a_change_is_done_when_all_nodes_of_a_shard_have_the_same(said, done):
    rows = [dict(zip(("shard", "yes", "has"), each, strict=True)) for each in said]

    assert _is_done(rows) is done


def test_a_node_that_is_away_is_passed_over(opened, server, nowhere):
    place = server[0]._replace(hosts=(nowhere, *server[0].hosts))

    assert opened(place).ask("select 1 as one").num_rows == 1


def test_without_any_node_it_is_unavailable_and_names_them(server, nowhere):
    sessions = ClusterSessions(server[0]._replace(hosts=(nowhere,)), server[1], LIMITS)

    with pytest.raises(Unavailable, match=f"no node .* 127.0.0.1:{nowhere[1]}: .*refused"):
        sessions.open([])


ANOTHER_BROKE_OFF = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 50\r\n\r\n"
    b"Code: 102, e.displayText() = Unexpected packet ..."
)


@pytest.mark.parametrize("answer", [b"", ANOTHER_BROKE_OFF], ids=["itself", "another"])
def test_what_breaks_off_is_said_again_only_if_that_changes_nothing(server, answer):
    with breaking(answer) as (host, calls):
        place = server[0]._replace(hosts=(host, *server[0].hosts))
        with closing(ClusterSessions(place, server[1], LIMITS)) as sessions:
            with pytest.raises(Unavailable, match=f"{host[1]} broke off"):
                sessions.tell("select 1")
            assert len(calls) == 1
            assert sessions.asked("select 1 as one").num_rows == 1
        with closing(ClusterSessions(place, server[1], LIMITS)) as sessions:
            assert sessions.asked("select 1 as one").num_rows == 1
        assert len(calls) == 2
        sessions = ClusterSessions(place._replace(hosts=(host,)), server[1], LIMITS)
        with pytest.raises(Unavailable, match=f"{host[1]} broke off"):
            sessions.asked("select 1")
        assert len(calls) == 4


class Hanging:
    """A way to a node that swallows what it answers to inserts, and from then on says nothing.

    Nor does it take connections, until it is well again.
    """

    def __init__(self, host):
        self.host, self.swallows, self.hangs = host, False, False
        self._threads, self._open = [], []

    def __enter__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()[:2]
        self._run(self._serve)
        return self

    def __exit__(self, *_):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for each in self._threads:
            each.join()
        for each in (self._listening, *self._open):
            each.close()

    def _run(self, job, *arguments):
        thread = threading.Thread(target=job, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _serve(self):
        with suppress(OSError):
            while True:
                near = self._listening.accept()[0]
                if self.hangs:
                    near.close()
                    continue
                far = socket.create_connection(self.host)
                self._open += near, far
                self._run(self._pass, near, far)

    def _pass(self, near, far):
        with suppress(OSError):
            self._run(self._return, far, near)
            while data := near.recv(1 << 16):
                if self.swallows and b"query=insert" in data:
                    self.hangs = True
                far.sendall(data)
        with suppress(OSError):
            far.shutdown(socket.SHUT_WR)

    def _return(self, far, near):
        with suppress(OSError):
            while data := far.recv(1 << 16):
                if not self.hangs:
                    near.sendall(data)
            near.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("kind", ["stand-in", "nodes"])
def test_a_block_that_a_node_took_before_it_hung_is_stored_once(request, kind, monkeypatch):
    monkeypatch.setattr(clusterpatience, "_QUIET_S", 0.2)
    monkeypatch.setattr(clusterpatience, "_PING_S", 60.0)
    if kind == "nodes":
        nodes = request.getfixturevalue("engine_nodes")
        place, access = nodes.place("hanging"), nodes.access
    else:
        place, access = request.getfixturevalue("server")
    hashes = pa.array([1], pa.uint64())
    columns = [hashes, hashes, pa.array([5], pa.int64()), pa.array([7], pa.int64())]
    rows = pa.table(columns, names=["field", "tags", "ts", "v"])
    insert = statements.insert(Kind.INTEGER, "t:1")
    with Hanging(place.hosts[0]) as way:
        # Of two nodes that have to be told one by one the other is told straight.
        place = place._replace(hosts=(way.address, *(place.hosts[1:] or place.hosts)))
        with closing(ClusterSessions(place, access, LIMITS)) as sessions:
            sessions.open(statements.create())
            way.swallows = True
            if kind == "nodes":  # and a change needs all
                with pytest.raises(Unavailable, match="needs every node"):
                    sessions.insert(insert, rows)
            else:
                sessions.insert(insert, rows)
            assert way.hangs
            way.swallows = way.hangs = False
            sessions.insert(insert, rows)
            found = sessions.asked("select count() as rows from muster.integers")
    assert found.to_pylist() == [{"rows": 1}]


def test_they_open_again_after_they_were_closed(opened):
    sessions = opened()
    sessions.close()
    sessions.open([])

    assert sessions.ask("select 1 as one").num_rows == 1


def test_a_wrong_password_is_refused_and_in_no_error(server, tmp_path):
    path = tmp_path / "credentials"
    path.write_text("muster:wrong-secret")
    sessions = ClusterSessions(server[0], Access(str(path)), LIMITS)

    with pytest.raises(Unavailable, match=r"403 .*AUTHENTICATION_FAILED") as caught:
        sessions.open([])
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["muster", ":x", "a:b\nc:d", "muster:é"])
def test_credentials_of_another_form_name_the_file(server, tmp_path, text):
    path = tmp_path / "credentials"
    path.write_text(text)

    with pytest.raises(SettingsError, match=r"credentials: store\.credentials_file: is not one"):
        Access(str(path)).headers()
    with pytest.raises(SettingsError, match="cannot be read"):
        Access(str(tmp_path / "none")).headers()


def test_a_file_without_certificates_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(SettingsError, match=r"ca\.pem: this CA file cannot be used"):
        Access(ca_file=str(tmp_path / "ca.pem")).context()


@contextmanager
def tls_server(folder, *names):
    """A node that answers one row to whatever comes by TLS; its port, and the users it has seen."""
    now_ns = SystemClock().now_ns()
    hierarchy = make_hierarchy(now_ns)
    issued = Authority(hierarchy).issue_server(names, now_ns=now_ns)
    (folder / "server.pem").write_text(issued.key.reveal() + issued.chain)
    (folder / "ca.pem").write_text(hierarchy.root)
    body, seen = block_of(pa.table({"one": [1]})), []

    class Node(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.headers["X-ClickHouse-User"])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    with HTTPServer(("127.0.0.1", 0), Node) as server:
        server.handle_error = lambda *_: None  # refused handshakes
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port, seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("wrong", ["", "name", "ca"])
def test_a_node_is_told_the_password_once_its_certificate_is_right(tmp_path, wrong):
    (tmp_path / "credentials").write_text("muster:secret")
    (tmp_path / "other.pem").write_text(make_hierarchy(SystemClock().now_ns()).root)
    with tls_server(tmp_path, "other.example" if wrong == "name" else "127.0.0.1") as (port, seen):
        ca = tmp_path / ("other.pem" if wrong == "ca" else "ca.pem")
        access = Access(str(tmp_path / "credentials"), str(ca))
        place = Place((("127.0.0.1", port),), "values", "main", tls=True)
        with closing(ClusterSessions(place, access, LIMITS)) as sessions:
            if wrong:
                with pytest.raises(Unavailable, match="certificate verify failed"):
                    sessions.ask("select 1 as one")
            else:
                assert sessions.ask("select 1 as one").num_rows == 1
    assert seen == ([] if wrong else ["muster"])

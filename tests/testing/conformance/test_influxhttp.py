"""A server over HTTP, as recorded queries are asked of it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from muster.errors import InputError, Unavailable
from muster.testing.conformance.influxhttp import HttpServer


@pytest.fixture
def listening():
    """A server that notes what it gets; `.status` is what it answers with."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.asked.append((self.path, body))
            self.send_response(self.server.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.status = [], 200
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_points_are_written_into_a_database_that_is_made_first(listening):
    HttpServer(f"http://127.0.0.1:{listening.server_port}").write("g", b"m v=1 7")

    (made, form), (path, body) = listening.asked
    assert (made, parse_qs(form.decode())) == ("/query", {"q": ['CREATE DATABASE "g"']})
    assert (path, body) == ("/write?db=g&precision=ns", b"m v=1 7")


def test_a_query_is_asked_with_its_parameters(listening):
    server = HttpServer(f"http://127.0.0.1:{listening.server_port}/behind/")

    assert server.ask("SELECT 1", {"db": "g"}) == (200, b"{}")
    ((path, form),) = listening.asked
    assert path == "/behind/query"
    assert parse_qs(form.decode()) == {"db": ["g"], "q": ["SELECT 1"]}


def test_a_server_that_takes_no_points_is_told(listening):
    listening.status = 500

    with pytest.raises(InputError, match="the server answers 500"):
        HttpServer(f"http://127.0.0.1:{listening.server_port}").write("g", b"m v=1 7")


@pytest.mark.parametrize("url", ["https://h", "h:8086", "http://u:p@h"])
def test_a_url_that_is_no_plain_one_is_refused_without_its_secret(url):
    with pytest.raises(InputError) as refusal:
        HttpServer(url)

    assert "u:p" not in str(refusal.value)


def test_a_server_that_is_away_is_unavailable():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port

    with pytest.raises(Unavailable):
        HttpServer(f"http://127.0.0.1:{port}").ask("SELECT 1", {})

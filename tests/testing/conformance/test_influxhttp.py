"""A server over HTTP, as recorded queries are asked of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from muster.errors import InputError, Unavailable
from muster.testing.conformance.influxhttp import HttpServer
from muster.testing.conformance.serving import Exchange


@pytest.fixture
def listening():
    """A server that notes what it gets; `.status` is what it answers with."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.asked.append((self.path, body))
            self.send_response(self.server.status)
            values = [[name] for name in self.server.databases]
            answer = json.dumps({"results": [{"series": [{"values": values}]}]}).encode()
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.status, server.databases = [], 200, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def url(listening):
    return f"http://127.0.0.1:{listening.server_port}"


def test_databases_of_the_recordings_are_dropped_and_no_others(listening, url):
    listening.databases = ["g", "mine", 'o"d']

    HttpServer(url, {"g", "w", 'o"d'}).fresh()

    asked = [parse_qs(body.decode())["q"][0] for _, body in listening.asked]
    assert asked == ["SHOW DATABASES", 'DROP DATABASE "g"', 'DROP DATABASE "o\\"d"']


def test_elsewhere_nothing_is_dropped_that_was_there_before(listening, monkeypatch):
    monkeypatch.setattr("muster.testing.conformance.influxhttp.is_own_machine", lambda _: False)
    listening.databases = ["g"]

    with pytest.raises(InputError, match="would be dropped: g"):
        HttpServer(f"http://127.0.0.1:{listening.server_port}", {"g"}).fresh()

    assert len(listening.asked) == 1


def test_a_request_is_sent_as_it_is(listening, url):
    exchange = Exchange("POST", "/write", {"db": "g"}, {"X-Of": "mine"}, b"m v=1 7")

    answer = HttpServer(f"{url}/behind/").ask(exchange)

    assert (answer.status, answer.headers["content-length"]) == (200, str(len(answer.body)))
    assert listening.asked == [("/behind/write?db=g", b"m v=1 7")]


def test_a_server_that_does_not_answer_queries_is_told(listening, url):
    listening.status = 500

    with pytest.raises(InputError, match="the server answers 500"):
        HttpServer(url).fresh()


def test_its_clock_is_its_own(url):
    assert HttpServer(url).set_time(7) > 7


@pytest.mark.parametrize("url", ["https://h", "h:8086", "http://u:p@h"])
def test_a_url_that_is_no_plain_one_is_refused_without_its_secret(url):
    with pytest.raises(InputError) as refusal:
        HttpServer(url)

    assert "u:p" not in str(refusal.value)


def test_a_server_that_is_away_is_unavailable():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port

    with pytest.raises(Unavailable):
        HttpServer(f"http://127.0.0.1:{port}").ask(Exchange("GET", "/ping"))

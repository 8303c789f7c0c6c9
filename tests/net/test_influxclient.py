import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from muster.errors import Denied, InputError, NotFound, Unauthenticated, Unavailable
from muster.log import Secret
from muster.net.influxclient import InfluxClient, basic

ANSWER = b'{"results":[{"series":[{"name":"m","columns":["time","f"],"values":[[1,2]]}]}]}\n'


@pytest.fixture
def there():
    """A server that answers one thing, and what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.asked.append((self.path, dict(self.headers.items()), parse_qs(body)))
            status, data = self.server.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer = [], (200, ANSWER)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def url(server, path=""):
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_a_question_is_posted_with_its_credentials(there):
    client = InfluxClient(url(there, "/influx/"), authorization=basic("ada", Secret("p")))

    (series,) = client.ask("SELECT f FROM m", "d")

    ((path, headers, form),) = there.asked
    assert (series.name, series.values) == ("m", [[1, 2]])
    assert (path, headers["Authorization"]) == ("/influx/query", "Basic YWRhOnA=")
    assert form == {
        "q": ["SELECT f FROM m"],
        "db": ["d"],
        "epoch": ["ns"],
        "chunked": ["true"],
        "chunk_size": ["10000"],
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InputError), (401, Unauthenticated), (403, Denied), (404, NotFound), (503, Unavailable)],
)
def test_refusals_are_told_with_the_servers_words(there, status, error):
    there.answer = (status, b'{"error":"its words"}')

    with pytest.raises(error, match="its words"):
        InfluxClient(url(there)).ask("x")


@pytest.mark.parametrize(
    "wrong", ["ftp://x", "http://", "http://u:p@x", "http://x:y", "influx:8086", "http://[x"]
)
def test_what_is_no_address_is_refused_without_its_secret(wrong):
    with pytest.raises(InputError, match="address"):
        InfluxClient(wrong)


def test_a_ca_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match="CA file"):
        InfluxClient("https://x", ca_file=tmp_path / "none.pem")

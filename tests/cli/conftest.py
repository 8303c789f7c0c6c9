"""A hub for commands: on the socket in its folder it answers what a test tells it to."""

import json
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from muster.cli import main as cli


class FakeHub:
    """Answers by method and path; remembers what it was asked.

    `answers` maps "GET /api/v1/rooms" to a value, to bytes, or to an error (status, code, text).
    """

    def __init__(self, folder, capsys):
        self.folder = folder
        self.answers = {}
        self.asked = []
        self._capsys = capsys

    def run(self, *words):
        """Run a command on this hub: its exit code, standard output and standard error."""
        self._capsys.readouterr()
        code = cli.main(["--data", str(self.folder), *words])
        said = self._capsys.readouterr()
        return int(code), said.out, said.err

    def json(self, *words):
        code, out, _ = self.run(*words, "--json")
        assert code == 0
        return json.loads(out)

    def answer(self, method, target, body):
        self.asked.append((method, target, json.loads(body) if body else None))
        known = self.answers.get(f"{method} {target.partition('?')[0]}")
        match known:
            case int(status), str(code), str(text):
                return status, json.dumps({"error": {"code": code, "text": text}}).encode()
            case None if method in ("DELETE", "PATCH"):
                return 204, b""
            case None:
                return self.refusal(target)
            case bytes():
                return 200, known
        return 200, json.dumps(known).encode()

    @staticmethod
    def refusal(target):
        return 404, json.dumps({"error": {"code": "not_found", "text": f"no {target}"}}).encode()


class Server(socketserver.UnixStreamServer):
    """Says nothing of clients that went away: it would stand among what the command says."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def handler_of(hub):
    class Handler(BaseHTTPRequestHandler):
        def serve(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, answer = hub.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            if answer:  # who has nothing more to read may be gone
                self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 - http.server's own names

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def listen(tmp_path, capsys):
    """Start fake hubs, each on a socket of the given name in the folder."""
    servers = []

    def start(name="hub.sock"):
        hub = FakeHub(tmp_path, capsys)
        server = Server(str(tmp_path / name), handler_of(hub))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return hub

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hub(listen):
    return listen()

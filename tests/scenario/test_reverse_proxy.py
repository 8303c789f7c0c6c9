"""The web page behind a real nginx that ends TLS, under a path prefix, upstream over a unix socket.

And plain HTTP to the hub's own port. nginx is the machine's; without it, or without a browser,
the tests that need them are skipped.
"""

import http.client
import json
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from processes import Hub, free_port_base, until

from tests.browser.conftest import CHROMIUM

pytestmark = pytest.mark.scenario

NGINX = os.environ.get("MUSTER_NGINX") or shutil.which("nginx", path="/usr/sbin:/usr/bin")
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "docs/guide/nginx.conf"
needs_nginx = pytest.mark.skipif(not NGINX, reason="missing: nginx (apt install nginx-light)")
CLIENT = "127.0.0.9"  # another address than the proxy's, which is trusted


class Nginx:
    """A real one, with the very configuration that the guide shows."""

    def __init__(self, folder: Path, hub: Hub, port: int) -> None:
        self.folder, self.port = folder, port
        pem = (hub.data / "tls/server.pem").read_text()
        (folder / "proxy.pem").write_text(pem)
        server = (
            CONFIG.read_text()
            .replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
            .replace("hub.example", "localhost")
            .replace("/etc/ssl/hub.pem", str(folder / "proxy.pem"))
            .replace("/etc/ssl/hub.key", str(folder / "proxy.pem"))
            .replace("/run/muster/web.sock", str(folder / "web.sock"))
        )
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\nmaster_process off;\npid {folder}/pid;\n"
            f"error_log {folder}/error.log;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{server}\n}}\n"
        )
        self.process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        until("nginx answers", self._answers)

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        try:
            return ask(self.port, "GET", "/muster/api/v1/health")[0] == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stderr.close()


def untrusting():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def ask(port, method, path, body=None, *, tls=True, **headers):
    """(status, headers, body) of one request from CLIENT; header names with underscores."""
    options = {"timeout": 60, "source_address": (CLIENT, 0)}
    if tls:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=untrusting(), **options)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, **options)
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    named.setdefault("Host", f"localhost:{port}")
    data = json.dumps(body) if body is not None else None
    connection.request(method, path, data, named)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxied")
    (folder / "data").mkdir(mode=0o700)
    (folder / "data" / "hub.toml").write_text(
        '[listen]\nnames = ["hub.test"]\n'
        '[proxy]\ntrusted = ["unix"]\nprefix = "/muster"\n'
        f'plain_listen = ["{folder}/web.sock"]\n'
    )
    hub = Hub(folder / "data", free_port_base(), command="hub")
    yield hub
    assert hub.stop() == 0, hub.said()


@pytest.fixture(scope="module")
def proxy(hub):
    nginx = Nginx(hub.data.parent, hub, free_port_base())
    yield nginx
    nginx.stop()


def port_of(hub):
    return int(hub.ready["web"].rpartition(":")[2])


def password(hub):
    return (hub.data / "admin-password").read_text().strip()


def sign_in(hub, port, path="/muster/api/v1/session", **headers):
    body = {"name": "admin", "password": password(hub)}
    status, found, _ = ask(port, "POST", path, body, Content_Type="application/json", **headers)
    assert status == 200
    return found["set-cookie" if "set-cookie" in found else "Set-Cookie"]


@needs_nginx
def test_the_page_and_its_files_are_under_the_prefix(proxy):
    status, headers, page = ask(proxy.port, "GET", "/muster/nodes")

    assert status == 200
    assert b'content="/muster/"' in page
    script = page.partition(b'crossorigin src="')[2].partition(b'"')[0].decode()
    assert script.startswith("/muster/assets/")
    assert ask(proxy.port, "GET", script)[0] == 200
    assert "base-uri 'none'" in headers["Content-Security-Policy"]


@needs_nginx
def test_the_cookie_stays_under_the_prefix_and_the_audit_has_the_clients_address(hub, proxy):
    cookie = sign_in(hub, proxy.port, X_Forwarded_For="203.0.113.66", Forwarded="for=203.0.113.67")

    assert cookie.startswith("__Secure-muster=")
    assert "Path=/muster;" in cookie and "Secure" in cookie and "HttpOnly" in cookie
    status, _, body = ask(
        proxy.port, "GET", "/muster/api/v1/session", Cookie=cookie.partition(";")[0]
    )
    assert (status, json.loads(body)["user"]["name"]) == (200, "admin")
    events = hub.muster("audit", "list", "--json") if has_audit(hub) else audit(hub)
    assert CLIENT in {event["address"] for event in events}
    assert "203.0.113" not in json.dumps(events)


def has_audit(hub):
    return hub.muster("audit", "--help", ok=False).returncode == 0


def audit(hub):
    from attacker import operator

    return operator(hub, "GET", "/api/v1/audit?limit=100")


@needs_nginx
def test_plain_http_at_the_proxy_never_reaches_a_handler(proxy, hub):
    import socket

    with socket.socket(socket.AF_UNIX) as raw:  # as a proxy that says what the browser used
        raw.connect(str(hub.data.parent / "web.sock"))
        raw.sendall(
            b"GET /muster/nodes HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: http\r\n"
            b"X-Forwarded-For: 198.51.100.7\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: raw.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 308")
    assert b"Location: https://localhost/muster/nodes" in answer


@needs_nginx
@pytest.mark.skipif(not CHROMIUM, reason="missing: Chromium")
def test_a_browser_works_under_the_prefix(hub, proxy):
    from playwright.sync_api import expect, sync_playwright

    url = f"https://localhost:{proxy.port}/muster"
    faults, outside, sockets = [], [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith(url) else outside.append(request.url),
        )
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(f"{url}/connect")
        page.get_by_label("Password").fill(password(hub))
        page.get_by_role("button", name="Sign in", exact=True).click()
        link = page.get_by_role("link", name="Nodes").first
        expect(link).to_have_attribute("href", "/muster/nodes", timeout=60_000)
        link.click()
        page.wait_for_url(f"{url}/welcome")  # nothing is connected yet; it is shown once
        page.get_by_role("link", name="Nodes").first.click()
        page.wait_for_url(f"{url}/nodes")
        with page.expect_websocket():
            page.reload()
        expect(page.get_by_role("link", name="Nodes").first).to_be_visible(timeout=60_000)
        page.wait_for_function("document.title.includes('Nodes')")
        page.wait_for_timeout(500)
        browser.close()

    assert (faults, outside) == ([], [])
    assert sockets and all(each.endswith("/muster/api/v1/live") for each in sockets)


def test_spoofed_headers_at_the_hubs_own_port_change_nothing(hub):
    sign_in(
        hub,
        port_of(hub),
        X_Forwarded_For="203.0.113.68",
        X_Forwarded_Host="evil.example",
        X_Forwarded_Proto="http",
    )

    assert "203.0.113" not in json.dumps(audit(hub))


def test_plain_http_at_the_hubs_own_port_is_sent_to_https(hub):
    port = port_of(hub)
    status, headers, _ = ask(port, "GET", "/nodes?a=b", tls=False)

    assert (status, headers["Location"]) == (308, f"https://localhost:{port}/nodes?a=b")
    assert ask(port, "POST", "/api/v1/session", {}, tls=False)[0] == 400
    assert ask(port, "GET", "/", tls=False, Host="evil.example")[0] == 421
    assert ask(port + 1, "GET", "/", tls=False)[0] == 400


def test_names_of_the_hub_and_addresses_are_answered_and_no_others(hub):
    port = port_of(hub)
    for host in (f"localhost:{port}", "hub.test", "192.0.2.200", "[2001:db8::1]:1"):
        assert ask(port, "GET", "/api/v1/health", Host=host)[0] == 200
    status, _, body = ask(port, "GET", "/api/v1/health", Host="evil.example")

    assert status == 421
    assert "listen.names" in json.loads(body)["error"]["text"]

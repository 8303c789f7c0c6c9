"""What a listener believes of a request, and under which paths and cookies it is seen."""

import pytest

from muster.errors import Denied, InputError, SettingsError
from muster.net.forwarded import Told
from muster.net.front import Front, HttpsOnly, ProxySettings, check
from muster.net.hosts import UnknownHost

PROXIED = ProxySettings(trusted=("10.0.0.0/8", "unix"), prefix="/muster")


def front(settings=PROXIED, **options):
    return Front(settings, hosts=lambda: {"hub.example"}, **options)


def lines(headers):
    return lambda name: [headers[name]] if name in headers else []


def seen(front, peer="198.51.100.7", method="GET", path="/a?b=c", **headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return front.see(method, path, peer, lines({"host": "hub.example"} | named))


SPOOFED = {
    "x_forwarded_for": "192.0.2.1",
    "x_forwarded_host": "evil.example",
    "x_forwarded_proto": "http",
    "forwarded": "for=192.0.2.1;host=evil.example;proto=http",
}


def test_headers_of_who_is_no_trusted_proxy_are_passed_over():
    assert seen(front(), **SPOOFED) == Told(address="198.51.100.7", host="hub.example")
    assert seen(front(None), "127.0.0.1", **SPOOFED).address == "127.0.0.1"


def test_a_trusted_proxy_names_the_client_and_the_host():
    told = seen(
        front(),
        "10.0.0.1",
        host="127.0.0.1:7443",
        x_forwarded_for="198.51.100.7",
        x_forwarded_host="www.example:8443",
    )

    assert told == Told(address="198.51.100.7", host="www.example:8443")


def test_a_host_that_is_not_known_is_refused_unless_a_proxy_forwards_it():
    with pytest.raises(UnknownHost):
        seen(front(), host="evil.example")
    with pytest.raises(UnknownHost):
        seen(front(), "10.0.0.1", host="evil.example")
    with pytest.raises(InputError, match="malformed Host"):
        seen(front(), "10.0.0.1", x_forwarded_host="a b")
    with pytest.raises(InputError, match="more than one"):
        front().see("GET", "/", "::1", lambda name: ["a", "b"])

    assert Front().see("GET", "/", "::1", lines({"host": "anything"})).host == "anything"
    assert front().see("GET", "/", "::1", lines({})).host == ""


def test_who_is_no_browser_may_ask_for_any_host():
    told = front().see("GET", "/", "::1", lines({"host": "evil.example"}), any_host=True)

    assert told.host == "evil.example"
    assert front().see("GET", "/", "::1", lines({"host": "a b"}), any_host=True).host == "a b"


def test_who_came_to_the_proxy_without_tls_is_sent_to_https():
    plain = {"x_forwarded_proto": "http", "x_forwarded_for": "198.51.100.7"}
    with pytest.raises(HttpsOnly) as told:
        seen(front(), "10.0.0.1", **plain)
    assert told.value.headers == {"Location": "https://hub.example/muster/a?b=c"}
    assert told.value.status == 308
    with pytest.raises(Denied, match="HTTPS alone"):
        seen(front(), "10.0.0.1", "POST", **plain)


def test_without_tls_only_a_trusted_proxy_is_served_and_says_that_the_browser_had_it():
    plain = front(plain=True)
    with pytest.raises(Denied, match=r"proxy\.trusted"):
        seen(plain, "127.0.0.1", x_forwarded_proto="https")
    with pytest.raises(Denied, match="X-Forwarded-Proto"):
        seen(plain, "unix")

    told = seen(plain, "unix", x_forwarded_proto="https", x_forwarded_for="198.51.100.7")
    assert told.address == "198.51.100.7"


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/muster", "/"),
        ("/muster/", "/"),
        ("/muster/api/v1/nodes", "/api/v1/nodes"),
        ("/api/v1/nodes", "/api/v1/nodes"),  # a proxy that strips the prefix
        ("/mustering", "/mustering"),
        ("/", "/"),
    ],
)
def test_paths_lose_the_prefix(path, inside):
    assert front().inside(path) == inside
    assert Front().inside(path) == path


def test_cookies_stay_under_the_prefix_and_away_from_its_neighbours():
    kept = "__Host-muster=secret; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict"
    sent = front().outward({"set-cookie": kept, "Location": "/nodes", "Link": "/x"})

    assert sent["set-cookie"] == (
        "__Secure-muster=secret; Max-Age=60; Path=/muster; Secure; HttpOnly; SameSite=Strict"
    )
    assert (sent["Location"], sent["Link"]) == ("/muster/nodes", "/x")
    assert front().cookies({"__Secure-muster": "secret", "__Host-muster": "other", "a": "b"}) == {
        "__Host-muster": "secret",
        "a": "b",
    }


def test_without_a_prefix_nothing_is_rewritten():
    headers = {"set-cookie": "__Host-muster=x; Path=/; Secure", "Location": "/nodes"}

    assert Front().outward(headers) == headers
    assert Front().cookies({"__Host-muster": "x"}) == {"__Host-muster": "x"}
    assert front().outward({"location": "//evil"}) == {"location": "//evil"}


def test_proxies_may_take_every_connection():
    assert front().is_unlimited("10.0.0.1") and front().is_unlimited("127.0.0.1")
    assert not front().is_unlimited("198.51.100.7")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"trusted": ("proxy.example",)}, "proxy.trusted"),
        ({"prefix": "muster"}, "proxy.prefix"),
        ({"prefix": "/muster/"}, "proxy.prefix"),
        ({"prefix": "/a/../b"}, "proxy.prefix"),
        ({"prefix": '/"onload'}, "proxy.prefix"),
        ({"plain_listen": ("0.0.0.0:80",)}, "proxy.plain_listen"),
        ({"plain_listen": ("192.0.2.1:80",)}, "proxy.plain_listen"),
        ({"plain_listen": ("localhost:80",)}, "proxy.plain_listen"),
        ({"plain_listen": ("relative.sock",)}, "proxy.plain_listen"),
        ({"plain_listen": ("127.0.0.1:7480",)}, "proxy.plain_listen"),  # not trusted
        ({"plain_listen": ("/run/m.sock",), "trusted": ("::1",)}, "proxy.plain_listen"),
    ],
)
def test_settings_that_would_be_unsafe_are_refused_by_key(settings, key):
    with pytest.raises(SettingsError) as refused:
        check(ProxySettings(**settings))

    assert refused.value.key == key


def test_settings_of_a_proxy_on_this_machine_are_taken():
    check(
        ProxySettings(
            trusted=("127.0.0.0/8", "::1", "unix"),
            prefix="/tools/muster",
            plain_listen=("127.0.0.1:7480", "[::1]:7480", "/run/muster/web.sock"),
        )
    )


def test_it_sees_always_the_same_where_names_do_not_matter():
    assert Front().is_steady
    assert not Front(hosts=lambda: ["hub"]).is_steady
    assert not Front(plain=True).is_steady

"""The way to a cloud: addresses, trust, and every kind of proxy, whose password is never shown."""

import base64
import os

import pytest
from relay import Relay

from muster.agent.netdata.claiming import way_to
from muster.agent.netdata.outcome import ClaimFailed
from muster.agent.netdata.put import parse_base, proxy_environment, proxy_setting, settled_proxy
from muster.net.proxy import ProxySetting

ENVIRONMENT = ProxySetting("environment")


async def ask(way):
    answer = await way.ask("PUT", "/api/v1/spaces/nodes/x", b'{"publicKey":""}', {}, limit_s=10)
    return answer.status


@pytest.mark.parametrize(
    ("form", "heard"),
    [
        ("http://127.0.0.1:{}", "CONNECT 127.0.0.1:{}"),
        ("http://ada:s3cret@127.0.0.1:{}", "CONNECT 127.0.0.1:{}"),
        ("socks5://127.0.0.1:{}", "SOCKS 1 {}"),
        ("socks5h://127.0.0.1:{}", "SOCKS 1 {}"),  # an address is none to resolve
    ],
)
async def test_a_claim_goes_through_a_proxy_and_tls_through_that(place, cloud, form, heard):
    async with Relay() as relay:
        proxy = proxy_setting(form.format(relay.port), ENVIRONMENT)
        way = way_to(place, cloud.url, proxy, insecure=False)

        assert await ask(way) == 204
        assert relay.heard[0].startswith(heard.format(cloud.port))
        assert "s3cret" not in str(proxy)
        if "ada" in form:
            assert base64.b64encode(b"ada:s3cret").decode() in relay.heard[0]


async def test_names_are_resolved_by_the_proxy_only_for_socks5h(place, cloud):
    url = cloud.url.replace("127.0.0.1", "localhost")
    async with Relay() as relay:
        for form in ("socks5", "socks5h"):
            proxy = proxy_setting(f"{form}://127.0.0.1:{relay.port}", ENVIRONMENT)
            assert await ask(way_to(place, url, proxy, insecure=False)) == 204
        kinds = [heard.split(" ")[1] for heard in relay.heard]

    assert kinds[1] == "3"
    assert kinds[0] in ("1", "4")


async def test_the_environment_is_read_as_netdata_reads_it(place, cloud):
    async with Relay() as relay:
        address = f"http://127.0.0.1:{relay.port}"
        place.environment.update(http_proxy=address, https_proxy="http://127.0.0.1:9")
        assert await ask(way_to(place, cloud.url, ENVIRONMENT, insecure=False)) == 204
        assert len(relay.heard) == 1
        # none, and who is spared, go directly
        none = proxy_setting("none", ENVIRONMENT)
        assert await ask(way_to(place, cloud.url, none, insecure=False)) == 204
        place.environment["no_proxy"] = "127.0.0.1"
        assert await ask(way_to(place, cloud.url, ENVIRONMENT, insecure=False)) == 204
        assert len(relay.heard) == 1


@pytest.mark.parametrize(
    ("text", "none", "setting"),
    [
        ("", False, "environment"),
        ("env", False, "environment"),
        ("none", False, "none"),
        ("http://p:1", True, "none"),
        ("http://p", False, "http://p:8080"),
        ("p", False, "http://p:8080"),
        ("socks5://p", False, "socks5://p:1080"),
        ("http://u:p@h", False, "http://u:***@h:8080"),
    ],
)
def test_a_proxy_is_named_in_netdatas_words(text, none, setting):
    assert str(proxy_setting(text, ENVIRONMENT, none=none)) == setting


@pytest.mark.parametrize("text", ["ftp://u:s3cret@h", "http://u:s3cret@h:x", "socks4://h"])
def test_what_is_no_proxy_is_code_1_and_shows_no_password(text):
    with pytest.raises(ClaimFailed) as caught:
        proxy_setting(text, ENVIRONMENT)

    assert caught.value.exit_code == 1
    assert "s3cret" not in str(caught.value)


async def test_a_proxy_that_is_not_there_is_code_4_without_its_password(place, cloud):
    proxy = proxy_setting("http://u:s3cret@127.0.0.1:9", ENVIRONMENT)
    with pytest.raises(ClaimFailed) as caught:
        await ask(way_to(place, cloud.url, proxy, insecure=False))

    assert caught.value.exit_code == 4
    assert "s3cret" not in str(caught.value)


def test_what_only_http_proxy_says_is_kept_for_the_link(place):
    def settled(proxy="environment", **environment):
        place.environment.clear()
        place.environment.update(environment)
        way = way_to(place, "https://hub:1", ProxySetting(proxy), insecure=False)
        return settled_proxy(way, environment)

    assert settled() == "environment"
    assert settled(https_proxy="http://p:1") == "environment"
    assert settled(http_proxy="http://p:1") == "http://p:1"
    assert settled(http_proxy="http://p:1", no_proxy="hub") == "environment"
    assert settled("none", http_proxy="http://p:1") == "none"


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "text"),
    [
        ("https://hub.example", "hub.example", 443, "", "https://hub.example"),
        ("https://hub:8443/", "hub", 8443, "", "https://hub:8443"),
        ("https://[::1]:1/a/b/", "::1", 1, "/a/b", "https://[::1]:1/a/b"),
        (" https://hub ", "hub", 443, "", "https://hub"),
    ],
)
def test_an_address_is_taken_apart(url, host, port, path, text):
    base = parse_base(url)

    assert (base.host, base.port, base.path, base.text) == (host, port, path, text)


def test_plain_http_is_only_for_who_says_so():
    with pytest.raises(ClaimFailed, match="not https"):
        parse_base("http://hub:1")

    assert parse_base("http://hub:1", insecure=True).secure is False


async def test_the_path_of_the_address_is_kept_in_front(place, cloud):
    way = way_to(place, f"{cloud.url}/some/where/", ProxySetting("none"), insecure=False)
    await ask(way)

    assert cloud.claims[0].path == "/some/where/api/v1/spaces/nodes/x"


async def test_a_trust_file_that_cannot_be_used_is_named(place, cloud):
    place.cloud.trusted.write_text("garbage")
    with pytest.raises(ClaimFailed, match=r"trusted\.pem"):
        way_to(place, cloud.url, ProxySetting("none"), insecure=False)


async def test_the_variable_for_trust_is_honoured_too(place, cloud, monkeypatch, tmp_path):
    (tmp_path / "ca.pem").write_text(cloud.trust)
    place.cloud.chain.unlink()
    monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    assert await ask(way_to(place, cloud.url, ProxySetting("none"), insecure=False)) == 204


def test_the_environment_itself_is_not_changed():
    environment = {"http_proxy": "http://p:1"}

    assert proxy_environment(environment)["https_proxy"] == "http://p:1"
    assert environment == {"http_proxy": "http://p:1"}

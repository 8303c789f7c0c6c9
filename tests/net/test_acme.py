"""A certificate is got by the book, and every refusal says why and how long to wait."""

import asyncio
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import SECOND_NS, ManualClock
from muster.errors import ProtocolError
from muster.log import Secret
from muster.net.acme import MAX_POLLS, AcmeClient, AcmeRefused, External
from muster.net.client import Answer
from muster.pki import keys
from muster.pki.requests import make_named_request
from tests.net.acmeserver import BASE, DIRECTORY, AcmeServer, Refusal, encode

NAMES = ["hub.example", "192.0.2.7"]


class Answers:
    """A solver in memory, and the DNS and web server that the CA asks."""

    def __init__(self, kind="http-01"):
        self.kind = kind
        self.shown, self.cleaned = {}, []
        self.broken = False

    async def present(self, name, token, answer):
        if self.kind == "http-01":
            self.shown[name, f"/.well-known/acme-challenge/{token}"] = answer
        else:
            value = encode(hashlib.sha256(answer.encode()).digest())
            self.shown[f"_acme-challenge.{name}."] = value

    async def clean(self, name, token, answer):
        self.cleaned.append(name)

    async def fetch(self, name, path):
        return "something else" if self.broken else self.shown.get((name, path))

    async def resolve(self, name):
        return self.shown.get(name)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def server(clock, answers):
    server = AcmeServer(clock)
    server.fetch, server.resolve = answers.fetch, answers.resolve
    return server


@pytest.fixture
def waits():
    return []


@pytest.fixture
def client(clock, server, waits):
    return client_of(clock, server, waits)


def client_of(clock, transport, waits=None):
    async def pause(seconds):
        clock.advance(seconds)
        if waits is not None:
            waits.append(seconds)

    return AcmeClient(
        directory=DIRECTORY,
        key=keys.make_key(),
        transport=transport,
        pause=pause,
        clock=clock,
    )


async def order(client, answers, names=NAMES):
    await client.register(["ada@example.org"])
    return await client.order(names, make_named_request(keys.make_key(), names), answers)


@pytest.mark.parametrize("kind", ["http-01", "dns-01"])
async def test_names_are_proved_and_certified(server, client, answers, kind):
    answers.kind = kind
    leaf, root = keys.load_chain(await order(client, answers))

    leaf.verify_directly_issued_by(root)
    assert sorted(keys.view(leaf).names) == sorted(NAMES)
    assert answers.cleaned == NAMES
    assert [each["contact"] for each in server.accounts.values()] == [["mailto:ada@example.org"]]


async def test_an_account_is_made_once(server, client, answers):
    await order(client, answers)
    client.account = ""
    await order(client, answers)

    assert len(server.accounts) == 1


async def test_a_nonce_that_is_refused_is_replaced(server, client, answers):
    server.refuse_nonces = 4
    await order(client, answers)

    assert len(server.certificates) == 1


async def test_a_server_that_takes_no_nonce_at_all_is_left(server, client, answers):
    server.refuse_nonces = 1_000_000

    with pytest.raises(AcmeRefused, match="none of its own nonces"):
        await order(client, answers)


async def test_nonces_are_taken_from_answers(server, client, answers):
    await order(client, answers)

    assert [each for each in server.asked if each[0] == "HEAD"] == [("HEAD", "/newNonce")]


async def test_what_takes_time_is_waited_for_as_long_as_told(server, client, answers, waits):
    server.slow = 5
    await order(client, answers)

    assert 3.0 in waits  # of Retry-After
    assert 2.0 in waits  # where nothing was told


async def test_a_wrong_answer_ends_the_order_with_the_servers_reason(server, client, answers):
    answers.broken = True

    with pytest.raises(AcmeRefused, match=r"hub\.example: .*unauthorized.*something else"):
        await order(client, answers)
    assert answers.cleaned == ["hub.example"]


async def test_a_challenge_that_is_not_offered_is_said(server, client, answers):
    server.offers = ("dns-01",)

    with pytest.raises(AcmeRefused, match=r"no http-01 is offered \(pending; dns-01\)"):
        await order(client, answers)


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [
        ("3600", 3600.0),
        ("Fri, 15 Jan 2027 09:00:00 GMT", 3600.0),
        ("soon", 0.0),
        ("9" * 30, 7 * 86_400.0),
    ],
)
async def test_a_rate_limit_says_how_long_to_wait(server, client, answers, told, wait_s):
    assert client._clock.now_ns() == 1_800_000_000 * SECOND_NS  # 2027-01-15 08:00
    server.fail = [Refusal("rateLimited", "too many", 429, retry_after=told)]

    with pytest.raises(AcmeRefused, match="rateLimited: too many") as refused:
        await order(client, answers)
    assert refused.value.kind == "rateLimited"
    assert refused.value.retry_after_s == wait_s


async def test_an_account_elsewhere_vouches(server, client, answers):
    server.external = {"kid-1": b"a secret"}
    with pytest.raises(AcmeRefused, match="externalAccountRequired"):
        await client.register()
    with pytest.raises(AcmeRefused, match="not vouched for"):
        await client.register((), External(kid="kid-1", secret=Secret(encode(b"another"))))

    await client.register((), External(kid="kid-1", secret=Secret(encode(b"a secret"))))
    assert len(server.accounts) == 1


async def test_a_proof_that_still_holds_is_not_made_again(server, client, answers):
    await client.register()
    server.authorizations = _AlreadyValid(server.authorizations)
    await order(client, answers)

    assert answers.cleaned == []


class _AlreadyValid(dict):
    def __setitem__(self, number, authorization):
        super().__setitem__(number, authorization | {"status": "valid"})


async def test_what_never_ends_is_left(clock, server, answers, waits):
    server.slow = 10_000
    with pytest.raises(AcmeRefused, match="did not look in time"):
        await order(client_of(clock, server, waits), answers)

    assert len(waits) == MAX_POLLS
    assert max(waits) <= 60


HONEST = {
    "newNonce": f"{BASE}/n",
    "newAccount": f"{BASE}/a",
    "newOrder": f"{BASE}/o",
}


def saying(*, directory=None, headers=None, status=200, body=b"{}"):
    async def transport(method, url, *, body=b"", headers):
        if url == DIRECTORY:
            return Answer(status=200, headers={}, body=json.dumps(directory or HONEST).encode())
        if method == "HEAD":
            return Answer(status=200, headers={"replay-nonce": "n"})
        return answer

    answer = Answer(status=status, headers={"replay-nonce": "n"} | (headers or {}), body=body)
    return transport


@pytest.mark.parametrize(
    ("transport", "match"),
    [
        (saying(directory={"newNonce": "x"}), "answer is none"),
        (saying(directory=HONEST | {"newOrder": "http://acme.test/o"}), "answer is none"),
        (saying(), "names no address"),
        (saying(headers={"location": "http://elsewhere/1"}), "names no address"),
        (saying(status=302), "with status 302"),
    ],
)
async def test_a_server_that_is_none_is_refused(clock, answers, transport, match):
    with pytest.raises(ProtocolError, match=match):
        await order(client_of(clock, transport), answers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"status":"pending","authorizations":["http://x"],"finalize":"https://x"}',
        b'{"status":"pending","authorizations":[],"finalize":"file:///etc/passwd"}',
        b"[" * 100_000,
    ],
)
async def test_an_order_that_is_none_is_refused(clock, answers, body):
    transport = saying(headers={"location": f"{BASE}/1"}, body=body)

    with pytest.raises(ProtocolError, match="answer is none"):
        await order(client_of(clock, transport), answers)


async def test_a_refusal_without_words_has_its_status(clock, answers):
    with pytest.raises(AcmeRefused, match="answers with status 500"):
        await order(client_of(clock, saying(status=500, body=b"oops")), answers)


async def test_a_token_that_is_a_path_is_never_used(server, client, answers):
    await client.register()
    server.authorizations = _Traversing(server.authorizations)

    with pytest.raises(ProtocolError, match="token is none"):
        await order(client, answers)
    assert answers.shown == {}


class _Traversing(dict):
    def __setitem__(self, number, authorization):
        super().__setitem__(number, authorization | {"token": "../../../etc/cron.d/x"})


@given(
    st.sampled_from([200, 201, 400, 403, 429, 503]), st.binary(max_size=200), st.text(max_size=30)
)
def test_whatever_a_server_says_ends_in_an_error_that_says_so(status, body, header):
    headers = {"location": f"{BASE}/1", "retry-after": header}
    transport = saying(status=status, headers=headers, body=body)

    with pytest.raises((ProtocolError, AcmeRefused)):
        asyncio.run(order(client_of(ManualClock(), transport), Answers()))

"""A hub used from elsewhere: by address, API token and CA, without its folder."""

import json
import ssl

import aiohttp
import pytest
from processes import Hub, free_port_base, run

from muster.cli.exits import Exit
from muster.core.live.livesession import SESSION_ENDED

pytestmark = pytest.mark.scenario


class Elsewhere:
    """A machine with nothing of the hub's but a token and its CA."""

    def __init__(self, hub, folder):
        self.hub = hub
        self.folder = folder
        self.ca = folder / "root.pem"
        self.ca.write_text(hub.muster("ca", "show", "--pem"))
        self.shown = []

    def token(self, *words):
        made = self.hub.muster("user", "token", "create", *words, "--json")
        self.shown.append(made["token"])
        return made

    def muster(self, token, *words, ca=True):
        file = self.folder / "token"
        file.write_text(token + "\n")
        trust = ("--ca-file", str(self.ca)) if ca else ()
        where = ("--hub", self.hub.ready["web"], "--token-file", str(file), *trust)
        return run(*where, *words, ok=False, env={"MUSTER_DATA": str(self.folder / "none")})


@pytest.fixture
def hub(tmp_path):
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text('[live]\nrecheck = "500ms"\n')
    hub = Hub(data, free_port_base(), command="hub")
    yield hub
    hub.stop()


@pytest.fixture
def elsewhere(hub, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Elsewhere(hub, folder)


def test_a_token_opens_the_hub_from_elsewhere_until_it_is_revoked(hub, elsewhere):
    hub.muster("room", "create", "lab")
    made = elsewhere.token("--name", "laptop", "--ttl", "1h")
    rooms = elsewhere.muster(made["token"], "room", "list", "--json")
    nodes = elsewhere.muster(made["token"], "node", "list")
    claim = elsewhere.muster(made["token"], "token", "create", "--json")

    assert (made["user"], made["role"], made["name"]) == ("admin", "admin", "laptop")
    assert [room["name"] for room in json.loads(rooms.stdout)] == ["lab"]
    assert (nodes.returncode, nodes.stdout[:13]) == (Exit.OK, "No nodes yet.")
    assert json.loads(claim.stdout)["token"].startswith("mst1.")
    (listed,) = hub.muster("user", "token", "list", "--json")
    assert (listed["id"], listed["state"]) == (made["id"], "valid")
    assert listed["used_ns"] > listed["created_ns"]

    hub.muster("user", "token", "revoke", made["id"])
    refused = elsewhere.muster(made["token"], "node", "list")
    assert refused.returncode == Exit.DENIED
    assert "unknown, expired or revoked" in refused.stderr
    check_silence(hub, elsewhere)


def test_a_wrong_token_is_refused_in_one_line(hub, elsewhere):
    good = elsewhere.token()["token"]
    other = elsewhere.token()
    hub.muster("user", "token", "revoke", other["id"])
    mistyped = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
    for wrong, told in ((mistyped, "mistyped"), ("secret", "not an API token"),
                        (other["token"], "unknown, expired or revoked")):  # fmt: skip
        refused = elsewhere.muster(wrong, "node", "list")

        assert refused.returncode == Exit.DENIED
        assert told in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert wrong not in refused.stderr
    check_silence(hub, elsewhere)


def test_a_viewers_token_looks_and_changes_nothing(hub, elsewhere):
    viewer = elsewhere.token("--role", "viewer")["token"]

    assert elsewhere.muster(viewer, "node", "list", "--json").stdout == "[]\n"
    for words in (("token", "create"), ("room", "create", "lab"), ("user", "list")):
        refused = elsewhere.muster(viewer, *words)
        assert (refused.returncode, refused.stdout) == (Exit.DENIED, "")
        assert "you are a viewer" in refused.stderr
    assert hub.muster("room", "list", "--json") == []


def test_no_token_makes_another_and_none_outlives_its_user(hub, elsewhere):
    run("--data", str(hub.data), "user", "create", "ada", "--role", "admin",
        "--password-file", "-", stdin="correct horse battery")  # fmt: skip
    token = elsewhere.token("--user", "ada")["token"]
    made = elsewhere.muster(token, "user", "token", "create")
    assert made.returncode == Exit.DENIED
    assert "makes no other" in made.stderr

    hub.muster("user", "disable", "ada")
    hub.muster("user", "enable", "ada")
    assert elsewhere.muster(token, "node", "list").returncode == Exit.DENIED
    check_silence(hub, elsewhere)


def test_a_hub_that_is_not_trusted_is_told_no_token(hub, elsewhere):
    token = elsewhere.token()["token"]
    refused = elsewhere.muster(token, "node", "list", ca=False)

    assert refused.returncode == Exit.UNAVAILABLE
    (listed,) = hub.muster("user", "token", "list", "--json")
    assert listed["used_ns"] == 0


async def test_a_token_opens_the_live_page_until_it_is_revoked(hub, elsewhere):
    made = elsewhere.token("--role", "viewer")
    headers = {"Authorization": f"Bearer {made['token']}"}
    context = ssl.create_default_context(cafile=str(elsewhere.ca))
    live = hub.ready["web"] + "/api/v1/live"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        async with session.ws_connect(live, headers=headers) as socket:
            await socket.send_str('{"nodes":true}')
            assert "nodes" in (await socket.receive_json(timeout=60))
            hub.muster("user", "token", "revoke", made["id"])
            while (await socket.receive(timeout=60)).type != aiohttp.WSMsgType.CLOSE:
                pass
            assert socket.close_code == SESSION_ENDED
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(live, headers=headers)
        assert refusal.value.status == 401
    check_silence(hub, elsewhere)


async def test_a_token_never_rides_beside_a_cookie_nor_from_another_site(hub, elsewhere):
    headers = {"Authorization": f"Bearer {elsewhere.token()['token']}"}
    context = ssl.create_default_context(cafile=str(elsewhere.ca))
    rooms = hub.ready["web"] + "/api/v1/rooms"
    codes = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        for more in (
            {},
            {"Cookie": "__Host-muster=x"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://evil.example"},
        ):
            async with session.post(
                rooms, json={"name": f"r{len(codes)}"}, headers=headers | more
            ) as answer:
                codes.append(answer.status)

    assert codes == [201, 400, 403, 403]
    assert len(hub.muster("room", "list", "--json")) == 1


def test_the_token_alone_is_on_standard_output(hub):
    done = run("--data", str(hub.data), "user", "token", "create", ok=False)

    assert done.returncode == Exit.OK
    assert len(done.stdout.split()) == 1
    assert done.stdout.startswith("mat1_")
    assert "shown only once" in done.stderr
    assert done.stdout.strip() not in done.stderr


def check_silence(hub, elsewhere):
    """Nothing the hub wrote shows a token, or a part of its secret."""
    hub.stop()
    said = "".join((*hub.out, *hub.err))

    assert "mat1_" not in said
    assert not [token for token in elsewhere.shown if token[5:25] in said]

"""Our own agent, claimed in Netdata's words to a real hub: by command, environment and API."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from attacker import anchors
from processes import DEADLINE_S, MUSTER, Hub, Process, free_port_base, until

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


class Machine:
    """A folder, and the agent that may run on it."""

    def __init__(self, hub, data, **variables):
        self.hub, self.data, self.variables = hub, data, variables
        self.process = None
        (data / "cloud.d").mkdir(parents=True, mode=0o770)
        (data / "cloud.d" / "cloud_fullchain.pem").write_text(anchors(hub))

    def run(self, *words):
        words = ("agent", "run", "--data", str(self.data), *words)
        self.process = Process(*words, env=self.variables)

    def stop(self):
        if self.process is not None:
            assert self.process.stop() == 0, self.process.said()
            self.process = None

    def command(self, *words):
        """(code, what it says) of a command of Netdata's."""
        done = subprocess.run(
            [*MUSTER, "agent", *words, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def claim(self, token, *more):
        url = self.hub.ready["web"]
        return self.command("netdata-claim", f"-token={token}", f"-url={url}", "-noproxy", *more)

    def state(self):
        code, text = self.command("netdatacli", "aclk-state", "json")
        return json.loads(text) if code == 0 else {}

    def until_online(self, online=True):
        return until(
            f"online is {online}",
            lambda: (found := self.state()) and found["online"] is online and found,
        )


@pytest.fixture
def machine(hub, tmp_path):
    made = []

    def make(**variables):
        made.append(Machine(hub, tmp_path / f"machine{len(made)}", **variables))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def token_of(hub, *words):
    made = hub.muster("token", "create", "--dialect", "netdata", "--json", *words)
    return made["token"]


def node_of(hub, machine):
    told = until("it names its node", lambda: machine.state().get("node-instances"))
    return hub.node(told[0]["node-id"])


def test_the_command_claims_and_the_agent_is_live_by_its_own_link(hub, machine):
    hub.muster("room", "create", "lab")
    web = machine()
    code, said = web.claim(token_of(hub, "--room", "lab"), "-hostname=web-1", "-rooms=lab")
    assert code == 0, said
    assert "it requires a restart to connect to the cloud" in said  # no agent ran
    web.run()
    told = web.until_online()
    node = until(
        "the node is live", lambda: (n := node_of(hub, web)) and n["state"] == "live" and n
    )

    assert node["name"] == "web-1"
    assert node["rooms"] == ["lab"]
    assert node["link"]["dialect"] == "muster"
    assert told["claimed-id"] == (web.data / "cloud.d" / "claimed_id").read_text()
    assert "Online: Yes" in web.command("-W", "aclk-state")[1]

    # the same claim again is the same node, and a restart changes nothing
    web.stop()
    web.run()
    web.until_online()
    assert node_of(hub, web)["id"] == node["id"]


@pytest.mark.parametrize(("spoil", "code"), [("token", 12), ("room", 10), ("id", 8), ("port", 4)])
def test_each_failure_has_its_own_code_and_remedy(hub, machine, spoil, code):
    words = {"room": "-rooms=no-such-room", "id": "-id=x", "port": "-url=https://127.0.0.1:9"}
    token = "nonsense" if spoil == "token" else token_of(hub)
    found, said = machine().claim(token, *([words[spoil]] if spoil in words else []))

    assert found == code, said
    assert "What to do: " in said
    assert spoil == "token" or token not in said


def test_revoking_ends_the_link_and_it_says_banned(hub, machine):
    web = machine()
    assert web.claim(token_of(hub), "-hostname=banned")[0] == 0
    web.run()
    web.until_online()
    node = node_of(hub, web)
    hub.muster("node", "revoke", node["id"], "--reason", "test")
    found = until("it is banned", lambda: (s := web.state()) and s["banned-by-cloud"] and s)

    assert found["online"] is False
    # neither the same command nor a new token brings the machine back
    assert web.claim(token_of(hub))[0] == 12


def test_a_container_claims_by_its_environment_once_an_admin_lets_it_in(hub, machine):
    space = hub.muster("space", "list", "--json")[0]
    hub.muster("space", "set", space["name"], "--approval", "always")
    try:
        web = machine(
            NETDATA_CLAIM_TOKEN=token_of(hub),
            NETDATA_CLAIM_URL=hub.ready["web"],
            NETDATA_CLAIM_PROXY="none",
        )
        web.run()
        waiting = until("it waits", lambda: hub.muster("approval", "list", "--json"))
        hub.muster("approval", "approve", waiting[0]["id"])
        assert web.command("netdatacli", "reload-claiming-state")[0] == 0
        web.until_online()
    finally:
        hub.muster("space", "set", space["name"], "--approval", "never")


def test_a_browser_claims_by_the_one_time_key_and_tools_read_the_local_api(hub, machine):
    port = free_port_base()
    web = machine()
    web.run("--netdata-api", str(port))

    def get(path, **query):
        url = f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read().decode()

    def told():
        try:
            return json.loads(get("/api/v3/claim"))
        except OSError:
            return None

    asked = until("the API answers", told)
    assert asked["can_be_claimed"] is True
    key = Path(asked["key_filename"]).read_text().strip()
    claimed = json.loads(
        get("/api/v3/claim", key=key, token=token_of(hub), url=hub.ready["web"].rstrip("/"))
    )
    assert (claimed["success"], claimed["message"]) == (True, "ok"), claimed
    assert claimed["can_be_claimed"] is False
    until("it is online", lambda: (now := told()) and now["cloud"]["status"] == "online")
    info = json.loads(get("/api/v1/info"))
    assert info["agent-claimed"] is info["aclk-available"] is True

    def rows():
        try:
            return json.loads(get("/api/v1/data", chart="system.cpu", after=-5))["data"]
        except urllib.error.HTTPError as error:  # 404: nothing has been compared yet
            assert error.code == 404
            error.close()
            return None

    assert until("rows are there", rows)
    assert "NETDATA_SYSTEM_CPU_USER" in get("/api/v1/allmetrics", format="shell")


def test_an_idle_agent_of_netdatas_words_stays_small(hub, machine):
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    web = machine()
    assert web.claim(token_of(hub), "-hostname=small")[0] == 0
    web.run()
    web.until_online()
    mapped = Path(f"/proc/{web.process.process.pid}/maps").read_text()

    assert "cryptography" not in mapped
    assert "numpy" not in mapped

"""A real Netdata agent, built elsewhere: its program comes from the environment.

Each agent has folders, a port and a pipe of its own, so it stands beside any other of this machine.
Most plugins are off: what is tried is the link.
"""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from functools import lru_cache
from pathlib import Path

import pytest
from processes import free_port_base, until

PROGRAM = "MUSTER_TEST_NETDATA"
COMMAND = "MUSTER_TEST_NETDATACLI"
SCRIPT = "MUSTER_TEST_NETDATA_CLAIM"
ALERT = "muster_scenario"
ONLINE_S = 120.0  # a fresh agent reads its machine first
_QUIET = ("tc", "cgroups", "idlejitter", "timex", "statsd", "diskspace", "profile", "checks",
          "go.d", "python.d", "charts.d", "node.d", "ebpf", "debugfs", "perf", "nfacct", "ioping",
          "slabinfo", "systemd-journal", "logs-management", "freeipmi", "cups", "fping",
          "network-viewer", "loopsleepms", "local-listeners")  # fmt: skip


def program(variable):
    """A path from the environment. Skips, with the variable's name, when there is none."""
    path = os.environ.get(variable, "")
    if not path:
        pytest.skip(f"{variable} names no program: no real Netdata agent is tried")
    assert os.access(path, os.X_OK), f"{variable} is {path!r}, which is no program"
    return path


@lru_cache
def version():
    """Of the agent, as (2, 10); skips without one."""
    told = subprocess.run(
        [program(PROGRAM), "-V"], capture_output=True, text=True, check=True, timeout=60
    )
    found = re.search(r"v?(\d+)\.(\d+)", told.stdout)
    assert found, told.stdout
    return int(found[1]), int(found[2])


def need(oldest=None, below=None):
    """Skips unless the agent is of these versions."""
    here = version()
    if (oldest and here < oldest) or (below and here >= below):
        pytest.skip(f"{PROGRAM} is {here[0]}.{here[1]}: another version's way to claim")


class Netdata:
    """One agent. It is started by `start`, as often as wanted."""

    def __init__(self, folder, name, root="", *, binary=None, inside=()):
        self.folder, self.name = Path(folder), name
        self.inside = list(inside)  # words that start a program in another network
        self.binary = binary or program(PROGRAM)
        self.port = free_port_base()
        self.lib, self.config = self.folder / "lib", self.folder / "etc"
        self.cloud, self.settings = self.lib / "cloud.d", self.config / "netdata.conf"
        self.process = None
        for each in (self.cloud, self.config / "health.d", self.folder / "cache",
                     self.folder / "log", self.folder / "none"):  # fmt: skip
            each.mkdir(parents=True)
        self.cloud.chmod(0o770)
        self._write_config()
        self.write_alert("warn")
        self.trust(root)

    def _write_config(self):
        quiet = "\n".join(f"  {each} = no" for each in _QUIET)
        user = pwd.getpwuid(os.getuid()).pw_name
        (self.config / ".opt-out-from-anonymous-statistics").touch()
        self.settings.write_text(f"""\
[global]
  hostname = {self.name}
  run as user = {user}
[directories]
  config = {self.config}
  lib = {self.lib}
  cache = {self.folder / "cache"}
  log = {self.folder / "log"}
  health config = {self.config / "health.d"}
  stock health config = {self.folder / "none"}
[web]
  bind to = 127.0.0.1:{self.port}
[db]
  mode = ram
[ml]
  enabled = no
[plugins]
{quiet}
""")

    def write_alert(self, level):
        """An alert that is always raised, with what it stands at."""
        (self.config / "health.d" / "scenario.conf").write_text(f"""\
 alarm: {ALERT}
    on: system.uptime
  calc: $uptime
 units: seconds
 every: 1s
  {level}: $this > 0
  info: always raised
    to: silent
""")

    def trust(self, root):
        """Put a root where agents of all versions look for it."""
        self.root = self.folder / "root.pem"
        self.root.write_text(root)
        for name in ("trusted.pem", "cloud_fullchain.pem"):
            shutil.copy(self.root, self.cloud / name)

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
        ours = {
            "SSL_CERT_FILE": str(self.root),
            "NETDATA_PIPENAME": str(self.folder / "pipe"),
            "NETDATA_VARLIB_DIR": str(self.lib),
            "NETDATA_CLAIM_CONFIG_DIR": str(self.config),
            "NETDATA_CLAIM_CONFIG_GROUP": str(os.getgid()),
            "DO_NOT_TRACK": "1",
        }
        return kept | ours

    # Its life

    def start(self, **more):
        said = (self.folder / "said").open("ab")
        with said:
            self.process = subprocess.Popen(
                [
                    *self.inside,
                    self.binary,
                    "-D",
                    *self._cloud(),
                    "-c",
                    str(self.settings),
                ],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=self.environment | more,
                start_new_session=True,
            )
        until(f"{self.name} answers", self._answers, ONLINE_S)
        return self

    def _cloud(self):
        """1.x looks for cloud.conf where it was installed: tell it what is in this agent's."""
        own = self.cloud / "cloud.conf"
        if not own.exists() or version() >= (2, 0):
            return ()
        url = re.search(r"cloud base url = (\S+)", own.read_text())[1]
        return ("-W", "set2", "cloud", "global", "cloud base url", url)

    def _answers(self):
        assert self.process.poll() is None, self.said()
        if self.inside:  # its port is out of reach, its pipe is not
            return "{" in self.command("aclk-state", "json")
        with contextlib.suppress(OSError):
            return self.get("/api/v1/info")[0] == 200
        return False

    def stop(self):
        """SIGTERM, and its end; its plugins end with it."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        self.process = None

    def said(self):
        texts = [
            path.read_text(errors="replace")[-2000:]
            for path in [self.folder / "said", *sorted((self.folder / "log").glob("*"))]
            if path.is_file()
        ]
        return "\n".join(texts)

    # What it is asked

    def get(self, path, **query):
        """(status, text) of the agent's own port."""
        words = f"?{urllib.parse.urlencode(query)}" if query else ""
        url = f"http://127.0.0.1:{self.port}{path}{words}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def command(self, *words):
        """The text of its command line tool."""
        done = subprocess.run(
            [program(COMMAND), *words],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    def link(self):
        """What it says of its link."""
        text = self.command("aclk-state", "json")
        assert text.lstrip().startswith("{"), text
        return json.loads(text[: text.rindex("}") + 1])

    def node_id(self):
        """Its own node's id, by the agent's word."""
        return until(f"{self.name} knows its node", self._node_id, ONLINE_S)

    def _node_id(self):
        own = [each for each in self.link()["node-instances"] if each["streaming-hops"] == 0]
        return own[0]["node-id"] if own else None

    def until_online(self):
        until(f"{self.name} is online", lambda: self.link()["online"], ONLINE_S)

    def until_banned(self):
        until(f"{self.name} is banned", lambda: self.link()["banned-by-cloud"], ONLINE_S)

    def copy_identity(self, other):
        """Be a copy of another machine's disk, in what an agent is known by."""
        for name in ("cloud.d", "registry"):
            shutil.copytree(other.lib / name, self.lib / name, dirs_exist_ok=True)

    # Ways to claim

    def write_claim(self, url, token, rooms="", proxy="none"):
        if proxy != "none":  # what claim.conf says of it counts for the claim, not for the link
            with self.settings.open("a") as settings:
                settings.write(f"[cloud]\n  proxy = {proxy}\n")
        (self.config / "claim.conf").write_text(f"""\
[global]
   url = {url}
   token = {token}
   rooms = {rooms}
   proxy = {proxy}
   insecure = no
""")

    def claim(self, url, token):
        """In the way of its version; what was said of it."""
        if version() >= (2, 0):
            self.write_claim(url, token)
            return self.command("reload-claiming-state")
        (self.cloud / "token").write_text(token)
        return self.run_script(f"-url={url}")[1]

    def run_script(self, *words):
        """(exit code, text) of netdata-claim.sh."""
        with self._known_to_script() if version() < (2, 0) else contextlib.nullcontext():
            done = subprocess.run(
                [program(SCRIPT), *words],
                capture_output=True,
                text=True,
                env=self.environment | {"HOSTNAME": self.name},
                timeout=120,
                check=False,
            )
        return done.returncode, done.stdout + done.stderr

    @contextlib.contextmanager
    def _known_to_script(self):
        """The script takes the machine's id from where it was installed, and from there alone."""
        text = Path(program(SCRIPT)).read_text(encoding="utf-8")
        found = re.search(r'^MACHINE_GUID_FILE="(.*)"', text, re.MULTILINE)
        assert found, "this claim script does not tell where the machine's id is"
        place = Path(found[1])
        place.parent.mkdir(parents=True, exist_ok=True)
        before = place.read_bytes() if place.exists() else None
        shutil.copy(self.lib / "registry" / "netdata.public.unique.id", place)
        try:
            yield
        finally:
            place.unlink()
            if before is not None:
                place.write_bytes(before)

    def forget_claim(self, *, key):
        """What "unclaim" is to an agent: its files go, the pair of keys too when so said."""
        names = ["claimed_id", "cloud.conf"]
        for name in [*names, *(["private.pem", "public.pem"] if key else [])]:
            (self.cloud / name).unlink(missing_ok=True)

"""Claim and link through real proxies, where nothing else leads to the hub."""

import contextlib
import json
import os
import re
import subprocess
import sys

import pytest
from machines import PATH, as_user, machine_folder
from netlab import HUB, MACHINE, net, proxies, why_not
from processes import DEADLINE_S, free_port_base, run, until

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
USER, PASSWORD = "ada", "hunter2secret"
MUSTER = [sys.executable, "-m", "muster"]
CLEAN = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
KINDS = ("http", "http with password", "socks5", "socks5 with password")


class Lab:
    """A hub in its namespace, proxies beside it, and commands on the machine."""

    def __init__(self, net, urls, hub_data):
        self.net, self.urls, self.hub_data = net, urls, hub_data

    def hub(self, *words):
        return run("--data", str(self.hub_data), *words)

    def connect(self, proxy):
        words = [*MUSTER, "--data", str(self.hub_data), "connect", "--json", "--proxy-file", "-"]
        made = subprocess.run(words, input=proxy, capture_output=True, text=True, check=True)
        assert made.stderr == ""
        return json.loads(made.stdout)

    def token(self):
        return self.hub("token", "create", "--json")["token"]

    def claim(self, data, *more, **variables):
        words = [*MUSTER, "agent", "claim", "--token-file", "-", "--data", str(data), "--no-wait"]
        words += more
        return subprocess.run(
            [*self.net.inside(self.net.machine), *words],
            input=self.token(), capture_output=True, text=True, timeout=DEADLINE_S, check=False,
            env=CLEAN | variables,
        )  # fmt: skip

    @contextlib.contextmanager
    def agent(self, data, **variables):
        with (data.parent / f"{data.name}.log").open("w+") as log:
            process = subprocess.Popen(
                [*self.net.inside(self.net.machine), *MUSTER, "agent", "run", "--data", str(data)],
                stdout=log, stderr=log, env=CLEAN | variables,
            )  # fmt: skip
            try:
                yield log
            finally:
                process.terminate()
                process.wait(DEADLINE_S)

    def live(self):
        def ask():
            listed = self.hub("node", "list", "--json")
            return [node for node in listed if node["state"] == "live"]

        return until("the node is live", ask)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    data, base = tmp_path_factory.mktemp("hub"), free_port_base()
    with net() as made, proxies(made, user=USER, password=PASSWORD) as urls:
        process = subprocess.Popen(
            [*made.inside(made.hub), *MUSTER, "hub", "--data", str(data), "--port-base", str(base),
             "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=CLEAN | {"MUSTER_LISTEN_ADDRESSES": HUB, "MUSTER_INSTALL_STANDALONE": "false"},
        )  # fmt: skip
        try:
            json.loads(process.stdout.readline())
            yield Lab(made, urls, data)
        finally:
            process.terminate()
            process.wait(DEADLINE_S)
            process.stdout.close()


@pytest.fixture(autouse=True)
def empty(lab):
    yield
    for node in lab.hub("node", "list", "--json"):
        lab.hub("node", "remove", node["id"])


def check_masked(*texts):
    assert not [text for text in texts if PASSWORD in text]


def test_there_is_no_way_around_the_proxies(lab, tmp_path):
    refused = lab.claim(tmp_path / "agent", MUSTER_LINK_PROXY="none")

    assert refused.returncode == 20, refused.stderr
    assert not (tmp_path / "agent/identity").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_claim_and_link_go_through_the_proxy_of_the_settings(lab, tmp_path, kind):
    data, variables = tmp_path / "agent", {"MUSTER_LINK_PROXY": lab.urls[kind]}
    claimed = lab.claim(data, **variables)
    assert claimed.returncode == 0, claimed.stderr
    with lab.agent(data, **variables) as log:
        (node,) = lab.live()
        shown = run("agent", "status", "--data", str(data), ok=False)
        doctor = run("doctor", "--agent", str(data), ok=False)
        log.seek(0)
        said = log.read()

    seen = lab.hub("node", "show", node["id"], "--json")
    assert seen["link"]["address"].startswith("10.93.1."), "the hub sees the proxy"
    check_masked(claimed.stdout, claimed.stderr, shown.stdout, shown.stderr, said,
                 doctor.stdout, doctor.stderr)  # fmt: skip
    if "password" in kind:
        assert f"{USER}:***@" in shown.stdout


@pytest.mark.parametrize("kind", ["http", "socks5 with password"])
def test_the_environment_names_the_proxy_when_the_settings_do_not(lab, tmp_path, kind):
    data = tmp_path / "agent"
    name = "https_proxy" if kind == "http" else "all_proxy"
    claimed = lab.claim(data, **{name: lab.urls[kind]})

    assert claimed.returncode == 0, claimed.stderr
    with lab.agent(data, **{name: lab.urls[kind]}):
        assert lab.live()
    check_masked(claimed.stdout, claimed.stderr)


def test_no_proxy_wins_over_the_environment(lab, tmp_path):
    names = {"https_proxy": lab.urls["http"], "no_proxy": HUB}

    assert lab.claim(tmp_path / "agent", **names).returncode == 20


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_the_proxy_of_a_claim_is_kept_for_the_link_and_that_is_said(lab, tmp_path, kind):
    data = tmp_path / "agent"
    claimed = lab.claim(data, "--proxy", lab.urls[kind])
    assert claimed.returncode == 0, claimed.stderr
    assert f"the proxy is kept in {data}/agent.toml, for claim and link" in claimed.stderr

    with lab.agent(data):
        (node,) = lab.live()
    seen = lab.hub("node", "show", node["id"], "--json")
    assert seen["link"]["address"].startswith("10.93.1."), "the hub sees the proxy"


def test_no_proxy_of_a_claim_wins_over_environment_and_settings(lab, tmp_path):
    data, config = tmp_path / "agent", tmp_path / "agent.toml"
    config.write_text(f'[link]\nproxy = "{lab.urls["http"]}"\n')
    names = {"https_proxy": lab.urls["http"], "MUSTER_LINK_PROXY": lab.urls["http"]}
    refused = lab.claim(data, "--no-proxy", "--config", str(config), **names)
    assert refused.returncode == 20, refused.stderr
    assert lab.urls["http"] in config.read_text(), "a claim that failed changes no settings"

    assert lab.claim(data, "--config", str(config), **names).returncode == 0


@pytest.mark.parametrize("kind", ["http with password", "socks5 with password"])
def test_wrong_credentials_are_named_and_never_shown(lab, tmp_path, kind):
    url = lab.urls[kind].replace(PASSWORD, PASSWORD + "x")
    refused = lab.claim(tmp_path / "agent", MUSTER_LINK_PROXY=url)

    assert refused.returncode == 20
    assert re.search(r"credentials|407", refused.stderr)
    check_masked(refused.stdout, refused.stderr)


@pytest.mark.parametrize("kind", KINDS)
def test_the_line_of_connect_installs_and_claims_through_the_proxy(lab, kind):
    made = lab.connect(lab.urls[kind])
    line = next(each["text"] for each in made["commands"] if "Without root" in each["title"])
    with machine_folder() as home:
        # Every argument that curl is given is one that all users of the machine could read.
        log, curl = home / "arguments", home / "bin/curl"
        curl.parent.mkdir()
        curl.write_text(f'#!/bin/sh\necho "$*" >>{log}\nexec /usr/bin/curl "$@"\n')
        curl.chmod(0o755)
        done = as_user(
            "sh", stdin=line,  # as who pastes it: it is in no argument
            home=home, prefix=lab.net.inside(lab.net.machine),
            env={"PATH": f"{curl.parent}:{PATH}"},
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
        assert "Node was successfully claimed." in done.stderr
        config = home / ".local/muster/etc/agent.toml"
        assert lab.urls[kind] in config.read_text()
        assert config.stat().st_mode & 0o077 == 0
        check_masked(done.stdout, done.stderr, log.read_text())


def test_the_machines_own_address_is_never_seen_by_the_hub(lab, tmp_path):
    data = tmp_path / "agent"
    lab.claim(data, MUSTER_LINK_PROXY=lab.urls["socks5"])
    (event,) = [
        each for each in lab.hub("node", "list", "--json") if each["state"] in ("pending", "live")
    ]

    assert MACHINE not in json.dumps(lab.hub("node", "show", event["id"], "--json")["link"])

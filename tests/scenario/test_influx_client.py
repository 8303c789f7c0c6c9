"""Debian's `influx` (InfluxDB 1.6's shell) at a real hub: questions, inserts, an import."""

import contextlib
import json
import os
import pty
import subprocess

import pytest
from processes import free_port_base
from test_influx_write import hub_of
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario
BINARY = "MUSTER_TEST_INFLUX"
EXPORT = """# DDL
CREATE DATABASE brought WITH DURATION 0s REPLICATION 1 NAME kept
# DML
# CONTEXT-DATABASE: brought
# CONTEXT-RETENTION-POLICY: kept
cpu,host=a\\ b idle=98.5,cores=4i,name="x \\"y\\"" 1600000000000000000
cpu,host=c idle=7 1600000001000000000
"""


class Shell:
    """Runs it; skips, and says so, where MUSTER_TEST_INFLUX names none."""

    def __init__(self, port, *more, env=None):
        binary = os.environ.get(BINARY, "")
        if not binary:
            pytest.skip(f"{BINARY} names no influx: not tried with the real shell")
        self.words = [binary, "-port", str(port), *more]
        self.env = {**os.environ, "HOME": "/nonexistent", **(env or {})}

    def run(self, *words):
        done = subprocess.run(
            [*self.words, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.env,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def session(self, *typed):
        """What a terminal shows when these lines are typed: what is no terminal gets one answer."""
        own, terminal = pty.openpty()
        env = {**self.env, "TERM": "dumb"}
        shell = subprocess.Popen(
            self.words, stdin=terminal, stdout=terminal, stderr=terminal, env=env
        )
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            for line in typed:
                os.write(own, line.encode() + b"\n")
            while piece := os.read(own, 4096):
                shown += piece
        os.close(own)
        assert shell.wait(60) == 0, shown
        return shown.decode().replace("\r\n", "\n")

    def ask(self, text, *words):
        code, said = self.run("-format", "json", *words, "-execute", text)
        assert code == 0, said
        return json.loads(said)["results"][0].get("series", [])


def test_a_session_by_hand_uses_inserts_selects_and_imports(tmp_path):
    port = free_port()
    shell = Shell(port)
    hub = hub_of(tmp_path, free_port_base(), port, "off")
    try:
        said = shell.session(
            "CREATE DATABASE home",
            "show databases",
            "use home",
            'INSERT weather,room=attic temp=21.5,note="warm, dry" 1600000000000000000',
            "INSERT INTO autogen weather,room=cellar temp=12 1600000001000000000",
            "precision rfc3339",
            "SELECT * FROM weather",
            "SELECT nope(temp) FROM weather",
            "exit",
        )
        assert f"Connected to http://localhost:{port} version 1.8.10" in said
        assert "Using database home" in said
        assert "2020-09-13T12:26:40Z warm, dry attic  21.5" in said
        assert "2020-09-13T12:26:41Z           cellar 12" in said
        assert "ERR: undefined function nope()" in said

        file = tmp_path / "export.txt"
        file.write_text(EXPORT)
        code, said = shell.run("-import", "-path", str(file), "-precision", "ns")
        assert code == 0 and "Failed 0 inserts" in said, said
        (found,) = shell.ask("SELECT * FROM kept.cpu", "-database", "brought", "-precision", "s")
        assert found["columns"] == ["time", "cores", "host", "idle", "name"]
        assert found["values"] == [
            [1600000000, 4, "a b", 98.5, 'x "y"'],
            [1600000001, None, "c", 7, None],
        ]
        code, said = shell.run("-format", "csv", "-database", "home", "-execute", "SHOW TAG KEYS")
        assert (code, said) == (0, "name,tagKey\nweather,room\n")
    finally:
        assert hub.stop() == 0, hub.said()


def test_over_tls_it_signs_in_by_name_and_password(tmp_path):
    port, secret = free_port(), "only-for-tests-shell"
    ca = tmp_path / "ca.pem"
    shell = Shell(port, "-ssl", env={"SSL_CERT_FILE": str(ca)})
    hub = hub_of(tmp_path, free_port_base(), port, "password")
    ca.write_text(hub.muster("ca", "show", "--pem"))
    signed = ("-username", "root", "-password", secret)
    try:
        made = f"CREATE USER root WITH PASSWORD '{secret}' WITH ALL PRIVILEGES"
        assert shell.ask(made) == []
        code, said = shell.run("-execute", "SHOW DATABASES")
        assert "unable to parse authentication credentials" in said, (code, said)
        assert shell.ask("CREATE DATABASE home", *signed) == []
        (found,) = shell.ask("SHOW USERS", *signed)
        assert found["values"] == [["root", True]]
        code, said = shell.run("-username", "root", "-password", "wrong", "-execute", "SHOW USERS")
        assert "authorization failed" in said, (code, said)
    finally:
        assert hub.stop() == 0, hub.said()

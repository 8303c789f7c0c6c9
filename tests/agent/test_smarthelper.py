"""The program that asks disks: one request, one way to run smartctl."""

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from muster.agent import smarthelper
from muster.agent.smarthelper import MAX_BYTES, MAX_DISKS, REQUEST, answers, devices, main

SCAN = {
    "devices": [
        {"name": "/dev/sda", "info_name": "/dev/sda [SAT]", "type": "sat", "protocol": "ATA"},
        {"name": "/dev/nvme0", "type": "nvme"},
        {"name": "/dev/bus/0", "type": "megaraid,7"},
    ]
}


def test_each_disk_is_asked_once_and_none_is_woken():
    asked = []

    def run(argv):
        asked.append(argv)
        if "--scan" in argv:
            return json.dumps(SCAN).encode()
        return json.dumps({"device": {"name": argv[-1]}}, indent=2).encode()

    lines = list(answers("/usr/sbin/smartctl", run))

    assert [json.loads(line)["device"]["name"] for line in lines] == [
        "/dev/sda",
        "/dev/nvme0",
        "/dev/bus/0",
    ]
    assert all(line.count(b"\n") == 1 for line in lines)
    assert asked[0] == ["/usr/sbin/smartctl", "--json=c", "--scan"]
    assert asked[3][2:] == ["-a", "-n", "standby", "-d", "megaraid,7", "/dev/bus/0"]


@pytest.mark.parametrize(
    "scanned",
    [
        b"",
        b"[]",
        b"{",
        b'{"devices": 5}',
        b'{"devices": [5, null, {"name": 5, "type": []}]}',
        b'{"devices": [{"name": "/dev/../etc/passwd", "type": "sat"}]}',
        b'{"devices": [{"name": "-h", "type": "sat"}]}',
        b'{"devices": [{"name": "/dev/sda;reboot", "type": "sat"}]}',
        b'{"devices": [{"name": "/dev/sda", "type": "-l"}]}',
        b'{"devices": [{"name": "/dev/sda", "type": "a b"}]}',
        b"[" * 100_000,
        b" " * (MAX_BYTES + 1),
    ],
)
def test_what_has_another_form_is_passed_over(scanned):
    assert devices(scanned) == []


def test_disks_have_a_bound():
    many = {"devices": [{"name": f"/dev/sd{n}", "type": "sat"} for n in range(200)]}

    assert len(devices(json.dumps(many).encode())) == MAX_DISKS


def test_an_answer_that_is_no_document_is_left_out():
    said = iter([json.dumps(SCAN).encode(), b"", b"smartctl: no", b'{"a": "\\n"}'])

    assert list(answers("smartctl", lambda _: next(said))) == [b'{"a":"\\n"}\n']


def talk(monkeypatch, request, smartctl=(sys.executable,)):
    out = io.BytesIO()
    monkeypatch.setattr(
        smarthelper,
        "sys",
        SimpleNamespace(
            stdin=SimpleNamespace(buffer=io.BytesIO(request)),
            stdout=SimpleNamespace(buffer=out),
        ),
    )
    monkeypatch.setattr(smarthelper, "SMARTCTL", smartctl)
    said = iter([json.dumps(SCAN).encode(), b'{"a": 1}', b"", b""])
    return main(lambda _: next(said)), out.getvalue()


def test_one_request_has_an_answer_and_any_other_none(monkeypatch, tmp_path):
    assert talk(monkeypatch, REQUEST) == (0, b'{"a":1}\n')
    assert talk(monkeypatch, REQUEST, (str(tmp_path / "smartctl"),)) == (3, b"")
    for request in (b"", b"smart 2\n", b"smart 1", b"smart 1 /dev/sda\n", b"x" * 1_000):
        assert talk(monkeypatch, request) == (2, b"")


def test_a_program_is_run_without_a_shell_whatever_its_exit_code():
    said = smarthelper.run([sys.executable, "-c", "print('$HOME'); raise SystemExit(68)"])

    assert said == b"$HOME\n"
    assert smarthelper.run(["/nonexistent/program"]) == b""


def test_it_stands_alone():
    file = Path(smarthelper.__file__)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(file)], input=b"other\n", capture_output=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"")
    assert "from muster" not in file.read_text()

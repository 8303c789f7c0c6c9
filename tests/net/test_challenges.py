"""Challenges are answered by the hub, in a folder of another server, or in DNS by a program."""

import asyncio
import hashlib
from pathlib import Path

import pytest
import uvloop

from muster.errors import InputError, MusterError, NotFound, Unavailable
from muster.net.challenges import (
    WELL_KNOWN,
    DnsAnswers,
    FolderAnswers,
    HttpAnswers,
    redirect_route,
)
from muster.net.http import Request
from tests.net.acmeserver import encode

TOKEN = "a" * 40


async def test_the_hub_answers_as_long_as_it_is_asked():
    answers = HttpAnswers()
    (route,) = answers.routes()
    request = Request(method="GET", path=f"{WELL_KNOWN}/{TOKEN}", match={"token": TOKEN})
    await answers.present("hub.example", TOKEN, "answer")
    answer = await route.handler(request)

    assert (answer.status, answer.body) == (200, b"answer")
    assert answer.content_type == "application/octet-stream"
    await answers.clean("hub.example", TOKEN, "answer")
    await answers.clean("hub.example", TOKEN, "answer")
    with pytest.raises(NotFound):
        await route.handler(request)


async def test_another_server_finds_them_in_its_folder(tmp_path):
    answers = FolderAnswers(tmp_path)
    path = tmp_path / ".well-known" / "acme-challenge" / TOKEN
    await answers.present("hub.example", TOKEN, "answer")

    assert path.read_text() == "answer"
    assert path.stat().st_mode & 0o777 == 0o644
    await answers.clean("hub.example", TOKEN, "answer")
    await answers.clean("hub.example", TOKEN, "answer")
    assert not path.exists()


async def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / ".well-known").write_text("a file")

    with pytest.raises(Unavailable, match="well-known"):
        await FolderAnswers(tmp_path).present("hub.example", TOKEN, "answer")


class Hook:
    """A program in a folder, and what it was told."""

    def __init__(self, folder, body="", waits=None):
        self.path = folder / "hook"
        self._said = folder / "said"
        self.path.write_text(f'#!/bin/sh\necho "$@" >> {self._said}\nenv >> {folder}/env\n{body}\n')
        self.path.chmod(0o755)
        self.waits = []

        async def pause(seconds):
            self.waits.append(seconds)

        self.answers = DnsAnswers(self.path, wait_s=30, pause=pause)

    @property
    def alive(self):
        file = self.path.with_name("pid")
        pids = file.read_text().split() if file.exists() else []
        return [each for each in pids if Path("/proc", each).exists()]

    @property
    def said(self):
        return self._said.read_text().splitlines()


async def test_a_program_sets_a_record_and_takes_it_away(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSTER_SECRET", "canary")
    hook = Hook(tmp_path)
    await hook.answers.present("hub.example", TOKEN, "answer")
    await hook.answers.clean("hub.example", TOKEN, "answer")

    value = encode(hashlib.sha256(b"answer").digest())
    assert hook.said == [
        f"present _acme-challenge.hub.example. {value}",
        f"cleanup _acme-challenge.hub.example. {value}",
    ]
    assert hook.waits == [30]
    assert "canary" not in (tmp_path / "env").read_text()


async def test_a_program_that_fails_is_quoted_and_cleaning_never_fails(tmp_path):
    hook = Hook(tmp_path, "head -c 100000 /dev/zero; echo no such zone >&2; exit 3")

    with pytest.raises(Unavailable, match=r"present ended with 3: .*no such zone"):
        await hook.answers.present("hub.example", TOKEN, "answer")
    await hook.answers.clean("hub.example", TOKEN, "answer")
    assert hook.waits == []


async def test_a_program_that_is_none_is_named(tmp_path):
    async def pause(seconds):
        pass

    with pytest.raises(Unavailable, match="cannot run"):
        answers = DnsAnswers(tmp_path / "none", wait_s=0, pause=pause)
        await answers.present("hub.example", TOKEN, "answer")


async def test_a_program_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("muster.net.challenges._HOOK_S", 0.2)
    hook = Hook(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 1000; true")

    with pytest.raises(Unavailable, match="took over"):
        await hook.answers.present("hub.example", TOKEN, "answer")
    assert hook.alive == []


@pytest.mark.parametrize(
    ("host", "port", "where"),
    [
        ("hub.example", 7443, "https://hub.example:7443/a%20b"),
        ("HUB.example:80", 443, "https://hub.example:443/a%20b"),
        ("[::1]:80", 7443, "https://[::1]:7443/a%20b"),
    ],
)
async def test_browsers_are_sent_to_the_web_listener(host, port, where):
    route = redirect_route(lambda: ["hub.example"], port)
    request = Request(method="GET", path="/a b", headers={"host": host})

    answer = await route.handler(request)
    assert (answer.status, answer.headers["Location"]) == (308, where)


@pytest.mark.parametrize("host", ["evil.example", "hub.example\r\nx", ""])
async def test_names_that_are_not_the_hubs_are_not_repeated(host):
    route = redirect_route(lambda: ["hub.example"], 7443)

    with pytest.raises((MusterError, InputError)):
        await route.handler(Request(method="GET", path="/", headers={"host": host}))


def test_a_program_runs_under_the_hubs_own_loop_too(tmp_path):
    hook = Hook(tmp_path)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(hook.answers.present("hub.example", TOKEN, "answer"))

    assert hook.said[0].startswith("present _acme-challenge.hub.example. ")

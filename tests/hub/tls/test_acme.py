"""The hub has a certificate from an ACME server, renews it in time, and tries again politely."""

import asyncio
import itertools
import json
import stat
from pathlib import Path

import pytest

from muster.clock import DAY_NS, SECOND_NS, ManualClock
from muster.errors import SettingsError, Unavailable
from muster.hub.tls.acme import Acme, AcmeSettings, check, names_for, web_files
from muster.hub.tls.webcertificate import WebCertificate, WebSettings
from muster.model.access import Actor
from muster.net.http import Request
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.store.records.records import SqliteRecords
from tests.net.acmeserver import DIRECTORY, AcmeServer, Refusal

ADA = Actor(name="ada")
NAMES = ("hub.example",)


class Hub:
    """What of a hub has to do with it, and the CA it asks."""

    def __init__(self, folder, records):
        self.folder = folder / "acme"
        self.records = records
        self.clock = ManualClock()
        self.server = AcmeServer(self.clock)
        self.told = []
        self.waits = []
        self.down = False
        self.enough = asyncio.Event()
        self.acme = self.start()

    def start(self, names=NAMES, **settings):
        wanted = AcmeSettings(directory=DIRECTORY, agree=True, **({"http_port": 80} | settings))
        self.acme = Acme(
            settings=wanted,
            names=names,
            folder=self.folder,
            clock=self.clock,
            transport=self.ask,
            audit=self.records.audit,
            renewed=self.renewed,
            pause=self.pause,
        )
        (route,) = self.acme.http.routes()

        async def fetch(name, path):
            token = path.rpartition("/")[2]
            request = Request(method="GET", path=path, match={"token": token})
            return (await route.handler(request)).body.decode()

        self.server.fetch = fetch
        return self.acme

    async def ask(self, method, url, *, body=b"", headers):
        if self.down:
            raise Unavailable("acme.test: no answer")
        return await self.server(method, url, body=body, headers=headers)

    def renewed(self):
        self.told.append(self.clock.now_ns())
        if len(self.told) == 3:
            self.enough.set()

    async def pause(self, seconds):
        self.waits.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def events(self):
        found = self.records.audit.events(spaces=None, limit=20)
        return [(each.event.actor, each.event.outcome) for each in found]

    def next_s(self):
        return (self.acme.state().next_ns - self.clock.now_ns()) / SECOND_NS


@pytest.fixture
def hub(tmp_path):
    with SqliteRecords() as records:
        yield Hub(tmp_path, records)


async def test_a_hub_without_one_gets_one_at_once(hub):
    assert hub.next_s() < 0

    await hub.acme.renew(ADA)
    files = web_files(hub.folder)
    view = keys.views(files.certificate.read_text())[0]
    assert view.names == NAMES
    assert hub.told == [hub.clock.now_ns()]
    assert hub.events() == [("ada", "ok")]
    for path in hub.folder.iterdir():
        wide = stat.S_IMODE(path.stat().st_mode) & 0o077
        assert wide == 0, path
    assert hub.acme.state().fault == ""


async def test_it_is_renewed_at_two_thirds_of_its_life_with_a_new_key(hub):
    await hub.acme.renew(ADA)
    first = (hub.folder / "web.key").read_text()
    left_days = hub.next_s() * SECOND_NS / DAY_NS
    assert 55.5 - 0.1 <= left_days <= 64.5 + 0.1

    hub.start()
    assert hub.next_s() * SECOND_NS / DAY_NS == left_days  # the same after a restart
    hub.clock.advance(hub.next_s() + 1)
    await hub.acme.renew(ADA)
    assert (hub.folder / "web.key").read_text() != first
    assert len(hub.server.accounts) == 1


async def test_another_name_is_due_at_once(hub):
    await hub.acme.renew(ADA)
    hub.start(names=("hub.example", "other.example"))

    assert hub.next_s() <= 0


async def test_what_fails_is_tried_later_and_later_also_after_a_restart(hub):
    hub.down = True
    waits = []
    for _ in range(12):
        with pytest.raises(Unavailable):
            await hub.acme.renew(ADA)
        waits.append(hub.next_s())
        hub.start()
        assert hub.next_s() == waits[-1]
        hub.clock.advance(waits[-1])

    assert 48 <= waits[0] <= 72
    assert all(later > earlier for earlier, later in itertools.pairwise(waits[:8]))
    assert max(waits) <= 6 * 3600 * 1.2
    assert hub.acme.state().fault == "acme.test: no answer"
    assert hub.acme.state().failures == 12
    assert hub.events()[0] == ("ada", "unavailable")
    hub.down = False
    await hub.acme.renew(ADA)
    assert hub.acme.state().failures == 0


async def test_a_rate_limit_is_kept(hub):
    hub.server.fail = [Refusal("rateLimited", "too many", 429, retry_after="172800")]
    with pytest.raises(Unavailable, match="rateLimited"):
        await hub.acme.renew(ADA)

    assert hub.next_s() == 172_800


async def test_what_is_not_for_the_names_is_not_taken(hub):
    await hub.acme.renew(ADA)
    good = (hub.folder / "web.pem").read_text()
    hub.server.wrong_names = ["evil.example"]

    with pytest.raises(Unavailable, match=r"is not for hub\.example"):
        await hub.acme.renew(ADA)
    assert (hub.folder / "web.pem").read_text() == good


async def test_an_account_that_was_vouched_for_elsewhere(hub, tmp_path):
    (tmp_path / "hmac").write_text("YSBzZWNyZXQ\n")
    hub.server.external = {"kid-1": b"a secret"}
    hub.start(external_kid="kid-1", external_key_file=tmp_path / "hmac")

    await hub.acme.renew(ADA)
    assert len(hub.server.certificates) == 1
    text = "".join(path.read_text() for path in hub.folder.glob("*.json"))
    assert "YSBzZWNyZXQ" not in text


async def test_a_webroot_and_a_hook_prove_names_too(hub, tmp_path):
    async def fetch(name, path):
        return (tmp_path / "www" / path.strip("/")).read_text()

    hub.start(http_port=0, webroot=tmp_path / "www")
    hub.server.fetch = fetch
    await hub.acme.renew(ADA)

    hook, records = tmp_path / "hook", tmp_path / "zone"
    hook.write_text(f'#!/bin/sh\n[ "$1" = present ] && echo "$2 $3" > {records}\nexit 0\n')
    hook.chmod(0o755)

    async def resolve(name):
        found, value = records.read_text().split()
        return value if found == name else None

    hub.start(http_port=0, dns_hook=hook)
    hub.server.resolve = resolve
    await hub.acme.renew(ADA)
    assert len(hub.server.certificates) == 2
    assert 30.0 in hub.waits


async def test_it_runs_by_itself_and_the_listener_takes_what_it_gets(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("muster.hub.tls.acme.LOOK_S", 5 * 86_400)
    own = tmp_path / "own.pem"
    issued = Authority(make_hierarchy(hub.clock.now_ns())).issue_server(
        ["localhost"], now_ns=hub.clock.now_ns()
    )
    own.write_text(issued.key.reveal() + issued.chain)
    web = WebCertificate(
        settings=web_files(hub.folder),
        own=own,
        hosts=lambda: ["localhost"],
        clock=hub.clock,
        may_lack=True,
    )
    web.look()
    assert (web.pair, web.fault) == (None, "")  # it is yet to come

    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(hub.acme.run())
        await hub.enough.wait()
        job.cancel()
    web.look()
    assert web.pair.names == set(NAMES)
    apart = [(later - earlier) / DAY_NS for earlier, later in itertools.pairwise(hub.told)]
    assert all(55 <= each <= 70 for each in apart)


@pytest.mark.parametrize("damage", ["{", '{"failures": "many"}', None])
async def test_a_damaged_state_is_none(hub, damage):
    await hub.acme.renew(ADA)
    state = hub.folder / "state.json"
    assert json.loads(state.read_text()) == {"failures": 0, "next_ns": 0, "fault": ""}
    state.unlink() if damage is None else state.write_text(damage)

    hub.start()
    assert hub.acme.state().fault == ""


GOOD = {"directory": DIRECTORY, "agree": True, "http_port": 80, "names": NAMES}


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"directory": "http://acme.test/dir"}, "acme.directory"),
        ({"directory": "https://"}, "acme.directory"),
        ({"agree": False}, "acme.agree"),
        ({"http_port": 0}, "acme.http_port"),
        ({"webroot": "/www"}, "acme.http_port"),
        ({"http_port": 70_000}, "acme.http_port"),
        ({"names": ("*.example",)}, "acme.names"),
        ({"names": ()}, "acme.names"),
        ({"external_kid": "x"}, "acme.external_kid"),
        ({"ca_file": "ca.pem"}, "acme.ca_file"),
    ],
)
def test_settings_that_cannot_work_are_named(changed, key):
    paths = {name: Path(text) for name, text in changed.items() if name in ("webroot", "ca_file")}

    with pytest.raises(SettingsError) as refused:
        check(AcmeSettings(**(GOOD | changed | paths)), WebSettings(), ())
    assert refused.value.key == key


def test_files_brought_along_and_acme_exclude_each_other(tmp_path):
    web = WebSettings(certificate=tmp_path / "c", key=tmp_path / "k")
    with pytest.raises(SettingsError, match="so the hub gets a certificate itself"):
        check(AcmeSettings(**GOOD), web, ())

    check(AcmeSettings(), web, ())
    check(AcmeSettings(**GOOD), WebSettings(), ())


def test_the_names_are_those_the_hub_is_known_by():
    known = ("Hub.example", "192.0.2.7", "hub.example")

    assert names_for(AcmeSettings(), known) == ("hub.example",)
    assert names_for(AcmeSettings(names=("192.0.2.7",)), known) == ("192.0.2.7",)

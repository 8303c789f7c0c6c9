import asyncio
import json
import os
from types import SimpleNamespace

import pytest

from muster.clock import DAY_NS, ManualClock
from muster.hub.diagnosis import doctor
from muster.hub.places import Places
from muster.pki.authority import Authority, make_hierarchy
from muster.store.keystore import KeyStore

NOW = ManualClock().now_ns()


@pytest.fixture
def places(tmp_path):
    data = tmp_path / "hub"
    (data / "ca").mkdir(parents=True)
    data.chmod(0o700)
    return Places(data)


async def test_a_hub_that_does_not_run_is_a_fault_with_how_to_start_it(places):
    steps = {step.step: step async for step in doctor.examine(places.data, ManualClock())}

    assert steps["hub"].ok is False
    assert "muster up" in steps["hub"].remedy
    assert steps["permissions"].ok is True


def test_a_ca_key_that_others_may_read_is_a_fault(places):
    key = places.ca / "root.key"
    key.write_text("k")
    key.chmod(0o640)
    finding = doctor.keys(places)

    assert finding.ok is False
    assert "0640" in finding.text and "chmod 600" in finding.remedy


def test_a_folder_that_others_may_look_into_is_worth_knowing(places):
    places.data.chmod(0o755)

    assert doctor.folder(places).ok is None


def test_the_server_certificate_is_judged_by_what_is_left(places):
    assert doctor.certificate(places, NOW).ok is None

    issued = Authority(make_hierarchy(NOW)).issue_server(["localhost"], now_ns=NOW)
    places.certificate.parent.mkdir()
    places.certificate.write_text(issued.chain)

    assert doctor.certificate(places, NOW).ok is True
    assert "localhost" in doctor.certificate(places, NOW).text
    assert doctor.certificate(places, NOW + 400 * DAY_NS).ok is False

    places.certificate.write_text("not a certificate")

    assert doctor.certificate(places, NOW).ok is False


@pytest.mark.parametrize(
    ("total", "free", "ok"),
    [
        (1000 << 30, 255 << 20, False),
        (1000 << 30, 300 << 20, None),
        (1000 << 30, 600 << 20, True),
        (100 << 20, 9 << 20, False),
        (100 << 20, 90 << 20, True),
    ],
)
def test_a_disk_is_judged_by_what_the_hub_keeps_in_reserve(places, monkeypatch, total, free, ok):
    usage = SimpleNamespace(total=total, free=free, used=total - free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)

    assert doctor.disk(places).ok is ok


def test_a_read_only_file_system_is_not_taken_for_wrong_permissions(places, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))

    assert "mount" in doctor.folder(places).remedy


def test_pure_twins_are_worth_knowing_and_no_fault(monkeypatch):
    monkeypatch.setattr(doctor.cells, "COMPILED", False)

    assert doctor.twins().ok is None
    assert "compiler" in doctor.twins().remedy


def brought(folder, *names):
    """A pair that the hub's own CA made serves as one that was brought along."""
    issued = Authority(make_hierarchy(NOW)).issue_server(list(names), now_ns=NOW)
    (folder / "c.pem").write_text(issued.chain)
    (folder / "k.pem").write_text(issued.key.reveal())
    (folder / "k.pem").chmod(0o600)
    return folder / "c.pem", folder / "k.pem"


def test_a_web_certificate_is_judged_by_its_files(tmp_path):
    file, key = brought(tmp_path, "www.example")
    good = doctor.web_certificate(file, key, NOW)

    assert good.ok is True and "www.example" in good.text
    assert doctor.web_certificate(file, key, NOW + 27 * DAY_NS).ok is None
    ended = doctor.web_certificate(file, key, NOW + 400 * DAY_NS)
    assert ended.ok is False and "has ended" in ended.text
    key.chmod(0o604)
    assert "chmod 640" in doctor.web_certificate(file, key, NOW).remedy
    key.write_text("no key")
    assert doctor.web_certificate(file, key, NOW).ok is False


def test_a_ca_that_lasts_is_well_and_says_where_its_root_is(places):
    places.ca.rmdir()
    KeyStore(folder=places.ca).open(NOW)
    well = doctor.authority(places, NOW)
    (places.ca / "root.key").unlink()
    away = doctor.authority(places, NOW)

    assert (well.ok, "root's key is here" in well.text) == (True, True)
    assert (away.ok, "root's key is offline" in away.text) == (True, True)


def test_issuers_that_end_while_the_root_is_away_are_a_warning_with_what_to_do(places):
    places.ca.rmdir()
    KeyStore(folder=places.ca).open(NOW)
    (places.ca / "root.key").unlink()
    found = doctor.authority(places, NOW + int(4.5 * 365 * 86_400) * 10**9)

    assert found.ok is None
    assert "ends in" in found.text
    assert found.remedy.startswith("muster ca renew --root-key")


def test_a_ca_that_is_not_there_yet_or_is_damaged_is_told_apart(places):
    assert doctor.authority(places, NOW).ok is None
    for part in ("root", "agents", "servers"):
        (places.ca / f"{part}.pem").write_text("nonsense")

    assert doctor.authority(places, NOW).ok is False


@pytest.fixture
async def answering(places):
    """A hub that answers one thing to everybody, at its socket."""
    said = []

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        status, body = said[-1]
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, places.socket)
    async with server:
        yield lambda status, value: said.append((status, json.dumps(value).encode()))


ENDING = {"kind": "web", "name": "hub.example", "days": 5, "remedy": "renew it"}


@pytest.mark.parametrize(
    ("told", "ok", "text"),
    [
        ([], True, "no certificate ends within 30 days"),
        ([ENDING], None, "web hub.example ends in 5 days"),
        ([ENDING | {"days": -1}, ENDING], None, "has ended; 1 more: muster pki expiring"),
    ],
)
async def test_what_ends_soon_is_said(places, answering, told, ok, text):
    answering(200, told)
    found = await doctor.endings(places)

    assert (found.step, found.ok) == ("expiring", ok)
    assert text in found.text
    assert found.remedy == ("renew it" if told else "")


async def test_a_hub_that_does_not_know_what_ends_is_no_fault(places, answering):
    answering(404, {"error": {"code": "not_found", "text": "nothing there"}})

    assert (await doctor.endings(places)).ok is True


def test_renewals_by_acme_are_judged_by_what_the_hub_noted(places):
    assert doctor.renewals(places).ok is None

    places.acme.mkdir()
    state = places.acme / "state.json"
    state.write_text('{"failures": 0, "next_ns": 0, "fault": ""}')
    assert doctor.renewals(places).ok is True
    state.write_text('{"failures": 3, "next_ns": 9, "fault": "rateLimited"}')
    found = doctor.renewals(places)
    assert (found.ok, "rateLimited" in found.text) == (None, True)
    assert "muster pki web --renew" in found.remedy

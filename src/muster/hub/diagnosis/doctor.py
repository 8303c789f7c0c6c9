"""What is wrong with a hub: its folder, its keys, its disk, and whether it answers.

Works from the folder alone when the hub does not run. The walk goes on after a fault, since
these steps do not depend on one another.
"""

import shutil
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from muster.clock import DAY_NS, SECOND_NS, Clock
from muster.core.certificates.authorities import warnings
from muster.errors import MusterError
from muster.faces.netdata import tables
from muster.files import why_unusable
from muster.hub.diagnosis import auditlook, datagramlook, forwardlook
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.hub.tls.acme import WebState
from muster.hub.tls.webcertificate import WebSettings, read_pair
from muster.influxql.answers import rowtexts
from muster.influxql.functions import panelsums
from muster.model.finding import Finding, judge_room
from muster.net.client import Target, request
from muster.pki.trust import Trust
from muster.promql import pointtexts, sweeps
from muster.store.catalogue import cataloguefill, columns, names, tagsets
from muster.store.head import blocks, finitecells
from muster.store.journal import segment
from muster.store.journal.journal import Settings as JournalSettings
from muster.wire import (
    cells,
    lineprotocol,
    linewriter,
    prometheus,
    prometheusxor,
    snappy,
    websocket,
)
from muster.wire.netdata import questionpackets

RESERVE_BYTES = JournalSettings().reserve_bytes
_WEEK_S = 7 * 86_400
_CA_PARTS = ("root", "agents", "servers")


async def examine(
    data: Path, clock: Clock, *, settings: Callable[[], Settings] = Settings
) -> AsyncIterator[Finding]:
    """Look at a hub's data folder and at the hub that runs on it.

    `settings` reads those it would start with; its error is a finding.
    """
    places = Places(data)
    try:
        known = settings()
        web, acme = known.web, bool(known.acme.directory)
    except MusterError as error:
        remedy = "mend it, and look again: muster config check"
        yield Finding(step="settings", ok=False, text=str(error), remedy=remedy)
        web, acme = WebSettings(), False
    checks: list[Callable[[], Finding]] = [
        lambda: folder(places),
        lambda: keys(places),
        lambda: authority(places, clock.now_ns()),
        lambda: disk(places),
        lambda: certificate(places, clock.now_ns()),
        lambda: auditlook.look(places),
        twins,
    ]
    for check in checks:
        yield check()
    if web.certificate is not None and web.key is not None:
        yield web_certificate(web.certificate, web.key, clock.now_ns())
    if acme:
        yield renewals(places)
    yield await pulse(places)
    if places.socket.exists():
        yield await endings(places)
        yield await forwardlook.look(places)
        yield await datagramlook.look(places)


def folder(places: Places) -> Finding:
    """Only its owner may look into it."""
    if fault := why_unusable(places.data):
        text, remedy = fault
        return Finding(step="permissions", ok=False, text=text, remedy=remedy)
    mode = places.data.stat().st_mode & 0o777
    if mode & 0o077:
        text = f"others may look into {places.data} (mode {mode:04o})"
        return Finding(step="permissions", ok=None, text=text, remedy=f"chmod 700 {places.data}")
    return Finding(step="permissions", ok=True, text=f"{places.data} is private")


def keys(places: Places) -> Finding:
    """The hub refuses to start with a CA key that others may read."""
    for path in sorted(places.ca.glob("*.key")):
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            return Finding(
                step="CA keys",
                ok=False,
                text=f"others may read {path} (mode {mode:04o})",
                remedy=f"chmod 600 {path}; if somebody else was on this machine, make a new CA",
            )
    return Finding(step="CA keys", ok=True, text=f"private, in {places.ca}")


def authority(places: Places, now_ns: int) -> Finding:
    """The CA's certificates: what ends, and who has to act."""
    try:
        texts = {part: (places.ca / f"{part}.pem").read_text() for part in _CA_PARTS}
        trust = Trust(
            hub="",
            anchors=texts["root"],
            agents=texts["agents"],
            servers=texts["servers"],
            server_tail="",
            root_key=(places.ca / "root.key").exists(),
        )
        found = warnings(trust, now_ns)
    except FileNotFoundError:
        return Finding(step="CA", ok=None, text="made when the hub starts")
    except (OSError, ValueError, MusterError) as error:
        text, remedy = f"{places.ca} cannot be read: {error}", "restore it from a backup"
        return Finding(step="CA", ok=False, text=text, remedy=remedy)
    if found:
        text, _, remedy = found[0].rpartition(": ")
        return Finding(step="CA", ok=None, text=text, remedy=remedy)
    where = "here" if trust.root_key else "offline"
    ends_ns = min(view.not_after_ns for view in trust.issuers())
    text = f"issues for {(ends_ns - now_ns) // DAY_NS} days more; the root's key is {where}"
    return Finding(step="CA", ok=True, text=text)


def disk(places: Places) -> Finding:
    """Ingest stops before the disk is full; reading goes on."""
    usage = shutil.disk_usage(places.data)
    reserve = min(RESERVE_BYTES, usage.total // 10)  # as store.journal.journal.Journal.fit
    below = "the hub takes no values and the agents keep theirs"
    return judge_room(places.data, usage.free, reserve, below=below)


def certificate(places: Places, now_ns: int) -> Finding:
    """The server's own certificate; a running hub renews it at half its life."""
    try:
        loaded = x509.load_pem_x509_certificate(places.certificate.read_bytes())
    except FileNotFoundError:
        return Finding(step="certificate", ok=None, text="made when the hub starts")
    except (OSError, ValueError) as error:
        text = f"{places.certificate} cannot be read: {error}"
        remedy = "remove the file; the hub makes it anew"
        return Finding(step="certificate", ok=False, text=text, remedy=remedy)
    left_s = int(loaded.not_valid_after_utc.timestamp()) - now_ns // SECOND_NS
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = ", ".join(str(name.value) for name in names)[:120]
    if left_s < 0:
        text, remedy = "the server certificate has ended", "start the hub: it makes a new one"
        return Finding(step="certificate", ok=False, text=text, remedy=remedy)
    ok = True if left_s > _WEEK_S else None
    text = f"valid for {left_s // 86_400} days more, for {known}"
    return Finding(step="certificate", ok=ok, text=text)


def web_certificate(file: Path, key: Path, now_ns: int) -> Finding:
    """The certificate that was brought along for browsers: as the hub finds it at its next look."""
    step = "web cert"
    try:
        pair = read_pair(file, key, now_ns)
    except MusterError as error:
        remedy = "replace the files; a running hub keeps the pair before, or its own, and takes the"
        remedy += " new one within a minute"
        return Finding(step=step, ok=False, text=str(error), remedy=remedy)
    days = (pair.not_after_ns - now_ns) // DAY_NS
    text = f"{file} is valid for {days} days more, for {', '.join(sorted(pair.names))[:120]}"
    mode = key.stat().st_mode & 0o777
    if mode & 0o007:
        return Finding(
            step=step,
            ok=None,
            text=f"everybody on this machine may use {key} (mode {mode:04o})",
            remedy=f"chmod 640 {key}, with the hub's group",
        )
    if not pair.names:
        text = f"{file} names no host; browsers take it for none"
        return Finding(step=step, ok=None, text=text, remedy="have it issued with a SAN")
    if days < _WEEK_S // 86_400:
        return Finding(step=step, ok=None, text=text, remedy="renew it: is its renewal running?")
    return Finding(step=step, ok=True, text=text)


def renewals(places: Places) -> Finding:
    """Whether ACME renews the web listener's certificate, by what the hub noted of it."""
    try:
        state = msgspec.json.decode((places.acme / "state.json").read_bytes(), type=WebState)
    except (OSError, msgspec.MsgspecError):
        text = "no certificate was asked for yet"
        return Finding(step="ACME", ok=None, text=text, remedy="start the hub, and look again")
    if state.failures:
        text = f"{state.failures} renewals in a row failed: {state.fault}"
        remedy = "remove the cause, then: muster pki web --renew"
        return Finding(step="ACME", ok=None, text=text, remedy=remedy)
    return Finding(step="ACME", ok=True, text="the last renewal went well")


def twins() -> Finding:
    """Compiled or pure: the same answers, at another speed."""
    found = {
        "wire": cells.COMPILED and websocket.COMPILED,
        "line protocol": lineprotocol.COMPILED and linewriter.COMPILED,
        "Prometheus": prometheus.COMPILED and prometheusxor.COMPILED and snappy.COMPILED,
        "store": blocks.COMPILED and finitecells.COMPILED,
        "series": all(each.COMPILED for each in (cataloguefill, columns, names, segment, tagsets)),
        "answers": rowtexts.COMPILED and panelsums.COMPILED,
        "PromQL": sweeps.COMPILED and pointtexts.COMPILED,
        "Netdata": tables.COMPILED and questionpackets.COMPILED,
    }
    missing = [name for name, compiled in found.items() if not compiled]
    if missing:
        text = f"the pure-Python twins serve in {', '.join(missing)}: slower, otherwise the same"
        remedy = "install a C++ compiler and install Muster again"
        return Finding(step="compiled", ok=None, text=text, remedy=remedy)
    return Finding(step="compiled", ok=True, text="the compiled twins are in use")


async def pulse(places: Places) -> Finding:
    """Ask the running hub."""
    if not places.socket.exists():
        remedy = f"start it: muster up --data {places.data}"
        return Finding(step="hub", ok=False, text="no hub runs on this folder", remedy=remedy)
    try:
        target = Target(socket=places.socket)
        told: dict[str, Any] = (await request(target, "GET", "/api/v1/hub", timeout_s=10)).json()
    except MusterError as error:
        remedy = "it does not answer: see its log, then restart it"
        return Finding(step="hub", ok=False, text=str(error), remedy=remedy)
    if told["state"] != "ok":
        text = f"{told['state']}: {told['reason']}"
        return Finding(step="hub", ok=False, text=text, remedy="remove the cause; it goes on alone")
    text = (
        f"links: {told['links']}, {told['series']} series, {told['ingest_values_s']:.0f} values/s,"
        f" journal synced in {told['journal_sync_ms']:.1f} ms"
    )
    return Finding(step="hub", ok=True, text=text)


async def endings(places: Places) -> Finding:
    """What ends soon, of all certificates the running hub knows."""
    step = "expiring"
    try:
        answer = await request(
            Target(socket=places.socket), "GET", "/api/v1/pki/expiring", timeout_s=10
        )
        found: list[dict[str, Any]] = answer.json() if answer.status == HTTPStatus.OK else []
    except MusterError as error:
        remedy = "it does not answer: see its log, then restart it"
        return Finding(step=step, ok=None, text=str(error), remedy=remedy)
    if not found:
        return Finding(step=step, ok=True, text="no certificate ends within 30 days")
    first = found[0]
    days = first["days"]
    when = f"ends in {days} days" if days >= 0 else "has ended"
    more = f"; {len(found) - 1} more: muster pki expiring" if len(found) > 1 else ""
    text = f"{first['kind']} {first['name']} {when}{more}"
    return Finding(step=step, ok=None, text=text, remedy=first["remedy"])

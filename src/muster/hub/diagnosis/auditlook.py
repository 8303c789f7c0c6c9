"""A look at the newest part of the audit log's chain, of a bounded length, from the folder alone.

The whole is for `muster audit verify`: a million events take a while.
"""

from muster.errors import MusterError
from muster.hub.assembly.auditanchor import AuditAnchor
from muster.hub.places import Places
from muster.model.finding import Finding
from muster.store.records.audit import SqliteAudit
from muster.store.records.database import Database

MOST = 10_000  # events, a fraction of a second
STEP = "audit log"


def look(places: Places) -> Finding:
    """Whether the newest events are as they were written; the first that is not by its id."""
    if not places.records.exists():
        return Finding(step=STEP, ok=None, text="made when the hub starts")
    chain = SqliteAudit(Database(places.records))
    # Before the events are read: what is noted meanwhile would be missed among them.
    kept = AuditAnchor(file=places.audit_anchor, chain=chain).kept()
    try:
        report = chain.check_newest(MOST, {kept.id: kept.hash} if kept else {})
    except MusterError as error:
        remedy = "start the hub, which says what is wrong; else restore the records from a backup"
        return Finding(step=STEP, ok=False, text=str(error), remedy=remedy)
    if report.fault is not None:
        fault = report.fault
        text = f"event {fault.event} is {fault.what}: {fault.text}"
        remedy = "somebody wrote into the records: keep a copy, then muster audit verify"
        return Finding(step=STEP, ok=False, text=text, remedy=remedy)
    text = f"the newest {report.events} events are as they were written, up to {report.newest.id}"
    return Finding(step=STEP, ok=True, text=text)

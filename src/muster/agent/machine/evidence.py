"""By what this machine is known again, hashed for one hub: shown to it, never a gate.

Read from /etc, /sys and /proc; what is missing or may not be read stays empty. No cryptography
beyond a hash here: the running agent imports this file. What only a claim shows is in
agent/proofs.py.

Source: docs/formats/claim.md; machine-id(5).
"""

import hashlib
from pathlib import Path

from muster.model.evidence import Evidence

MAX_CARDS = 16
_MAX_BYTES = 4096
_NOBODYS = frozenset(
    # UUIDs of boards whose maker filled in none, and the card that is none
    (
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009",
        "00:00:00:00:00:00",
    )
)


def machine_evidence(hub: str, root: Path = Path("/")) -> Evidence:
    """What tells this machine from others, for the hub with this id. `root` goes before paths."""
    machine_id = _read(root / "etc/machine-id") or _read(root / "var/lib/dbus/machine-id")
    return Evidence(
        machine_id=hashed(hub, "machine_id", machine_id),
        dmi=hashed(hub, "dmi", _read(root / "sys/class/dmi/id/product_uuid")),
        macs=tuple(hashed(hub, "mac", each) for each in _cards(root))[:MAX_CARDS],
        boot_id=_read(root / "proc/sys/kernel/random/boot_id")[:64],
    )


def hashed(hub: str, kind: str, text: str) -> str:
    """An identifier as one hub gets it; "" stays "" and so does one that many machines share."""
    plain = text.strip().lower()
    if not hub or not plain or plain in _NOBODYS:
        return ""
    return hashlib.sha256(f"muster-{kind}\0{hub}\0{plain}".encode()).hexdigest()


def _cards(root: Path) -> list[str]:
    """Addresses of network cards; those that software made up come and go."""
    try:
        folders = sorted((root / "sys/class/net").iterdir())
    except OSError:
        return []
    found = {_read(folder / "address") for folder in folders if (folder / "device").exists()}
    return sorted(each for each in found if each and each not in _NOBODYS)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""

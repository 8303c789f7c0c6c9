"""What a doctor finds at one step of its walk."""

from pathlib import Path

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `ok` None: worth knowing, no fault. A fault says what to do."""

    step: str
    ok: bool | None
    text: str
    remedy: str = ""


def judge_room(where: Path, free_bytes: int, need_bytes: int, *, below: str) -> Finding:
    """Whether a disk has room; `below` says what happens when it has less than is needed."""
    text = f"{free_bytes >> 20} MiB free below {where}, {need_bytes >> 20} MiB are needed"
    if free_bytes < need_bytes:
        return Finding(step="disk", ok=False, text=text, remedy=f"free space; until then {below}")
    if free_bytes < 2 * need_bytes:
        remedy = f"free space soon; with less than is needed {below}"
        return Finding(step="disk", ok=None, text=text, remedy=remedy)
    return Finding(step="disk", ok=True, text=text)

"""What a doctor finds at one step of its walk."""

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `ok` None: worth knowing, no fault. A fault says what to do."""

    step: str
    ok: bool | None
    text: str
    remedy: str = ""

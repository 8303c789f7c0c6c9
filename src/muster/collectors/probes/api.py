"""What a kind of probe is: its measurements, beside a pure function from outcome to Point.

How a probe is carried out is the agent's (agent/probing); what it came to is told here, in
the words of Telegraf's inputs.
"""

import msgspec

from muster.collectors.api import Measurement


class ProbeKind(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration. `asked`: what of a probe brings these points about, in words."""

    name: str
    asked: str
    measurements: tuple[Measurement, ...]

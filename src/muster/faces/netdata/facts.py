"""What an agent says of a host, in the words of the model."""

from collections.abc import Iterable

from muster.model.inventory import Facts
from muster.wire.netdata.messages import Capability, NodeInfo

_MAX_CAPABILITIES = 64
_MAX_DIGITS = 18


def facts_of(data: NodeInfo) -> Facts:
    """Facts of a node. Its labels are no labels of ours: rooms must not follow an agent's word."""
    return Facts(
        hostname=data.name,
        os=" ".join(part for part in (data.os_name or data.os, data.os_version) if part),
        kernel=" ".join(part for part in (data.kernel_name, data.kernel_version) if part),
        architecture=data.architecture,
        cores=data.cpus,
        memory_bytes=_number(data.memory),
        agent_version=data.version,
    )


def capabilities_of(told: Iterable[Capability]) -> dict[str, int]:
    """Those that are enabled, to their versions."""
    enabled = {each.name[:64]: each.version for each in told if each.enabled and each.name}
    return dict(list(enabled.items())[:_MAX_CAPABILITIES])


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_number else 0

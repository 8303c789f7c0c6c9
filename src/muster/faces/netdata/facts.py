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
        os=_told(_told(data.os_name) or data.os, data.os_version),
        kernel=_told(data.kernel_name, data.kernel_version),
        architecture=data.architecture,
        cores=data.cpus,
        memory_bytes=_number(data.memory),
        agent_version=data.version,
    )


def capabilities_of(told: Iterable[Capability]) -> dict[str, int]:
    """Those that are enabled, to their versions."""
    enabled = {each.name[:64]: each.version for each in told if each.enabled and each.name}
    return dict(list(enabled.items())[:_MAX_CAPABILITIES])


def _told(*words: str) -> str:
    """What is not found out is called "unknown"."""
    return " ".join(word for word in words if word and word != "unknown")


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_number else 0

"""Whether the agent's identity came by Muster's own claim, which Netdata's words leave alone."""

from pathlib import Path

from muster.agent.joining.identity import is_claimed, load_identity
from muster.agent.netdata.adopted import read_adopted
from muster.errors import MusterError


def native_node(data: Path) -> str:
    """The node that this agent is by a token of Muster's own; "" when it is none."""
    if not is_claimed(data):
        return ""
    adopted = read_adopted(data)
    try:
        node = load_identity(data).node.node
    except MusterError:
        return "" if adopted is not None else "unknown"
    return "" if adopted is not None and adopted.node == node else node

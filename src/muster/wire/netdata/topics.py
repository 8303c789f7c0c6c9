"""MQTT topics of one agent: their names, as agents know them, and their texts.

The texts are the cloud's choice, with two rules of the agents: the placeholder stands in each
exactly once, and what a command is stands in the last level of the topic it comes by. Agents
of all versions are offered all names; what one does not know it leaves alone.

Source: docs/formats/netdata-link.md ("Topics")
"""

import re

from muster.errors import InputError

PLACEHOLDER = "#{claim_id}"
COMMAND = "inbox-cmd"  # queries
COMMAND_V1 = "inbox-cmd-v1"  # protobuf commands
CONNECTION = "agent-connection"  # also where the last will goes
HTTP = "http"  # our name of the topics that replies to queries come by; agents do not know it

# In the order that agents number their aliases by, from 1.
NAMES = (
    COMMAND,
    COMMAND_V1,
    CONNECTION,
    "create-node-instance",
    "node-instance-connection",
    "node-instance-info",
    "node-instance-collectors",
    "contexts-snapshot",
    "contexts-updated",
    "alarm-config",
    "alarm-log-v2",
    "alarm-snapshot-v2",
    "alarm-checkpoint",
    "alarm-log",
    "alarm-snapshot",
    "alarm-health",
    "chart",
    "alarms",
    "meta",
    "chart-and-dims-updated",
    "chart-configs-updated",
    "reset-charts",
    "chart-retention-updated",
)

_LEVEL = re.compile(r"[A-Za-z0-9._-]{1,64}")


def offered_topics() -> tuple[tuple[str, str], ...]:
    """(name, text with the placeholder) of every topic, in the order of their aliases."""
    return tuple((name, _text(PLACEHOLDER, name)) for name in NAMES)


class Topics:
    """The topics of one claim id. Errors: InputError when it is no level of a topic."""

    def __init__(self, claim_id: str) -> None:
        if not _LEVEL.fullmatch(claim_id):
            raise InputError(f"not a claim id: {claim_id[:64]!r}")
        self.claim_id = claim_id
        self._outbox = _text(claim_id, "")
        self._replies = f"/agent/{claim_id}/outbox/{HTTP}/"

    def text_of(self, name: str) -> str:
        """Errors: InputError for a name that is not offered."""
        if name not in _KNOWN:
            raise InputError(f"no name of a topic: {name[:64]!r}")
        return _text(self.claim_id, name)

    def command(self, message: str) -> str:
        """Where a command of this name is published to."""
        return f"/agent/{self.claim_id}/inbox/v1/{_level(message)}"

    def callback(self, msg_id: str) -> str:
        """Where the reply to a query is to come by."""
        return self._replies + _level(msg_id)

    def name_of(self, text: str) -> str:
        """The name of a topic that this agent may publish to; HTTP for a reply to a query.

        Errors: InputError for any other.
        """
        if text.startswith(self._outbox) and (name := text[len(self._outbox) :]) in _KNOWN:
            if not name.startswith("inbox-"):
                return name
        elif self.is_reply(text):
            return HTTP
        raise InputError(f"no topic that {self.claim_id} may publish to: {text[:128]!r}")

    def is_reply(self, text: str) -> bool:
        """Whether it is one by which a reply to a query comes."""
        start = self._replies
        return text.startswith(start) and _LEVEL.fullmatch(text, len(start)) is not None

    def inboxes(self) -> dict[str, str]:
        """The names of the two topics that this agent may subscribe to, by their texts."""
        return {self.text_of(name): name for name in (COMMAND, COMMAND_V1)}


_KNOWN = frozenset(NAMES)


def _text(claim_id: str, name: str) -> str:
    if name == COMMAND:
        return f"/agent/{claim_id}/inbox/cmd"
    if name == COMMAND_V1:
        return f"/agent/{claim_id}/inbox/v1/+"
    return f"/agent/{claim_id}/outbox/v1/{name}"


def _level(text: str) -> str:
    if not _LEVEL.fullmatch(text):
        raise InputError(f"not a level of a topic: {text[:64]!r}")
    return text


def callback_topic(claim_id: str, msg_id: str) -> str:
    """Where an agent's reply to a query is to come by. Errors: InputError for no such ids."""
    return Topics(claim_id).callback(msg_id)

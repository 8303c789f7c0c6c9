"""Identifiers. Distinct types, so that one can't be passed for another."""

import re
from typing import NewType

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # lower case, as we write

SpaceId = NewType("SpaceId", str)  # UUID
RoomId = NewType("RoomId", str)  # UUID
NodeId = NewType("NodeId", str)  # UUID that never changes
UserId = NewType("UserId", str)  # UUID
TokenId = NewType("TokenId", str)  # 16 characters of base32, lower case; public
ApiTokenId = NewType("ApiTokenId", str)  # in the same form
ProbeId = NewType("ProbeId", str)  # UUID

_UUID = re.compile(UUID)


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID as ids are written."""
    return _UUID.fullmatch(text) is not None

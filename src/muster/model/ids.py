"""Identifiers. Distinct types, so that one can't be passed for another."""

from typing import NewType

SpaceId = NewType("SpaceId", str)  # UUID
RoomId = NewType("RoomId", str)  # UUID
NodeId = NewType("NodeId", str)  # UUID that never changes
UserId = NewType("UserId", str)  # UUID
TokenId = NewType("TokenId", str)  # 16 characters of base32, lower case; public
ApiTokenId = NewType("ApiTokenId", str)  # in the same form

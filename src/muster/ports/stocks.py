"""Under which ids the points of databases are kept. Calls block, as all of ports/records.py."""

from typing import Protocol

import msgspec

from muster.model.ids import NodeId


class Stock(msgspec.Struct, frozen=True):
    """The points of one policy of a database. `id` stands where a node's does; it is a UUID."""

    id: NodeId
    database: int  # its number
    policy: str


class StockRecords(Protocol):
    """They come with written points, and have no events; dropping a database drops its own."""

    def stocks(self) -> list[Stock]: ...

    def add(self, stock: Stock) -> Stock:
        """The stock of its policy: this one, or the one that was there.

        Errors: Conflict when the database is gone.
        """
        ...

    def drop(self, stock: Stock) -> None:
        """Changes nothing when it is gone."""
        ...

"""Under which ids points of InfluxDB's wire are kept, in SQLite. Source: migrations/."""

from muster.model.ids import NodeId
from muster.ports.stocks import Stock
from muster.store.records.database import Database, Row

_STOCKS = "SELECT id, database, policy FROM influx_stocks"
_ONE = f"{_STOCKS} WHERE database = ? AND policy = ?"


class SqliteInfluxStocks:
    """See muster.ports.stocks.StockRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stocks(self) -> list[Stock]:
        return [_stock(row) for row in self._database.all(f"{_STOCKS} ORDER BY database, policy")]

    def add(self, stock: Stock) -> Stock:
        with self._database.change() as writer:
            writer.execute(
                "INSERT INTO influx_stocks (id, database, policy) VALUES (?, ?, ?)"
                " ON CONFLICT (database, policy) DO NOTHING",
                (stock.id, stock.database, stock.policy),
            )
            return _stock(writer.execute(_ONE, (stock.database, stock.policy)).fetchone())

    def drop(self, stock: Stock) -> None:
        with self._database.change() as writer:
            writer.execute("DELETE FROM influx_stocks WHERE id = ?", (stock.id,))


def _stock(row: Row) -> Stock:
    return Stock(NodeId(row[0]), row[1], row[2])

"""Who answers statements that read or delete points: the seam between this face and evaluation."""

from typing import Protocol

from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.preparedstatements import Listed, Prepared
from muster.influxql.answers.results import StatementResult
from muster.influxql.syntax.ast import Statement


class Evaluator(Protocol):
    """Answers what core/influxql/databasestatements.py does not know."""

    async def answer(self, asked: Asked, statement: Statement, number: int) -> StatementResult:
        """The result of one statement; why there is none stands in its `error`."""
        ...

    def at_once(self, asked: Asked, statement: Statement, number: int) -> StatementResult | None:
        """The same, where it needs no wait and changes nothing; None: ask `answer`."""
        ...

    def prepared(self, asked: Asked, statement: Statement) -> Prepared | Listed | None:
        """What of a statement that was answered at once is good when it is asked again."""
        ...


class NoEvaluator:
    """Says that such statements are not answered."""

    async def answer(self, asked: Asked, statement: Statement, number: int) -> StatementResult:
        return StatementResult(number, error="this hub does not answer statements about points")

    def at_once(self, asked: Asked, statement: Statement, number: int) -> StatementResult | None:
        """See `answer`."""
        return None

    def prepared(self, asked: Asked, statement: Statement) -> Prepared | Listed | None:
        """See `answer`."""
        return None

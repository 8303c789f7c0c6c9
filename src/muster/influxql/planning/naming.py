"""Says of each measurement in a statement which database and policy it is of.

Source: InfluxDB 1.6, texts as there.
"""

import msgspec

from muster.influxql.errors import InfluxqlError
from muster.influxql.source import Policy, Source
from muster.influxql.syntax.ast import Measurement, SelectStatement, SubQuery, Target
from muster.influxql.syntax.ast import Source as From


class Naming:
    """The defaults of a request."""

    def __init__(self, source: Source, database: str, policy: str) -> None:
        self._source = source
        self._database = database
        self._policy = policy

    def database(self, named: str) -> str:
        """The one named, or that of the request. Errors: InfluxqlError when there is none."""
        found = named or self._database
        if not found:
            raise InfluxqlError("database name required")
        return found

    def policies(self, database: str) -> list[Policy]:
        """All of a database. Errors: InfluxqlError when there is no such database."""
        found = self._source.policies(database)
        if found is None:
            raise InfluxqlError(f"database not found: {database}")
        return list(found)

    def measurement(self, measurement: Measurement) -> Measurement:
        """With database and policy. Errors: InfluxqlError for those that are not there."""
        database = self.database(measurement.database)
        self.policies(database)
        policy = measurement.retention_policy or self._policy
        if not policy:
            policy = self._source.default_policy(database)
            if not policy:
                raise InfluxqlError(f"default retention policy not set for: {database}")
        return msgspec.structs.replace(measurement, database=database, retention_policy=policy)

    def select(self, statement: SelectStatement) -> SelectStatement:
        """All measurements of a SELECT, subqueries and target included."""
        target = statement.target
        return msgspec.structs.replace(
            statement,
            sources=tuple(self._source_of(source) for source in statement.sources),
            target=None if target is None else Target(self.measurement(target.measurement)),
        )

    def require_policies(self, statement: SelectStatement) -> None:
        """Errors: InfluxqlError for a policy that its database does not have."""
        for source in statement.sources:
            if isinstance(source, SubQuery):
                self.require_policies(source.statement)
            elif isinstance(source, Measurement):
                self.require_policy(source)

    def require_policy(self, measurement: Measurement) -> None:
        """Of one that is named in full. Errors: InfluxqlError."""
        policy = measurement.retention_policy
        if policy not in [each.name for each in self.policies(measurement.database)]:
            raise InfluxqlError(f"retention policy not found: {policy}")

    def _source_of(self, source: From) -> From:
        match source:
            case Measurement():
                return self.measurement(source)
            case SubQuery():
                return SubQuery(self.select(source.statement))
            case _:
                return source

"""A plan is a value."""

from dataclasses import FrozenInstanceError

import pytest

from muster.influxql.checking.conditions import TimeRange
from muster.influxql.planning.plans import Plan
from muster.influxql.syntax.parser import parse_statement
from muster.influxql.values.windows import Interval


def test_a_plan_does_not_change():
    statement = parse_statement("SELECT v FROM m")
    plan = Plan(
        statement=statement,
        fields=statement.fields,
        time_name="time",
        sources=(),
        condition=None,
        range=TimeRange(),
        interval=Interval(),
        dimensions=(),
        ascending=True,
        zone=None,
        nothing=False,
        before=0,
    )

    with pytest.raises(FrozenInstanceError):
        plan.nothing = True

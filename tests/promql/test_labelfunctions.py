"""Functions that change labels."""

import numpy as np
import pytest

from muster.promql.columns import Vector
from muster.promql.errors import ExecutionError
from muster.promql.labelfunctions import label_join, label_replace, labels_of_absent
from muster.promql.labels import labels_of
from muster.promql.parser import parse

UP = labels_of({"__name__": "up", "instance": "a:1", "job": "node"})
VECTOR = Vector([UP], np.ones((1, 1)), np.ones((1, 1), np.bool_))


def changed(work, *texts):
    return dict(work(VECTOR, texts).labels[0])


@pytest.mark.parametrize(
    ("template", "value"),
    [("$1", "a"), ("${1}x$2", "ax1"), ("$$", "$"), ("$9", None), ("${name}", None), ("$", "$"),
     ("$01", None), ("$1é-${é}", "-"), ("${1 }", "${1 }")],
)  # fmt: skip
def test_a_template_takes_groups_of_a_match(template, value):
    found = changed(label_replace, "host", template, "instance", "(.*):(.*)")

    assert found.get("host") == value


def test_without_a_match_nothing_changes():
    assert changed(label_replace, "job", "x", "instance", "b.*")["job"] == "node"


def test_labels_are_joined():
    assert changed(label_join, "all", "-", "job", "instance")["all"] == "node-a:1"
    assert "job" not in changed(label_join, "job", "-")


@pytest.mark.parametrize(
    ("work", "texts", "refusal"),
    [
        (label_replace, ("9", "", "", ""), "invalid destination label name in label_replace(): 9"),
        (label_replace, ("a", "", "", "("), "invalid regular expression in label_replace(): ("),
        (label_join, ("a", "", "9"), "invalid source label name in label_join(): 9"),
    ],
)
def test_names_that_are_none_are_refused(work, texts, refusal):
    with pytest.raises(ExecutionError) as refused:
        work(VECTOR, texts)
    assert str(refused.value) == refusal


def test_absent_tells_what_was_asked_for_exactly():
    assert labels_of_absent(parse('x{a="1",b=~"2",c="3",c="4"}')) == (("a", "1"),)
    assert labels_of_absent(parse('x{a="1"}[5m]')) == (("a", "1"),)
    assert labels_of_absent(parse("sum(x)")) == ()

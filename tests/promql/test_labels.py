"""Names of series."""

from muster.promql.labels import labels_of, nameless, only, replaced, value_of, without, written

UP = labels_of({"job": "node", "__name__": "up", "empty": ""})


def test_labels_are_sorted_and_never_empty():
    assert UP == (("__name__", "up"), ("job", "node"))
    assert (value_of(UP, "job"), value_of(UP, "other")) == ("node", "")


def test_labels_are_kept_dropped_and_set():
    assert nameless(UP) == only(UP, ("job",)) == without(UP, ("__name__",)) == (("job", "node"),)
    assert replaced(UP, [("job", ""), ("a", "b")]) == (("__name__", "up"), ("a", "b"))


def test_errors_write_them_in_braces():
    assert written(UP) == '{__name__="up", job="node"}'

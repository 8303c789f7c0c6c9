"""What series are called in PromQL: the metric's name of a measurement and a field, and labels.

A field `value` gives the measurement's name alone: so samples of Prometheus are kept. Any other
is `<measurement>_<field>`, as Telegraf gives its metrics to Prometheus.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache

from muster.model.metric import Tags
from muster.ports.series import Catalogue
from muster.promql.labels import NAME, Labels, labels_of

VALUE = "value"
_NO_METRIC = re.compile(r"[^a-zA-Z0-9_:]")
_REMEMBERED = 4_096  # names of labels, which are few
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")

Pair = tuple[str, str]  # measurement and field


def metric_name(measurement: str, field: str) -> str:
    """A name that can be written in a query."""
    text = measurement if field == VALUE else f"{measurement}_{field}"
    return _begun(_NO_METRIC.sub("_", text))


@lru_cache(_REMEMBERED)
def label_name(key: str) -> str:
    """A tag's key as a label that can be written in a query."""
    return _begun(_NO_LABEL.sub("_", key))


def labels_of_tags(tags: Tags) -> Labels:
    """The labels of a series but its name; of two keys that become one name the last counts."""
    named = {label_name(key): value for key, value in tags}
    named.pop(NAME, None)
    return labels_of(named)


def with_name(name: str, labels: Labels) -> Labels:
    """All labels of a series, in their order."""
    place = bisect_left(labels, (NAME, ""))
    return (*labels[:place], (NAME, name), *labels[place:])


def _begun(text: str) -> str:
    return f"_{text}" if text[:1].isdigit() or not text else text


class MetricNames:
    """All metrics of the hub, by name; used on the event loop's thread."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._size = -1
        self._known: dict[str, list[Pair]] = {}

    def known(self) -> Mapping[str, Sequence[Pair]]:
        """What each metric is called in the core. The mapping does not change any more."""
        names = self._catalogue.names()
        if len(names) != self._size:
            known: dict[str, list[Pair]] = {}
            for measurement, field in names:
                known.setdefault(metric_name(measurement, field), []).append((measurement, field))
            self._size, self._known = len(names), known
        return self._known

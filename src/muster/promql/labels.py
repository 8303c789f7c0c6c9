"""Names of a series: pairs sorted by name, none of them empty. `__name__` is the metric's own."""

from collections.abc import Collection, Iterable, Mapping

from muster.promql.strings import quote

Labels = tuple[tuple[str, str], ...]
NAME = "__name__"
BUCKET = "le"
NOTHING: Labels = ()


def labels_of(values: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in values.items() if value))


def value_of(labels: Labels, name: str) -> str:
    return next((value for known, value in labels if known == name), "")


def without(labels: Labels, names: Collection[str]) -> Labels:
    return tuple(pair for pair in labels if pair[0] not in names)


def only(labels: Labels, names: Collection[str]) -> Labels:
    return tuple(pair for pair in labels if pair[0] in names)


def nameless(labels: Labels) -> Labels:
    """Without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def replaced(labels: Labels, changes: Iterable[tuple[str, str]]) -> Labels:
    """With some labels set, or taken away where the value is empty."""
    return labels_of({**dict(labels), **dict(changes)})


def written(labels: Labels) -> str:
    """As errors write them."""
    return "{" + ", ".join(f"{name}={quote(value)}" for name, value in labels) + "}"

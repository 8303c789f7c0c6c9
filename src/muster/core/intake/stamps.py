"""Tags that the hub vouches for: what a payload claims of itself is replaced."""

from collections.abc import Mapping

from muster.model.identity import Identity
from muster.model.metric import Layout, Series, Tags


def stamps_of(identity: Identity, name: str) -> dict[str, str]:
    """What the certificate says of who sent something, and the node's name of now."""
    return {"host": name, "node": identity.node, "space": identity.space}


def stamped(layout: Layout, stamps: Mapping[str, str]) -> Layout:
    """The same series under tags that the hub vouches for."""
    stamp = tuple(stamps.items())
    seen: dict[Tags, Tags] = {}
    last: Tags | None = None
    tags: Tags = ()
    series = []
    for one in layout.series:
        if one.tags is not last:  # neighbours mostly share theirs
            last = one.tags
            if last not in seen:
                kept = [pair for pair in last if pair[0] not in stamps]
                seen[last] = tuple(sorted([*kept, *stamp]))
            tags = seen[last]
        series.append(Series(one.measurement, tags, one.field, one.kind))
    return Layout(tuple(series))

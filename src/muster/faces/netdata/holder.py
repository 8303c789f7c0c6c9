"""Who is at the far end of an agent's link, when two come from one address.

A Netdata agent shows no mark of the machine that it runs on and no count of its starts. Two
machines with one claim are told apart by where they come from (model.clone.holder_at); two that
come from one address by the first being still there when the second connects.
"""

import msgspec

from muster.model.clone import CloneHolder, digest_of


def second_of(visitor: CloneHolder, first: CloneHolder) -> CloneHolder:
    """The visitor, told apart from who holds the link."""
    if visitor.holder.instance != first.holder.instance:
        return visitor
    other = digest_of(visitor.holder.instance, "second")
    holder = msgspec.structs.replace(visitor.holder, instance=other)
    return msgspec.structs.replace(visitor, holder=holder)
